package io.longreel.ops.bench;

import io.longreel.ops.AttentionCase;
import io.longreel.ops.TensorWorkbench;
import io.longreel.ops.cpu.CpuThreads;
import io.longreel.ops.device.Devices;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Each kernel alone, on one thread, on the tensors that one of two ranks has in a step of the {@code small} model: 1,024 rows, 384 columns, 1,536 in the
 * middle of an MLP. {@code -p device=plain} measures the oracle instead. A copy of as much memory stands beside them: no loop over a tensor can be faster.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        jvmArgs = {
            "--enable-native-access=ALL-UNNAMED",
            "--add-modules=jdk.incubator.vector",
            "--sun-misc-unsafe-memory-access=allow"
        })
public class KernelBenchmarks {
    private static final long SEED = 1;
    private static final int ROWS = 1024;
    private static final int COLUMNS = 384;
    private static final int WIDE = 1536;
    private static final int HEADS = 6;
    private static final int KV_HEADS = 2;
    private static final int HEAD_DIM = COLUMNS / HEADS;
    private static final int LABELLED = 64;
    private static final int VOCABULARY = 8192;
    private static final float EPSILON = 1e-6f;
    private static final long CAPACITY_BYTES = 256L << 20;

    @Param({"cpu"})
    private String device = "cpu";

    private Kernels kernels = Devices.cpu().kernels();
    private TensorWorkbench bench = TensorWorkbench.open(SEED, CAPACITY_BYTES);

    private final CRC32C checksum = new CRC32C();

    // Of the middle of an MLP.
    private final Tensor x = bench.normal(ROWS, WIDE);
    private final Tensor y = bench.normal(ROWS, WIDE);
    private final Tensor z = bench.normal(ROWS, WIDE);
    private final Tensor u = bench.normal(ROWS, WIDE);
    private final Tensor v = bench.normal(ROWS, WIDE);
    private final Tensor half = bench.arena().allocate(DType.BF16, ROWS, WIDE);
    private final Tensor bias = bench.normal(WIDE);
    private final Tensor dBias = bench.normal(WIDE);
    private final Tensor weight = bench.normal(WIDE, COLUMNS);
    private final Tensor dWeight = bench.normal(WIDE, COLUMNS);
    private final Tensor firstMoment = bench.filled(0f, WIDE, COLUMNS);
    private final Tensor secondMoment = bench.filled(0f, WIDE, COLUMNS);

    // Of the residual stream.
    private final Tensor h = bench.normal(ROWS, COLUMNS);
    private final Tensor dH = bench.normal(ROWS, COLUMNS);
    private final Tensor out = bench.normal(ROWS, COLUMNS);
    private final Tensor gamma = bench.normal(COLUMNS);
    private final Tensor beta = bench.normal(COLUMNS);
    private final Tensor dGamma = bench.normal(COLUMNS);
    private final Tensor dBeta = bench.normal(COLUMNS);
    private final Tensor mean = bench.filled(0f, ROWS);
    private final Tensor rstd = bench.filled(1f, ROWS);
    private final Tensor cos = bench.normal(ROWS, HEAD_DIM / 2);
    private final Tensor sin = bench.normal(ROWS, HEAD_DIM / 2);
    private final Tensor turned = bench.normal(ROWS, HEADS, HEAD_DIM);
    private final int[] index = bench.indices(ROWS, ROWS);

    private final Tensor logits = bench.normal(LABELLED, VOCABULARY);
    private final int[] labels = new int[LABELLED];

    private final AttentionCase attention =
            AttentionCase.random(bench, ROWS, HEADS, ROWS, KV_HEADS, HEAD_DIM, AttentionCase.causal(ROWS, ROWS, 0));
    private final Tensor lse = bench.filled(Float.NEGATIVE_INFINITY, ROWS, HEADS);
    private final Tensor delta = bench.filled(0f, ROWS, HEADS);
    private final Tensor attended = bench.filled(0f, ROWS, HEADS, HEAD_DIM);
    private final Tensor dQ = bench.filled(0f, ROWS, HEADS, HEAD_DIM);
    private final Tensor dK = bench.filled(0f, ROWS, KV_HEADS, HEAD_DIM);
    private final Tensor dV = bench.filled(0f, ROWS, KV_HEADS, HEAD_DIM);
    private final TensorArena scratch =
            TensorArena.open("scratch", kernels.attention().scratchBytes(ROWS, ROWS, HEADS, KV_HEADS, HEAD_DIM));

