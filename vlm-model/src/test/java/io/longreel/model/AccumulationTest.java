package io.longreel.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.longreel.config.PrecisionSettings;
import io.longreel.config.ShardingSettings.State;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.model.checkpoint.VilaCheckpoint;
import io.longreel.ops.device.Devices;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankThreads;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Documents count as one batch whether they are packed into one sequence or come one by one. */
class AccumulationTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden/gqa-even");
    private static final int STEPS = 3;

    @ParameterizedTest
    @CsvSource({"OPTIMIZER,1,1", "GRADIENTS,1,1", "PARAMETERS,1,1", "OPTIMIZER,2,2", "GRADIENTS,2,2", "PARAMETERS,2,2"})
    void shouldTrainAlikePackedOrOneByOne(State state, int ring, int ulysses) {
        ModelConfig config = VilaCheckpoint.readConfig(GOLDEN.resolve("checkpoint"));
        PackedBatch document =
                BatchFile.read(GOLDEN.resolve("batch.safetensors"), config).packed();
        PackedBatch text = text(config, 3, true);
        PackedBatch unlabelled = text(config, 90, false);
        Mesh mesh = new Mesh(1, ring, ulysses);
        List<TrainSession.StepReport> packed =
                train(config, mesh, state, List.of(packed(config, document, text, unlabelled)));
        List<TrainSession.StepReport> single = train(config, mesh, state, List.of(document, text, unlabelled));
        List<TrainSession.StepReport> reversed = train(config, mesh, state, List.of(unlabelled, text, document));
        for (int step = 0; step < STEPS; step++) {
            for (List<TrainSession.StepReport> other : List.of(single, reversed)) {
                assertClose(packed.get(step), other.get(step), state + " " + mesh + " step " + step);
            }
        }
    }

    /** No labels anywhere: nothing to learn from, nothing that is not finite, and no weight changes: neither by momentum nor by decay. */
    @ParameterizedTest
    @CsvSource({"OPTIMIZER", "PARAMETERS"})
    void shouldLearnNothingWithoutLabels(State state) {
        ModelConfig config = VilaCheckpoint.readConfig(GOLDEN.resolve("checkpoint"));
        List<TrainSession.StepReport> reports =
                train(config, new Mesh(1, 2, 1), state, List.of(text(config, 5, false), text(config, 50, false)));
        for (TrainSession.StepReport report : reports) {
            assertEquals(0, report.loss());
            assertEquals(0, report.gradientNorm());
            assertEquals(0, report.labelledTokens());
            assertFalse(report.applied());
        }
    }

    private static void assertClose(TrainSession.StepReport expected, TrainSession.StepReport actual, String what) {
        assertEquals(expected.labelledTokens(), actual.labelledTokens(), what);
        assertEquals(expected.tokens(), actual.tokens(), what);
        assertEquals(expected.loss(), actual.loss(), 1e-5 * expected.loss(), what);
        assertEquals(expected.gradientNorm(), actual.gradientNorm(), 1e-5 * expected.gradientNorm(), what);
    }

    private static PackedBatch text(ModelConfig config, int first, boolean labelled) {
        int[] ids = IntStream.range(first, first + 37).toArray();
        int[] labels = labelled ? ids.clone() : new int[ids.length];
        if (!labelled) {
            Arrays.fill(labels, -100);
        }
        return PackedBatch.single(ids, labels, config.imageToken(), FrameSource.NONE);
    }

    private static PackedBatch packed(ModelConfig config, PackedBatch... documents) {
        List<Integer> bounds = new ArrayList<>(List.of(0));
        int[] ids = {};
        int[] labels = {};
        FrameSource frames = FrameSource.NONE;
        for (PackedBatch document : documents) {
            ids = joined(ids, document.ids());
            labels = joined(labels, document.labels());
            bounds.add(ids.length);
            frames = document.frames().frameCount() > 0 ? document.frames() : frames;
        }
        int[] cuSeqlens = bounds.stream().mapToInt(Integer::intValue).toArray();
        return new PackedBatch(ids, labels, cuSeqlens, config.imageToken(), frames);
    }

    private static int[] joined(int[] first, int[] second) {
        return IntStream.concat(Arrays.stream(first), Arrays.stream(second)).toArray();
    }

    private static List<TrainSession.StepReport> train(
            ModelConfig config, Mesh mesh, State state, List<PackedBatch> batches) {
        SessionOptions options = ShardedStateTest.options(state, PrecisionSettings.Weights.FP32);
        try (InProcessTransport transport = InProcessTransport.open(Placement.inProcess(mesh))) {
            List<List<TrainSession.StepReport>> ranks = RankThreads.run(transport.endpoints(), endpoint -> {
                try (MmspSession session = MmspSession.open(config, Devices.cpu(), mesh, options, endpoint)) {
                    session.load(GOLDEN.resolve("checkpoint"));
                    session.beginStage(GoldenSteps.FULL);
                    return IntStream.range(0, STEPS)
                            .mapToObj(step -> session.step(batches, 1e-3))
                            .toList();
                }
            });
            assertEquals(Collections.nCopies(ranks.size(), ranks.getFirst()), ranks, "all ranks report the same");
            return ranks.getFirst();
        }
    }
}
