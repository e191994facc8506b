package io.longreel.model.bench;

import io.longreel.config.plan.CostFit.Sample;
import io.longreel.model.bench.KernelRates.Effort;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.kernels.KeyRanges;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;
import java.util.SplittableRandom;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;

/** Times kernels forward and backward, all ranks the same at the same time. One rank's thread. */
final class KernelLaps {
    private static final long SLACK_BYTES = 1 << 20;
    private static final int WARM_UP_TIMES = 3;

    private final Effort effort;
    private final Kernels kernels;
    private final LongSupplier clockNs;
    private final Communicator all;

    KernelLaps(Effort effort, Kernels kernels, LongSupplier clockNs, Communicator all) {
        this.effort = effort;
        this.kernels = kernels;
        this.clockNs = clockNs;
        this.all = all;
    }

    /**
     * A linear layer: product, gradients of inputs and of weights. Counts: operations, numbers read and written.
     *
     * @param layers that have such a one, each with operands of its own
     */
    Sample product(int rows, int in, int out, int layers) {
        long floats = (long) layers * (2L * rows * in + 2L * rows * out + 2L * in * out);
        try (TensorArena arena = TensorArena.open("products", bytes(floats, 6 * layers))) {
            Tensor[][] sets = new Tensor[layers][];
            for (int i = 0; i < layers; i++) {
                sets[i] = new Tensor[] {
                    noise(arena, rows, in),
                    noise(arena, out, in),
                    arena.zeros(rows, out),
                    noise(arena, rows, out),
                    arena.zeros(rows, in),
                    arena.zeros(out, in)
                };
            }
            double seconds = seconds(i -> {
                Tensor[] s = sets[i % layers];
                kernels.linear().linear(s[0], s[1], null, s[2]);
                kernels.linear().linearBackward(s[0], s[1], s[3], 0f, s[4], s[5], null);
            });
            return new Sample(seconds, 6.0 * rows * in * out, 3.0 * rows * ((double) in + out) + 4.0 * in * out);
        }
    }

    /**
     * Attention of rows that see those before them, or all of a frame. Counts: operations, those of a head of one column, rows of all heads.
     *
     * @param visible rows that see each other
     */
    Sample attention(int rows, int visible, int heads, int kvHeads, int width, boolean isCausal) {
        int[] from = new int[rows];
        int[] to = new int[rows];
        for (int row = 0; row < rows; row++) {
            from[row] = row / visible * visible;
            to[row] = isCausal ? row + 1 : from[row] + visible;
        }
        KeyRanges ranges = new KeyRanges(from, to);
        int[] kvHead = new int[heads];
        for (int i = 0; i < heads; i++) {
            kvHead[i] = i * kvHeads / heads;
        }
        long floats = 4L * rows * heads * width + 4L * rows * kvHeads * width + 2L * rows * heads;
        long scratchBytes = kernels.attention().scratchBytes(rows, rows, heads, kvHeads, width);
        try (TensorArena arena = TensorArena.open("attention", bytes(floats, 10));
                TensorArena scratch = TensorArena.open("scores", scratchBytes + SLACK_BYTES)) {
            Tensor q = noise(arena, rows, heads, width);
            Tensor k = noise(arena, rows, kvHeads, width);
            Tensor v = noise(arena, rows, kvHeads, width);
            Tensor dOut = noise(arena, rows, heads, width);
            Tensor out = arena.zeros(rows, heads, width);
            Tensor dq = arena.zeros(rows, heads, width);
            Tensor dk = arena.zeros(rows, kvHeads, width);
            Tensor dv = arena.zeros(rows, kvHeads, width);
            Tensor lse = arena.zeros(rows, heads);
            Tensor delta = arena.zeros(rows, heads);
            float scale = (float) (1 / Math.sqrt(width));
            double seconds = seconds(i -> {
                kernels.elementwise().zero(out);
                kernels.elementwise().fill(lse, Float.NEGATIVE_INFINITY);
                kernels.attention().forward(q, k, v, ranges, kvHead, scale, out, lse, scratch);
                kernels.attention().delta(out, dOut, delta);
                kernels.attention().backward(q, k, v, ranges, kvHead, scale, dOut, lse, delta, dq, dk, dv, scratch);
            });
            double perColumn = 14.0 * ranges.pairs() * heads;
            return new Sample(seconds, perColumn * width, perColumn, (double) rows * heads);
        }
    }

    /** AdamW. Count: bytes, four arrays read and three of them written. */
    Sample optimizer(int elements) {
        try (TensorArena arena = TensorArena.open("optimizer", bytes(4L * elements, 4))) {
            Tensor weights = noise(arena, elements);
            Tensor gradients = noise(arena, elements);
            Tensor m = arena.zeros(elements);
            Tensor v = arena.zeros(elements);
            double seconds = seconds(
                    i -> kernels.optimizer().adamW(weights, gradients, m, v, 1f, 1e-4, 0.9, 0.95, 1e-8, 0, 1 + i));
            return new Sample(seconds, 7.0 * Float.BYTES * elements);
        }
    }

