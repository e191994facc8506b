package io.longreel.curriculum;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.ShardingSettings;
import io.longreel.config.topology.Mesh;
import io.longreel.curriculum.stage.RunPlan;
import io.longreel.curriculum.video.FrameStore;
import io.longreel.model.PackedBatch;
import io.longreel.model.shard.Span;
import io.longreel.model.shard.TokenShards;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class StepFeedTest {
    private static final ActorSystem<Void> SYSTEM = ActorSystem.create(Behaviors.empty(), "feed");
    private static final int PIXELS = 3 * TestFootage.IMAGE_SIZE * TestFootage.IMAGE_SIZE;

    private final Path out;

    StepFeedTest(@TempDir Path out) {
        this.out = out;
    }

    @AfterAll
    static void terminate() {
        SYSTEM.terminate();
    }

    @Test
    void shouldGiveEveryStepInOrderAsDrawnDirectly() {
        try (Curriculum curriculum = TestRun.open(out);
                StepFeed feed = curriculum.feed(SYSTEM, new Mesh(2, 1, 2), 3)) {
            for (int i = 0; i < curriculum.plan().steps(); i++) {
                RunPlan.Point point = curriculum.plan().at(i);
                List<PackedBatch> fed =
                        feed.next(point.stageIndex(), point.step()).batches();
                assertSameBatches(
                        curriculum
                                .samples(point.stageIndex(), point.step(), 1, 2)
                                .batches(),
                        fed,
                        i);
                assertTrue(feed.stepsUnderWay() <= 2, "steps under way: " + feed.stepsUnderWay());
            }
        }
    }

    @Test
    void shouldStartAnywhereWhenRunResumesOrGoesBack() {
        try (Curriculum curriculum = TestRun.open(out);
                StepFeed feed = curriculum.feed(SYSTEM, Mesh.single(), 0)) {
            for (int[] at : new int[][] {{2, 2}, {2, 3}, {0, 4}, {1, 0}, {2, 5}, {2, 5}}) {
                assertSameBatches(
                        curriculum.samples(at[0], at[1], 0, 1).batches(),
                        feed.next(at[0], at[1]).batches(),
                        at[1]);
            }
        }
    }

    @Test
    void shouldWorkWithoutDecodingAheadWhenPrefetchIsZero() {
        try (Curriculum curriculum = TestRun.open(out, "longreel.data.prefetch-steps=0");
                StepFeed feed = curriculum.feed(SYSTEM, Mesh.single(), 0)) {
            assertSameBatches(
                    curriculum.samples(2, 0, 0, 1).batches(), feed.next(2, 0).batches(), 0);
            assertEquals(0, feed.stepsUnderWay());
            assertEquals(0, curriculum.store().statistics().chunksDecoded());
        }
    }

    @Test
    void shouldDecodeAheadTheFramesThatTheRankEncodes() {
        for (Mesh.Inner inner : Mesh.Inner.values()) {
            Mesh mesh = new Mesh(2, 2, 3, inner);
            TokenShards shards = TokenShards.of(ShardingSettings.Layout.ZIGZAG, 600, mesh);
            for (int rank = 0; rank < mesh.worldSize(); rank++) {
                Span own = shards.frames(31, mesh.sequenceIndexOf(rank));
                assertEquals(own, Curriculum.share(mesh, rank).frames(31), mesh + " rank " + rank);
            }
        }
    }

    @Test
    void shouldNotDecodeAheadWhatTheRankKnows() {
        try (Curriculum curriculum = TestRun.open(out);
                StepFeed feed = curriculum.feed(SYSTEM, Mesh.single(), 0)) {
            feed.skip(key -> true);
            StepSamples samples = feed.next(2, 0);
            assertEquals(0, curriculum.store().statistics().chunksDecoded());
            assertEquals(samples.batches().size() * 4096L, samples.roomTokens());
            assertTrue(samples.preparedNs() > 0);
            try (TensorArena arena = TensorArena.open("test", 4L * PIXELS)) {
                Tensor pixels = arena.allocate(1, 3, TestFootage.IMAGE_SIZE, TestFootage.IMAGE_SIZE);
                samples.batches().getFirst().frames().read(0, 1, pixels); // which the rank must not know, then
            }
            assertTrue(curriculum.store().statistics().chunksDecoded() > 0);
        }
    }

    @Test
    void shouldStayInsideFrameCacheWhenTwoRanksReadTheirShards() throws Exception {
        try (Curriculum curriculum = TestRun.open(out);
                StepFeed first = curriculum.feed(SYSTEM, new Mesh(1, 2, 1), 0);
                StepFeed second = curriculum.feed(SYSTEM, new Mesh(1, 2, 1), 1)) {
            List<CompletableFuture<float[]>> ranks = new ArrayList<>();
            for (int rank = 0; rank < 2; rank++) {
                StepFeed feed = rank == 0 ? first : second;
                int self = rank;
                ranks.add(CompletableFuture.supplyAsync(() -> readStage(feed, self, 2)));
            }
            float[] joined = concat(ranks.get(0).get(), ranks.get(1).get());
            float[] whole;
            try (StepFeed feed = curriculum.feed(SYSTEM, Mesh.single(), 0)) {
                whole = readStage(feed, 0, 1);
            }
            assertEquals(whole.length, joined.length);
            FrameStore.Statistics statistics = curriculum.store().statistics();
            long frameBytes = PIXELS;
            assertTrue(statistics.chunkBuffers() <= statistics.chunkBuffersMax(), statistics.toString());
            assertTrue(statistics.chunkBuffersMax() * 13L * frameBytes <= 1 << 20, statistics.toString());
            assertTrue(statistics.chunksDecoded() > statistics.chunkBuffersMax(), "the cache must have been full");
        }
    }

    @Test
    void shouldWakeWaitingRankWhenClosed() throws InterruptedException {
        try (Curriculum curriculum = TestRun.open(out)) {
            StepFeed feed = curriculum.feed(SYSTEM, Mesh.single(), 0);
            feed.next(2, 0);
            CompletableFuture<Void> waiting = CompletableFuture.runAsync(() -> {
                while (true) {
                    feed.next(2, 0);
                }
            });
            feed.close();
            ExecutionException ended = assertThrows(ExecutionException.class, () -> waiting.get(20, TimeUnit.SECONDS));
            assertTrue(ended.getCause() instanceof CancellationException, ended.toString());
            assertThrows(CancellationException.class, () -> feed.next(0, 0));
        }
    }

    @Test
    void shouldFailInStepThatIsDamagedAndNotBefore() throws IOException {
        // Half of the footage is overwritten after it was opened. The text stage needs none of it, and runs while the
        // next one is decoded ahead.
        try (Curriculum curriculum = TestRun.open(out);
                StepFeed feed = curriculum.feed(SYSTEM, Mesh.single(), 0)) {
            Path footage = out.resolve(Curriculum.GENERATED_FOOTAGE);
            try (RandomAccessFile file = new RandomAccessFile(footage.toFile(), "rw")) {
                file.seek(file.length() / 2);
                byte[] noise = new byte[(int) (file.length() / 2)];
                new java.util.Random(3).nextBytes(noise);
                file.write(noise);
            }
            for (int step = 0; step < 4; step++) {
                feed.next(1, step);
            }
            RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> {
                for (int step = 0; step < 6; step++) {
                    feed.next(2, step);
                }
            });
            assertEquals(RuntimeFailure.Category.DATA, failure.category());
            feed.next(1, 0);
        }
    }

    /** Own frames of all steps of the last stage, one number per frame. */
    private static float[] readStage(StepFeed feed, int rank, int ranks) {
        float[] sums = new float[0];
        for (int step = 0; step < 6; step++) {
            for (PackedBatch batch : feed.next(2, step).batches()) {
                Span own = Span.part(batch.frames().frameCount(), ranks, rank);
                try (TensorArena arena = TensorArena.open("test", (long) own.size() * PIXELS * Float.BYTES)) {
                    Tensor pixels = arena.allocate(own.size(), 3, TestFootage.IMAGE_SIZE, TestFootage.IMAGE_SIZE);
                    batch.frames().read(own.from(), own.to(), pixels);
                    float[] perFrame = new float[own.size()];
                    for (int i = 0; i < perFrame.length; i++) {
                        perFrame[i] = pixels.getFloat((long) i * PIXELS + PIXELS / 2);
                    }
                    sums = concat(sums, perFrame);
                }
            }
        }
        return sums;
    }

    private static float[] concat(float[] left, float[] right) {
        float[] both = java.util.Arrays.copyOf(left, left.length + right.length);
        System.arraycopy(right, 0, both, left.length, right.length);
        return both;
    }

    private static void assertSameBatches(List<PackedBatch> expected, List<PackedBatch> actual, int step) {
        assertEquals(expected.size(), actual.size(), "step " + step);
        for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(expected.get(i).ids(), actual.get(i).ids(), "step " + step);
            assertArrayEquals(expected.get(i).labels(), actual.get(i).labels(), "step " + step);
            assertArrayEquals(expected.get(i).cuSeqlens(), actual.get(i).cuSeqlens(), "step " + step);
        }
    }
}
