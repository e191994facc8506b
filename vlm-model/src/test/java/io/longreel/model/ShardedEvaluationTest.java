package io.longreel.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.longreel.config.PrecisionSettings;
import io.longreel.config.ShardingSettings.State;
import io.longreel.config.StageSettings;
import io.longreel.config.StageSettings.Part;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.model.checkpoint.VilaCheckpoint;
import io.longreel.ops.device.Devices;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankThreads;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A frozen tower encodes in rounds; ranks with fewer frames, or with frames they know, take part in all of them. */
class ShardedEvaluationTest {
    private static final long SEED = 11;
    /** More than one round for a replica of one rank, fewer for the others. */
    private static final int MANY_FRAMES = 70;

    private static final StageSettings PROJECTOR = new StageSettings(
            "projector",
            Set.of(Part.PROJECTOR),
            Optional.empty(),
            4096,
            new StageSettings.Optimizer(0.9, 0.95, 1e-8, 0.01, 1.0),
            List.of(),
            Optional.empty());

    /** What one rank saw: losses, then answers. */
    private record Seen(List<Double> losses, List<List<Integer>> answers) {}

    @ParameterizedTest
    @CsvSource({"1,1,1,FP32", "1,2,1,FP32", "2,1,1,FP32", "2,1,2,BF16"})
    void shouldTrainAndAnswerAlikeWhereverWeightsLie(
            int data, int ring, int ulysses, PrecisionSettings.Weights weights) {
        Mesh mesh = new Mesh(data, ring, ulysses);
        List<Seen> whole = run(mesh, ShardedStateTest.options(State.OPTIMIZER, weights));
        List<Seen> sharded = run(mesh, ShardedStateTest.options(State.PARAMETERS, weights));
        assertEquals(whole, sharded, "seed=" + SEED);
        whole.forEach(rank -> assertEquals(whole.getFirst(), rank));
    }

    /** A share of new weights is the same as that part of the whole. */
    @ParameterizedTest
    @CsvSource({"1,FP32", "3,FP32", "3,BF16"})
    void shouldStartFromTheSameWeightsWhereverTheyLie(int ring, PrecisionSettings.Weights weights) {
        Mesh mesh = new Mesh(1, ring, 1);
        List<int[]> answers = onRanks(mesh, ShardedStateTest.options(State.PARAMETERS, weights), (session, rank) -> {
            session.initialize(SEED);
            return session.answer(batch(3, 0));
        });
        List<int[]> expected = onRanks(mesh, ShardedStateTest.options(State.OPTIMIZER, weights), (session, rank) -> {
            session.initialize(SEED);
            return session.answer(batch(3, 0));
        });
        answers.forEach(answer -> assertArrayEquals(expected.getFirst(), answer, "seed=" + SEED));
    }

    private static List<Seen> run(Mesh mesh, SessionOptions options) {
        return onRanks(mesh, options, (session, rank) -> {
            session.initialize(SEED);
            session.beginStage(PROJECTOR);
            List<PackedBatch> own =
                    mesh.dataOf(rank) == 0 ? List.of(batch(MANY_FRAMES, 0), batch(0, 5)) : List.of(batch(0, 7));
            List<Double> losses = List.of(
                    session.step(own, 1e-2).loss(), session.step(own, 1e-2).loss());
            session.endStage();
            List<List<Integer>> answers = List.of(
                    boxed(session.answer(batch(40, 3))), // their rows are kept, under their keys
                    boxed(session.answer(batch(MANY_FRAMES, 0))),
                    boxed(session.answer(batch(0, 2))));
            return new Seen(losses, answers);
        });
    }

    private static List<Integer> boxed(int[] values) {
        return Arrays.stream(values).boxed().toList();
    }

    /** A document of so many frames and a few tokens. */
    private static PackedBatch batch(int frames, int salt) {
        int image = config().imageToken();
        int[] ids = new int[frames + 9];
        Arrays.fill(ids, 1, frames + 1, image);
        for (int i = frames + 1; i < ids.length; i++) {
            ids[i] = 3 + (salt + 5 * i) % 40;
        }
        int[] labels = ids.clone();
        Arrays.fill(labels, 0, frames + 2, -100);
        return PackedBatch.single(
                ids, labels, image, frames == 0 ? FrameSource.NONE : new SyntheticFrames(frames, SEED));
    }

    private static ModelConfig config() {
        return VilaCheckpoint.readConfig(Path.of("src/test/resources/golden/gqa-even/checkpoint"));
    }

    private interface Work<T> {
        T run(MmspSession session, int rank);
    }

    private static <T> List<T> onRanks(Mesh mesh, SessionOptions options, Work<T> work) {
        try (InProcessTransport transport = InProcessTransport.open(Placement.inProcess(mesh))) {
            return RankThreads.run(transport.endpoints(), endpoint -> {
                try (MmspSession session = MmspSession.open(config(), Devices.cpu(), mesh, options, endpoint)) {
                    return work.run(session, endpoint.rank());
                }
            });
        }
    }
}
