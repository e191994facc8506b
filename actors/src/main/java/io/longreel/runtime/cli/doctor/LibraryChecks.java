package io.longreel.runtime.cli.doctor;

import io.longreel.config.DataSettings.GeneratedFootage;
import io.longreel.config.RunConfig;
import io.longreel.curriculum.footage.FootageGenerator;
import io.longreel.curriculum.video.VideoReader;
import io.longreel.ops.device.Devices;
import io.longreel.ops.kernels.LinearKernels;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.TransportNode;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongSupplier;

/**
 * The native libraries, each put to work for a moment: matrix products, video, transport, the GPU's driver. Leaves
 * nothing behind.
 */
final class LibraryChecks {
    private static final int SIZE = 512;
    private static final int ROUNDS_MAX = 200;
    private static final long BUDGET_NS = 200_000_000;

    /** Below this, a product does not run on oneDNN's vector units. */
    private static final double SLOW_GFLOPS = 5;

    private static final GeneratedFootage CLIP = new GeneratedFootage(8, 64, 48, 10);
    private static final int CLIP_SIZE = 28;

    private final RunConfig config;
    private final LongSupplier clockNs;

    LibraryChecks(RunConfig config, LongSupplier clockNs) {
        this.config = config;
        this.clockNs = clockNs;
    }

    /** The best of several fp32 products of 512 x 512 matrices on this thread. */
    Finding matrixProducts() {
        String subject = "matrix products";
        LinearKernels kernels = Devices.cpu().kernels().linear();
        double best = 0;
        try (TensorArena arena = TensorArena.open("doctor", 4L * SIZE * SIZE * Float.BYTES)) {
            Tensor a = arena.zeros(SIZE, SIZE);
            Tensor b = arena.zeros(SIZE, SIZE);
            Tensor c = arena.zeros(SIZE, SIZE);
            // The first one loads the library and makes its code.
            kernels.matmul(false, a, true, b, 0f, c);
            long start = clockNs.getAsLong();
            for (int i = 0; i < ROUNDS_MAX && clockNs.getAsLong() - start < BUDGET_NS; i++) {
                long before = clockNs.getAsLong();
                kernels.matmul(false, a, true, b, 0f, c);
                best = Math.max(best, 2.0 * SIZE * SIZE * SIZE / Math.max(1, clockNs.getAsLong() - before));
            }
        }
        return Finding.wanted(
                best >= SLOW_GFLOPS,
                subject,
                "oneDNN, %.0f GFLOP/s on one thread".formatted(best),
                "expect a slow run: the processor has no wide vector units, or others use it now");
    }

    /** Encodes and decodes a few frames. */
    Finding video() throws IOException {
        Path folder = Files.createTempDirectory("longreel-doctor-");
        Path clip = folder.resolve("clip.mp4");
        try (Arena arena = Arena.ofConfined()) {
            FootageGenerator.generate(clip, CLIP, config.seed());
            try (VideoReader reader = VideoReader.open(clip, CLIP_SIZE)) {
                int frames = reader.frameCount();
                reader.read(0, frames, arena.allocate((long) frames * CLIP_SIZE * CLIP_SIZE * 3));
                return Finding.ok("video", "FFmpeg encodes and decodes (%d frames)".formatted(frames));
            }
        } finally {
            Files.deleteIfExists(clip);
            Files.delete(folder);
        }
    }

    /** Starts a media driver and stops it again. */
    Finding transport() {
        try (TransportNode node = TransportNode.open(config.transport(), "127.0.0.1")) {
            return Finding.ok("transport", "Aeron's media driver starts and receives on " + node.dataEndpoint());
        }
    }

    /** A GPU is welcome, not needed. */
    @SuppressWarnings("restricted") // Looking a library up by name is this check's purpose; it calls nothing in it.
    Finding gpu() {
        try (Arena arena = Arena.ofConfined()) {
            SymbolLookup driver = SymbolLookup.libraryLookup("libcuda.so.1", arena);
            return Finding.ok(
                    "GPU",
                    driver.find("cuInit").isPresent()
                            ? "CUDA driver found; this version computes on the CPU"
                            : "libcuda.so.1 is no CUDA driver; the run computes on the CPU");
        } catch (IllegalArgumentException e) {
            return Finding.ok("GPU", "none (no libcuda.so.1); the run computes on the CPU");
        }
    }
}
