package io.longreel.ops.bench;

import io.longreel.ops.AttentionCase;
import io.longreel.ops.cpu.CpuThreads;
import io.longreel.ops.device.Devices;
import io.longreel.ops.kernels.AttentionKernels;
import io.longreel.ops.kernels.KeyRanges;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * GFLOP/s of attention on one thread: forward counts 4, backward 10 flop per allowed query-key pair, head and head dim. Takes query rows,
 * query heads, key/value heads and head dim; prints the best of several runs for each kind of mask, and
 * how many pairs the tiles compute for each that the mask allows.
 */
public final class AttentionBenchmark {
    private static final int RUNS = 8;
    /** Processor time of the thread: other work on the machine disturbs it less than the time on the wall. */
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private AttentionBenchmark() {}

    public static void main(String[] args) {
        int rows = args.length > 0 ? Integer.parseInt(args[0]) : 6000;
        int heads = args.length > 1 ? Integer.parseInt(args[1]) : 2;
        int kvHeads = args.length > 2 ? Integer.parseInt(args[2]) : 1;
        int headDim = args.length > 3 ? Integer.parseInt(args[3]) : 32;
        CpuThreads.use(1);
        measure("full", KeyRanges.full(rows, rows), heads, kvHeads, headDim);
        measure("causal", AttentionCase.causal(rows, rows, 0), heads, kvHeads, headDim);
        measure("frames of 16", AttentionCase.frames(rows, 16), heads, kvHeads, headDim);
        measure("window of 64", AttentionCase.window(rows, 64), heads, kvHeads, headDim);
        measure("window of 512", AttentionCase.window(rows, 512), heads, kvHeads, headDim);
        int[] starts = IntStream.range(0, (rows + 299) / 300).map(d -> 300 * d).toArray();
        measure("documents of 300", AttentionCase.causalDocuments(rows, starts), heads, kvHeads, headDim);
    }

    private static void measure(String mask, KeyRanges ranges, int heads, int kvHeads, int headDim) {
        AttentionKernels attention = Devices.cpu().kernels().attention();
        int rows = ranges.queries();
        int[] kvHead = new int[heads];
        for (int n = 0; n < heads; n++) {
            kvHead[n] = n * kvHeads / heads;
        }
        long scratchBytes = attention.scratchBytes(rows, rows, heads, kvHeads, headDim);
        long tensorBytes = 8L * rows * heads * (headDim + 16) * Float.BYTES;
        try (TensorArena arena = TensorArena.open("operands", tensorBytes);
                TensorArena scratch = TensorArena.open("scratch", scratchBytes)) {
            Tensor q = random(arena, rows, heads, headDim);
            Tensor k = random(arena, rows, kvHeads, headDim);
            Tensor v = random(arena, rows, kvHeads, headDim);
            Tensor out = arena.zeros(rows, heads, headDim);
            Tensor lse = arena.zeros(rows, heads);
            Tensor delta = arena.zeros(rows, heads);
            Tensor dq = arena.zeros(rows, heads, headDim);
            Tensor dk = arena.zeros(rows, kvHeads, headDim);
            Tensor dv = arena.zeros(rows, kvHeads, headDim);
            float scale = (float) (1 / Math.sqrt(headDim));
            double pairs = (double) ranges.pairs() * heads * headDim;
            double forward = best(() -> {
                out.zero();
                lse.segment().fill((byte) 0);
                for (long i = 0; i < lse.elements(); i++) {
                    lse.setFloat(i, Float.NEGATIVE_INFINITY);
                }
                attention.forward(q, k, v, ranges, kvHead, scale, out, lse, scratch);
            });
            attention.delta(out, out, delta);
            double backward = best(
                    () -> attention.backward(q, k, v, ranges, kvHead, scale, out, lse, delta, dq, dk, dv, scratch));
            System.out.printf(
                    "%-16s T=%d N=%d K=%d H=%d  executed %.3f  forward %.2f ms %.1f GFLOP/s  backward %.2f ms %.1f GFLOP/s%n",
                    mask,
                    rows,
                    heads,
                    kvHeads,
                    headDim,
                    (double) attention.executedPairs(ranges) / ranges.pairs(),
                    forward * 1e3,
                    4 * pairs / forward / 1e9,
                    backward * 1e3,
                    10 * pairs / backward / 1e9);
        }
    }

    private static double best(Runnable work) {
        double best = Double.MAX_VALUE;
        for (int run = 0; run < RUNS; run++) {
            long startNs = THREADS.getCurrentThreadCpuTime();
            work.run();
            best = Math.min(best, (THREADS.getCurrentThreadCpuTime() - startNs) / 1e9);
        }
        return best;
    }

    private static Tensor random(TensorArena arena, int... shape) {
        Random random = new Random(1);
        Tensor tensor = arena.allocate(shape);
        for (long i = 0; i < tensor.elements(); i++) {
            tensor.setFloat(i, (float) random.nextGaussian());
        }
        return tensor;
    }
}
