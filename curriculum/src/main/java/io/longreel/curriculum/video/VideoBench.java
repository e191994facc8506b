package io.longreel.curriculum.video;

import io.longreel.config.RuntimeFailure;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongSupplier;

/** How fast videos become frames of the size that a vision tower takes, on threads that each read all files from the beginning, and how fast they are decoded alone. */
public final class VideoBench {
    private static final int CHUNK_FRAMES = 64;
    private static final int SIDE_MAX = 4096;
    private static final int THREADS_MAX = 256;

    private VideoBench() {}

    /**
     * What is measured.
     *
     * @param imageSize width and height of the frames
     * @param framesMax of each file at most
     */
    public record Setting(List<Path> files, int imageSize, int framesMax, int threads) {
        public Setting {
            files = List.copyOf(files);
            boolean known = imageSize >= 1 && imageSize <= SIDE_MAX && threads >= 1 && threads <= THREADS_MAX;
            if (files.isEmpty() || !known || framesMax < 1) {
                throw RuntimeFailure.config(
                        "a file, a side of 1 to %d, 1 to %d threads, and frames are needed: files=%d side=%d threads=%d frames=%d"
                                .formatted(SIDE_MAX, THREADS_MAX, files.size(), imageSize, threads, framesMax));
            }
        }
    }

    /**
     * What came out.
     *
     * @param frames that all threads read together
     * @param decodeSeconds of decoding the same frames and nothing else
     */
    public record Result(long frames, double seconds, double decodeSeconds) {
        public double framesPerSecond() {
            return frames / seconds;
        }

        public double decodedPerSecond() {
            return frames / decodeSeconds;
        }

        public double shareOfLimit() {
            return decodeSeconds / seconds;
        }
    }

    /** Reads everything twice before it counts, once in each way: files come from the system's cache, and code is compiled. */
    public static Result run(Setting setting, LongSupplier clockNs) {
        for (boolean scaled : new boolean[] {true, false}) {
            timed(setting, scaled, clockNs);
        }
        Pass whole = timed(setting, true, clockNs);
        Pass decoding = timed(setting, false, clockNs);
        return new Result(whole.frames, whole.seconds, decoding.seconds);
    }

    private record Pass(long frames, double seconds) {}

    private static Pass timed(Setting setting, boolean scaled, LongSupplier clockNs) {
        try (ExecutorService threads = Executors.newFixedThreadPool(
                setting.threads(), Thread.ofPlatform().name("video-", 0).factory())) {
            long startNs = clockNs.getAsLong();
            List<Future<Long>> readers = new ArrayList<>();
            Callable<Long> work = () -> readAll(setting, scaled);
            for (int i = 0; i < setting.threads(); i++) {
                readers.add(threads.submit(work));
            }
            long frames = 0;
            for (Future<Long> reader : readers) {
                frames += reader.get();
            }
            return new Pass(frames, (clockNs.getAsLong() - startNs) / 1e9);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeFailure failure) {
                throw failure;
            }
            throw new IllegalStateException("a reader failed", e);
        }
    }

    private static long readAll(Setting setting, boolean scaled) {
        long frames = 0;
        long chunkBytes = 3L * setting.imageSize() * setting.imageSize() * CHUNK_FRAMES;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment rgb_Fhw3 = arena.allocate(chunkBytes);
            for (Path file : setting.files()) {
                try (VideoReader reader = VideoReader.open(file, setting.imageSize())) {
                    int count = Math.min(setting.framesMax(), reader.frameCount());
                    for (int from = 0; from < count; from += CHUNK_FRAMES) {
                        int to = Math.min(count, from + CHUNK_FRAMES);
                        if (scaled) {
                            reader.read(from, to, rgb_Fhw3);
                        } else {
                            reader.pass(from, to);
                        }
                    }
                    frames += count;
                }
            }
        }
        return frames;
    }
}
