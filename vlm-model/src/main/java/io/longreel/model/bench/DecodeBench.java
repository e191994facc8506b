package io.longreel.model.bench;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.model.shard.Span;
import io.longreel.ops.device.Device;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.RankThreads;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;

/**
 * What one new token costs in the attention of one layer: its query against a cache of keys and values that is cut evenly over ranks of this process, one
 * thread each, and the merge of what they found. So little is computed per byte that memory is the limit: beside it all ranks read as many bytes once.
 */
public final class DecodeBench {
    private static final int WARM_UP_TIMES = 3;
    private static final double WARM_UP_SECONDS = 1;
    /** Of the keys, 8 GiB with the values: what more would say, fewer say as well. */
    private static final long ELEMENTS_MAX = 1L << 30;

    private DecodeBench() {}

    /**
     * What is measured; the median of {@code runs} counts.
     *
     * @param tokens in the cache, over all ranks
     */
    public record Setting(int ranks, int tokens, int heads, int kvHeads, int headDim, int runs) {
        public Setting {
            if (ranks < 1 || tokens < 1 || headDim < 1 || runs < 1) {
                throw RuntimeFailure.config(
                        "world, tokens, dim and runs must be at least 1: world=%d tokens=%d dim=%d runs=%d"
                                .formatted(ranks, tokens, headDim, runs));
            }
            if (heads < 1 || kvHeads < 1 || heads % kvHeads != 0) {
                throw RuntimeFailure.config(
                        "kv must divide heads, both at least 1: heads=%d kv=%d".formatted(heads, kvHeads));
            }
            if (ranks > AttentionBench.RANKS_MAX || (double) heads * headDim > ELEMENTS_MAX) {
                throw RuntimeFailure.config("world must be at most %d, heads x dim at most %d: world=%d heads=%d dim=%d"
                        .formatted(AttentionBench.RANKS_MAX, ELEMENTS_MAX, ranks, heads, headDim));
            }
            if ((double) tokens * kvHeads * headDim > ELEMENTS_MAX) {
                throw RuntimeFailure.config(
                        "tokens x kv x dim must be at most %d: tokens=%d kv=%d dim=%d; measure fewer tokens"
                                .formatted(ELEMENTS_MAX, tokens, kvHeads, headDim));
            }
        }

        /** Of all keys and values. */
        private double bytes() {
            return 2.0 * tokens * kvHeads * headDim * Float.BYTES;
        }
    }

    /**
     * What came out, medians.
     *
     * @param limitSeconds of reading as many bytes as all keys and values have, by all ranks at the same time
     */
    public record Result(Setting setting, double seconds, double limitSeconds) {
        /** Of one layer. */
        public double tokensPerSecond() {
            return 1 / seconds;
        }

        /** Keys and values that attention goes through, all ranks together. */
        public double gigabytesPerSecond() {
            return setting.bytes() / seconds / 1e9;
        }

        public double limitGigabytesPerSecond() {
            return setting.bytes() / limitSeconds / 1e9;
        }

        public double shareOfLimit() {
            return limitSeconds / seconds;
        }
    }

    public static Result run(Setting setting, Device device, LongSupplier clockNs) {
        Mesh mesh = new Mesh(1, setting.ranks(), 1);
        try (InProcessTransport transport = InProcessTransport.open(Placement.inProcess(mesh))) {
            return RankThreads.run(transport.endpoints(), endpoint -> rank(setting, mesh, device, clockNs, endpoint))
                    .getFirst();
        }
    }

    private static Result rank(Setting setting, Mesh mesh, Device device, LongSupplier clockNs, RankEndpoint endpoint) {
        device.bindThread();
        Communicator all = endpoint.communicator(mesh.worldGroup());
        int own = Span.part(setting.tokens(), setting.ranks(), all.index()).size();
        try (TensorArena arena = TensorArena.open("decode", bytes(setting, own, device.kernels(), all))) {
            Operands operands = new Operands(setting, own, device.kernels(), all, arena);
            operands.fill(all.index());
            Laps decodes = new Laps(clockNs, all);
            Laps reads = new Laps(clockNs, all);
            decodes.warmUp(WARM_UP_TIMES, WARM_UP_SECONDS, operands::attend);
            reads.warmUp(WARM_UP_TIMES, WARM_UP_SECONDS, operands::read);
            // In turns, so that a machine that changes its pace changes both.
            for (int run = 0; run < setting.runs(); run++) {
                decodes.time(operands::attend);
                reads.time(operands::read);
            }
            return new Result(setting, decodes.median(), reads.median());
        }
    }

    private static long bytes(Setting setting, int own, Kernels kernels, Communicator all) {
        int heads = setting.heads();
        int kvHeads = setting.kvHeads();
        int headDim = setting.headDim();
        return 2 * TensorArena.sizeBytes(DType.F32, heads, headDim)
                + 3 * TensorArena.sizeBytes(DType.F32, own, kvHeads, headDim)
                + DecodeAttention.bytes(kernels, all, heads, kvHeads, headDim, own);
    }

    /** What a rank computes with. Legend: as {@link DecodeAttention}'s. */
    private static final class Operands {
        private final Tensor q_NH;
        private final Tensor k_SKH;
        private final Tensor v_SKH;
        private final Tensor out_NH;
        private final Tensor copy_SKH;
        private final DecodeAttention attention;

        Operands(Setting setting, int own, Kernels kernels, Communicator all, TensorArena arena) {
            q_NH = arena.allocate(setting.heads(), setting.headDim());
            k_SKH = arena.allocate(own, setting.kvHeads(), setting.headDim());
            v_SKH = arena.allocate(own, setting.kvHeads(), setting.headDim());
            out_NH = arena.allocate(setting.heads(), setting.headDim());
            copy_SKH = arena.allocate(own, setting.kvHeads(), setting.headDim());
            attention = new DecodeAttention(kernels, all, setting.heads(), setting.kvHeads(), setting.headDim(), arena);
        }

        /** The query is the same on all ranks, the cache is not. */
        void fill(int rank) {
            noise(q_NH, -1);
            noise(k_SKH, 2L * rank);
            noise(v_SKH, 2L * rank + 1);
            copy_SKH.copyFrom(k_SKH);
        }

        private static void noise(Tensor tensor, long seed) {
            SplittableRandom random = new SplittableRandom(seed);
            for (long i = 0; i < tensor.elements(); i++) {
                tensor.setFloat(i, (float) random.nextGaussian());
            }
        }

        void attend() {
            attention.attend(q_NH, k_SKH, v_SKH, out_NH);
        }

        /** Compares keys with their copy, which loads as many bytes as keys and values have and does nothing else. */
        void read() {
            if (k_SKH.segment().mismatch(copy_SKH.segment()) != -1) {
                throw new IllegalStateException("a copy must be equal: tensor=" + k_SKH);
            }
        }
    }
}