    /** The kernels that {@code device} names. */
    @Setup
    public void open() {
        CpuThreads.use(1);
        kernels = device.equals("plain")
                ? Devices.plain().kernels()
                : Devices.cpu().kernels();
        Arrays.fill(labels, 1);
        attentionForward();
    }

    @TearDown
    public void close() {
        scratch.close();
        bench.close();
    }

    @Benchmark
    public void copy() {
        y.copyFrom(x);
    }

    /** What the receiver of so much does once more, and the sender before it. */
    @Benchmark
    public long crc32c() {
        checksum.reset();
        checksum.update(x.segment().asByteBuffer());
        return checksum.getValue();
    }

    @Benchmark
    public void linear() {
        kernels.linear().matmul(false, h, true, weight, 0f, y);
    }

    @Benchmark
    public void linearInputGradient() {
        kernels.linear().matmul(false, y, false, weight, 0f, out);
    }

    @Benchmark
    public void linearWeightGradient() {
        kernels.linear().matmul(true, y, false, h, 1f, dWeight);
    }

    @Benchmark
    public void attentionForward() {
        kernels.attention()
                .forward(
                        attention.q(),
                        attention.k(),
                        attention.v(),
                        attention.ranges(),
                        attention.kvHead(),
                        attention.scale(),
                        attended,
                        lse,
                        scratch);
    }

    @Benchmark
    public void attentionBackward() {
        kernels.attention()
                .backward(
                        attention.q(),
                        attention.k(),
                        attention.v(),
                        attention.ranges(),
                        attention.kvHead(),
                        attention.scale(),
                        attention.dOut(),
                        lse,
                        delta,
                        dQ,
                        dK,
                        dV,
                        scratch);
    }

    @Benchmark
    public void attentionDelta() {
        kernels.attention().delta(attended, attention.dOut(), delta);
    }

    @Benchmark
    public void addBias() {
        kernels.linear().addBias(y, bias);
    }

    @Benchmark
    public void biasGradient() {
        kernels.linear().biasGradient(y, dBias);
    }

    @Benchmark
    public void geluTanh() {
        kernels.elementwise().geluTanh(x, y);
    }

    @Benchmark
    public void geluTanhBackward() {
        kernels.elementwise().geluTanhBackward(x, u, y);
    }

    @Benchmark
    public void geluErf() {
        kernels.elementwise().geluErf(x, y);
    }

    @Benchmark
    public void geluErfBackward() {
        kernels.elementwise().geluErfBackward(x, u, y);
    }

    @Benchmark
    public void siluMul() {
        kernels.elementwise().siluMul(x, u, y);
    }

    @Benchmark
    public void siluMulBackward() {
        kernels.elementwise().siluMulBackward(x, u, v, y, z);
    }

    @Benchmark
    public void add() {
        kernels.elementwise().add(x, u, y);
    }

    @Benchmark
    public void axpy() {
        kernels.elementwise().axpy(0f, x, y);
    }

    @Benchmark
    public void narrow() {
        kernels.elementwise().narrow(x, half);
    }

    @Benchmark
    public void widen() {
        kernels.elementwise().widen(half, y);
    }

    @Benchmark
    public void rope() {
        kernels.elementwise().rope(turned, cos, sin, false);
    }

    @Benchmark
    public void layerNorm() {
        kernels.norm().layerNorm(h, gamma, beta, EPSILON, out, mean, rstd);
    }

    @Benchmark
    public void layerNormBackward() {
        kernels.norm().layerNormBackward(dH, h, gamma, mean, rstd, out, dGamma, dBeta);
    }

    @Benchmark
    public void rmsNorm() {
        kernels.norm().rmsNorm(h, gamma, EPSILON, out, rstd);
    }

    @Benchmark
    public void rmsNormBackward() {
        kernels.norm().rmsNormBackward(dH, h, gamma, rstd, out, dGamma);
    }

    @Benchmark
    public void gather() {
        kernels.rows().gather(h, index, out);
    }

    @Benchmark
    public void scatterAdd() {
        kernels.rows().scatterAdd(h, index, out);
    }

    @Benchmark
    public void adamW() {
        kernels.optimizer().adamW(dWeight, weight, firstMoment, secondMoment, 1f, 0, 0.9, 0.95, EPSILON, 0, 1);
    }

    @Benchmark
    public double crossEntropy() {
        return kernels.loss().crossEntropy(logits, labels, 1f);
    }

    @Benchmark
    public double sumOfSquares() {
        return kernels.elementwise().sumOfSquares(x);
    }
}
