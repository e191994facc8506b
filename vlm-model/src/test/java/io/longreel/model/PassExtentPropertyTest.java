package io.longreel.model;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.PrecisionSettings.Weights;
import io.longreel.config.ShardingSettings;
import io.longreel.config.ShardingSettings.Layout;
import io.longreel.config.ShardingSettings.Stages;
import io.longreel.config.ShardingSettings.State;
import io.longreel.config.topology.Mesh;
import io.longreel.model.checkpoint.VilaCheckpoint;
import io.longreel.model.snapshot.SnapshotPeers;
import io.longreel.ops.device.Devices;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A pass that is covered takes no more than the one that covers it: random packings against each other, on every rank. */
class PassExtentPropertyTest {
    private static final ModelConfig CONFIG =
            VilaCheckpoint.readConfig(Path.of("src/test/resources/golden/gqa-even/checkpoint"));
    private static final int PACKINGS = 40;
    private static final int[] FRAMES = {0, 1, 2, 4, 37};
    private static final int[] TEXTS = {3, 8, 21};

    private record Case(PassExtent extent, RankMemory memory) {}

    @ParameterizedTest
    @CsvSource({
        "1,1,ZIGZAG,TWO,1",
        "2,2,ZIGZAG,TWO,2",
        "1,3,STRIPED,TWO,3",
        "3,1,CONTIGUOUS,TWO,4",
        "2,2,CONTIGUOUS,ONE,5",
        "4,1,ZIGZAG,TWO,6"
    })
    void shouldTakeNoMoreWhenItIsCovered(int ring, int ulysses, Layout layout, Stages stages, long seed) {
        Mesh mesh = new Mesh(1, ring, ulysses);
        SessionOptions options = ShardedStateTest.options(State.OPTIMIZER, Weights.FP32)
                .withSharding(new ShardingSettings(layout, stages, State.OPTIMIZER));
        RandomGenerator random = new SplittableRandom(seed);
        List<PackedBatch> batches = new ArrayList<>();
        for (int i = 0; i < PACKINGS; i++) {
            batches.add(batch(random));
        }
        for (int rank = 0; rank < mesh.worldSize(); rank++) {
            int covered = 0;
            List<Case> cases = cases(mesh, rank, options, batches);
            for (Case larger : cases) {
                for (Case smaller : cases) {
                    if (larger.extent.covers(smaller.extent)) {
                        covered++;
                        assertTrue(
                                smaller.memory.activations() <= larger.memory.activations()
                                        && smaller.memory.scratch() <= larger.memory.scratch()
                                        && smaller.memory.caches() <= larger.memory.caches(),
                                "seed=%d rank=%d covered=%s by=%s".formatted(seed, rank, smaller, larger));
                    }
                }
            }
            assertTrue(covered > 2 * PACKINGS, "covered=%d seed=%d rank=%d".formatted(covered, seed, rank));
        }
    }

    private static List<Case> cases(Mesh mesh, int rank, SessionOptions options, List<PackedBatch> batches) {
        SnapshotPeers peers = SnapshotPeers.of(Collections.nCopies(mesh.worldSize(), "node"), 0);
        List<Case> cases = new ArrayList<>();
        for (PackedBatch batch : batches) {
            try (PlannedSession session = PlannedSession.open(CONFIG, Devices.cpu(), mesh, rank, options, peers, 2)) {
                session.beginStage(GoldenSteps.FULL);
                session.step(List.of(batch));
                PassExtent extent = PassExtent.of(ShardedBatch.of(CONFIG, mesh, rank, options, batch));
                cases.add(new Case(extent, session.memory()));
            }
        }
        return cases;
    }

    /** One to four documents, some with frames, labelled from somewhere on. */
    private static PackedBatch batch(RandomGenerator random) {
        int documents = random.nextInt(1, 5);
        int[] cuSeqlens = new int[documents + 1];
        int[] ids = new int[0];
        int[] labels = new int[0];
        int frames = 0;
        for (int d = 0; d < documents; d++) {
            int media = FRAMES[random.nextInt(FRAMES.length)];
            int[] document = new int[1 + media + TEXTS[random.nextInt(TEXTS.length)]];
            Arrays.fill(document, 5);
            Arrays.fill(document, 1, 1 + media, CONFIG.imageToken());
            int[] wanted = document.clone();
            Arrays.fill(wanted, 0, random.nextInt(1 + media, document.length), -100);
            cuSeqlens[d + 1] = cuSeqlens[d] + document.length;
            ids = joined(ids, document);
            labels = joined(labels, wanted);
            frames += media;
        }
        return new PackedBatch(ids, labels, cuSeqlens, CONFIG.imageToken(), new SyntheticFrames(frames, 1));
    }

    private static int[] joined(int[] first, int[] second) {
        int[] all = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }
}