    /** Loops of a layer of the decoder, forward and backward. Count: bytes as the planner counts them, three times those of the forward pass. */
    Sample decoderLoops(int rows, int width, int wide, int heads, int kvHeads) {
        int narrow = width / heads * kvHeads;
        int half = width / heads / 2;
        long floats = (long) rows * (5L * width + 2L * narrow + 6L * wide + 2L * half + 1) + 3L * width;
        try (TensorArena arena = TensorArena.open("loops", bytes(floats, 20))) {
            Tensor x = noise(arena, rows, width);
            Tensor y = noise(arena, rows, width);
            Tensor z = noise(arena, rows, width);
            Tensor q = noise(arena, rows, heads, width / heads);
            Tensor k = noise(arena, rows, kvHeads, width / heads);
            Tensor cos = noise(arena, rows, half);
            Tensor sin = noise(arena, rows, half);
            Tensor gate = noise(arena, rows, wide);
            Tensor up = noise(arena, rows, wide);
            Tensor activated = noise(arena, rows, wide);
            Tensor dGate = noise(arena, rows, wide);
            Tensor dUp = noise(arena, rows, wide);
            Tensor gamma = noise(arena, width);
            Tensor dGamma = arena.zeros(width);
            Tensor rstd = arena.zeros(rows);
            double seconds = seconds(i -> {
                for (int norm = 0; norm < 2; norm++) {
                    kernels.norm().rmsNorm(x, gamma, 1e-6f, y, rstd);
                    kernels.elementwise().add(x, y, z);
                    kernels.norm().rmsNormBackward(y, x, gamma, rstd, z, dGamma);
                    kernels.elementwise().addTo(y, z);
                    kernels.elementwise().rope(q, cos, sin, norm == 1);
                    kernels.elementwise().rope(k, cos, sin, norm == 1);
                }
                kernels.elementwise().siluMul(gate, up, activated);
                kernels.elementwise().siluMulBackward(gate, up, activated, dGate, dUp);
            });
            return new Sample(seconds, 3.0 * Float.BYTES * rows * (10.0 * width + 2.0 * (width + narrow) + 3.0 * wide));
        }
    }

    /** Loops of a block of the vision tower, likewise; biases of its six linear layers are among them. */
    Sample towerLoops(int rows, int width, int wide) {
        long floats = (long) rows * (3L * width + 2L * wide + 2) + 6L * width + 2L * wide;
        try (TensorArena arena = TensorArena.open("loops", bytes(floats, 20))) {
            Tensor x = noise(arena, rows, width);
            Tensor y = noise(arena, rows, width);
            Tensor z = noise(arena, rows, width);
            Tensor up = noise(arena, rows, wide);
            Tensor activated = noise(arena, rows, wide);
            Tensor gamma = noise(arena, width);
            Tensor beta = noise(arena, width);
            Tensor bias = arena.zeros(width);
            Tensor wideBias = arena.zeros(wide);
            Tensor dWideBias = arena.zeros(wide);
            Tensor dGamma = arena.zeros(width);
            Tensor dBeta = arena.zeros(width);
            Tensor mean = arena.zeros(rows);
            Tensor rstd = arena.zeros(rows);
            double seconds = seconds(i -> {
                for (int norm = 0; norm < 2; norm++) {
                    kernels.norm().layerNorm(x, gamma, beta, 1e-6f, y, mean, rstd);
                    kernels.elementwise().add(x, y, z);
                    kernels.norm().layerNormBackward(y, x, gamma, mean, rstd, z, dGamma, dBeta);
                    kernels.elementwise().addTo(y, z);
                }
                for (int linear = 0; linear < 5; linear++) {
                    kernels.linear().addBias(y, bias);
                    kernels.linear().biasGradient(z, dBeta);
                }
                kernels.linear().addBias(up, wideBias);
                kernels.linear().biasGradient(activated, dWideBias);
                kernels.elementwise().geluTanh(up, activated);
                kernels.elementwise().geluTanhBackward(up, activated, activated);
            });
            return new Sample(seconds, 3.0 * Float.BYTES * rows * (10.0 * width + 2.0 * wide));
        }
    }

    /** Median of a call, from laps of as many calls as fill one; all ranks make equally many. */
    private double seconds(IntConsumer call) {
        Laps trial = new Laps(clockNs, all);
        trial.warmUp(WARM_UP_TIMES, effort.warmUpSeconds(), () -> call.accept(0));
        trial.time(() -> call.accept(0));
        trial.time(() -> call.accept(0));
        double[] slowest = {trial.fastest() / all.size()};
        all.allReduceSum(slowest);
        int calls = (int) Math.clamp(effort.lapSeconds() / slowest[0], 1, 1_000);
        Laps laps = new Laps(clockNs, all);
        for (int lap = 0; lap < effort.laps(); lap++) {
            laps.time(() -> {
                for (int i = 0; i < calls; i++) {
                    call.accept(i);
                }
            });
        }
        return laps.median() / calls;
    }

    private static long bytes(long floats, int tensors) {
        return TensorArena.sizeBytes(DType.F32, Math.toIntExact(floats)) + tensors * 4096L + SLACK_BYTES;
    }

    private static Tensor noise(TensorArena arena, int... shape) {
        SplittableRandom random = new SplittableRandom(shape.length);
        Tensor tensor = arena.zeros(shape);
        for (long i = 0; i < tensor.elements(); i++) {
            tensor.setFloat(i, (float) random.nextDouble(-1, 1));
        }
        return tensor;
    }
}
