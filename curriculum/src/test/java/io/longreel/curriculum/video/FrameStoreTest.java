package io.longreel.curriculum.video;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.DataSettings.Sampling;
import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.TestFootage;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class FrameStoreTest {
    private static final int SIZE = 28;
    private static final long FRAME_BYTES = 3L * SIZE * SIZE;

    private final List<Path> files;

    FrameStoreTest(@TempDir Path directory) {
        files = List.of(TestFootage.generated(directory, 70, 1), TestFootage.generated(directory, 130, 2));
    }

    @Test
    void shouldShowSameFramesWhateverItsCapacity() {
        int[] roomy = hashes(1 << 24, 0, 200);
        assertEquals(200, roomy.length);
        for (long frames : new long[] {1, 7, 40}) {
            assertEquals(
                    Arrays.toString(roomy), Arrays.toString(hashes(frames * FRAME_BYTES, 0, 200)), frames + " frames");
        }
        assertEquals(
                Arrays.toString(Arrays.copyOfRange(roomy, 65, 75)),
                Arrays.toString(hashes(1 << 24, 65, 75)),
                "over the seam");
    }

    @Test
    void shouldShowSampledFramesOnlyWhenFootageIsSampled() {
        int[] all = hashes(1 << 24, 0, 200);
        // 70 and 130 frames at 24 per second: the first is short of 4 s, the second is not.
        try (FootageStore store = FootageStore.open(FootagePool.open(files, SIZE, new Sampling(20, 5)), 1 << 24)) {
            assertEquals(14 + 20, store.footage().frameCount());
            int[] first = FrameSampling.uniform(70, 14);
            int[] second = FrameSampling.uniform(130, 20);
            store.visit(
                    0,
                    34,
                    (frame, rgb) -> assertEquals(
                            frame < 14 ? all[first[frame]] : all[70 + second[frame - 14]],
                            Arrays.hashCode(rgb.toArray(ValueLayout.JAVA_BYTE)),
                            "frame " + frame));
        }
    }

    @Test
    void shouldDecodeOnceWhenEverythingFits() {
        try (FootageStore store = open(1 << 24)) {
            store.warm(0, 200);
            long decoded = store.statistics().chunksDecoded();
            store.warm(0, 200);
            assertEquals(decoded, store.statistics().chunksDecoded());
            assertEquals(decoded, store.statistics().chunksReused());
        }
    }

    @Test
    void shouldDropWhatWasUsedLongestAgoWhenFull() {
        try (FootageStore store = open(16 * FRAME_BYTES)) {
            // Chunks of two frames, eight of them.
            store.warm(0, 16);
            store.warm(0, 2);
            store.warm(16, 18);
            long decoded = store.statistics().chunksDecoded();
            store.warm(0, 2);
            assertEquals(decoded, store.statistics().chunksDecoded(), "used just before");
            store.warm(2, 4);
            assertEquals(decoded + 1, store.statistics().chunksDecoded(), "used longest ago");
            assertEquals(8, store.statistics().chunkBuffers());
        }
    }

    @Test
    void shouldServeManyThreadsFromFewChunks() {
        int[] expected = hashes(1 << 24, 0, 200);
        long seed = 23;
        try (FootageStore store = open(16 * FRAME_BYTES)) {
            List<CompletableFuture<Void>> threads = new ArrayList<>();
            for (int thread = 0; thread < 4; thread++) {
                Random random = new Random(seed + thread);
                threads.add(CompletableFuture.runAsync(() -> {
                    for (int round = 0; round < 60; round++) {
                        int from = random.nextInt(190);
                        store.visit(
                                from,
                                from + 10,
                                (frame, rgb) -> assertEquals(
                                        expected[frame],
                                        Arrays.hashCode(rgb.toArray(ValueLayout.JAVA_BYTE)),
                                        "frame %d seed %d".formatted(frame, seed)));
                    }
                }));
            }
            threads.forEach(CompletableFuture::join);
            assertTrue(store.statistics().chunkBuffers() <= 8);
        }
    }

    @Test
    void shouldRefuseCapacityBelowOneFrameAndUseAfterClose() {
        try (FootagePool pool = FootagePool.open(files, SIZE)) {
            assertThrows(RuntimeFailure.class, () -> FootageStore.open(pool, FRAME_BYTES - 1));
        }
        FootageStore store = open(1 << 20);
        store.close();
        assertThrows(IllegalStateException.class, () -> store.warm(0, 1));
        assertThrows(IllegalStateException.class, store::close);
    }

    private FootageStore open(long capacityBytes) {
        return FootageStore.open(FootagePool.open(files, SIZE), capacityBytes);
    }

    private int[] hashes(long capacityBytes, int from, int to) {
        int[] hashes = new int[to - from];
        try (FootageStore store = open(capacityBytes)) {
            store.visit(
                    from,
                    to,
                    (frame, rgb) -> hashes[frame - from] = Arrays.hashCode(rgb.toArray(ValueLayout.JAVA_BYTE)));
        }
        return hashes;
    }
}
