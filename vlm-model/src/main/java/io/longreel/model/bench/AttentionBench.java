package io.longreel.model.bench;

import io.longreel.config.LinkLimits;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.ShardingSettings.Layout;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.config.topology.Placement.RankSite;
import io.longreel.model.FrameSource;
import io.longreel.model.Groups;
import io.longreel.model.PackedBatch;
import io.longreel.model.attention.Attention2d;
import io.longreel.model.attention.AttentionMask;
import io.longreel.model.attention.AttentionPlan;
import io.longreel.model.attention.HeadDims;
import io.longreel.model.attention.SequenceAttention;
import io.longreel.model.plan.StepMemory;
import io.longreel.model.shard.HeadShards;
import io.longreel.model.shard.SequenceLayout;
import io.longreel.model.shard.TokenShards;
import io.longreel.model.state.Workspace;
import io.longreel.ops.device.Device;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.RankThreads;
import io.longreel.transport.fault.LinkFault;
import io.longreel.transport.fault.SlowLinks;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Causal 2D attention over one document, forward and backward, exchanges included, on ranks of this process, one thread each. */
public final class AttentionBench {
    private static final int WARM_UP_RUNS = 3;
    private static final double WARM_UP_SECONDS = 3;
    private static final Duration WAIT_TIMEOUT = Duration.ofMinutes(10);
    /** Each is a thread with links to all others. */
    static final int RANKS_MAX = 256;
    /** A GiB for the queries, and some of that size beside them. */
    private static final long ELEMENTS_MAX = 1L << 28;

    private AttentionBench() {}

    /**
     * What is measured; the median of {@code runs} counts. The Ulysses degree is {@code ranks / ring}.
     *
     * @param links nodes that the ranks stand for
     */
    public record Setting(int ranks, int ring, int tokens, int heads, int kvHeads, int headDim, int runs, Links links) {
        public Setting {
            if (ranks < 1 || ring < 1 || ranks % ring != 0) {
                throw RuntimeFailure.config(
                        "ring must divide world, both at least 1: world=%d ring=%d".formatted(ranks, ring));
            }
            if (heads < ranks / ring || kvHeads < 1 || heads % kvHeads != 0) {
                throw RuntimeFailure.config(
                        "kv must divide heads, and world / ring must not exceed them: heads=%d kv=%d world/ring=%d"
                                .formatted(heads, kvHeads, ranks / ring));
            }
            if (tokens < 2 * ranks || headDim < 1 || runs < 1) {
                throw RuntimeFailure.config(
                        "tokens must be at least two per rank, dim and runs at least 1: tokens=%d dim=%d runs=%d"
                                .formatted(tokens, headDim, runs));
            }
            if (ranks > RANKS_MAX || (double) tokens * heads * headDim > ELEMENTS_MAX) {
                throw RuntimeFailure.config(
                        "world must be at most %d, tokens x heads x dim at most %d: world=%d tokens=%d heads=%d dim=%d"
                                .formatted(RANKS_MAX, ELEMENTS_MAX, ranks, tokens, heads, headDim));
            }
        }

        private Mesh mesh() {
            return new Mesh(1, ring, ranks / ring);
        }

        private Placement placement() {
            return new Placement(
                    1,
                    mesh(),
                    IntStream.range(0, ranks)
                            .mapToObj(rank -> new RankSite(rank, "node-" + rank / links.ranksPerNode(), "here", "", ""))
                            .toList());
        }
    }

    /**
     * Nodes whose links are slower than this machine's memory.
     *
     * @param ranksPerNode consecutive ranks of a node
     */
    public record Links(int ranksPerNode, LinkLimits limits) {
        /** One node, as it is. */
        public static final Links OWN = new Links(Integer.MAX_VALUE, LinkLimits.NONE);

        public Links {
            if (ranksPerNode < 1) {
                throw RuntimeFailure.config("a node has a rank at least: per-node=" + ranksPerNode);
            }
        }
    }

    /** What came out, medians. */
    public record Result(Setting setting, double forwardSeconds, double backwardSeconds) {
        public double seconds() {
            return forwardSeconds + backwardSeconds;
        }

        /** Operations per nanosecond: 4 forward and 10 backward for each visible pair, head and dim. */
        public double gflops() {
            double pairs = setting.tokens() * (setting.tokens() + 1.0) / 2;
            return 14 * pairs * setting.heads() * setting.headDim() / seconds() / 1e9;
        }
    }

    public static Result run(Setting setting, Device device, LongSupplier clockNs) {
        int[] ids = new int[setting.tokens()];
        Arrays.fill(ids, 1);
        SequenceLayout layout = SequenceLayout.of(PackedBatch.single(ids, ids, -1, FrameSource.NONE), 1);
        Placement placement = setting.placement();
        LinkFault links = SlowLinks.around(LinkFault.NONE, setting.links().limits(), placement, clockNs);
        try (InProcessTransport transport = InProcessTransport.open(placement, WAIT_TIMEOUT, links, clockNs)) {
            List<Result> each = RankThreads.run(
                    transport.endpoints(), endpoint -> rank(setting, layout, device, clockNs, endpoint));
            return each.getFirst();
        }
    }

    private static Result rank(
            Setting setting, SequenceLayout layout, Device device, LongSupplier clockNs, RankEndpoint endpoint) {
        device.bindThread();
        Mesh mesh = setting.mesh();
        Groups groups = Groups.of(mesh, endpoint);
        HeadDims dims = HeadDims.of(setting.headDim());
        AttentionPlan plan = AttentionPlan.of(
                layout,
                AttentionMask.causal(),
                TokenShards.of(Layout.ZIGZAG, setting.tokens(), mesh),
                new HeadShards(setting.heads(), setting.kvHeads(), mesh.ulyssesDegree()),
                groups.ringRank(),
                groups.ulyssesRank());
        Laps forward = new Laps(clockNs, groups.world());
        Laps backward = new Laps(clockNs, groups.world());
        try (StepMemory memory = new StepMemory(device.kernels(), groups.rank())) {
            Workspace ws = memory.reserve(groups, (planning, alone) -> {
                Operands planned = new Operands(planning, plan, setting);
                planned.forward(attention(planning, plan, alone, dims));
                planned.backward(attention(planning, plan, alone, dims));
            });
            Operands operands = new Operands(ws, plan, setting);
            operands.fill(groups.rank());
            SequenceAttention attention = attention(ws, plan, groups, dims);
            long mark = ws.step().mark();
            forward.warmUp(WARM_UP_RUNS, WARM_UP_SECONDS, () -> {
                operands.forward(attention);
                operands.backward(attention);
                ws.step().rewind(mark);
            });
            for (int run = 0; run < setting.runs(); run++) {
                forward.time(() -> operands.forward(attention));
                backward.time(() -> operands.backward(attention));
                ws.step().rewind(mark);
            }
        }
        return new Result(setting, forward.median(), backward.median());
    }

    private static SequenceAttention attention(Workspace ws, AttentionPlan plan, Groups groups, HeadDims dims) {
        return new Attention2d(ws, plan, groups.ulysses(), groups.ring(), dims, DType.F32);
    }

    /** What a rank owns of the tensors. Legend: rows, then heads times head dim. */
    private static final class Operands {
        private final Tensor q;
        private final Tensor k;
        private final Tensor v;
        private final Tensor dOut;
        private final Tensor out;
        private final Tensor dq;
        private final Tensor dk;
        private final Tensor dv;
        private SequenceAttention.@Nullable Tape tape;

        Operands(Workspace ws, AttentionPlan plan, Setting setting) {
            int rows = plan.queryRows(plan.ulysses());
            int wide = setting.heads() * setting.headDim();
            int narrow = setting.kvHeads() * setting.headDim();
            q = ws.step().allocate(rows, wide);
            k = ws.step().allocate(rows, narrow);
            v = ws.step().allocate(rows, narrow);
            dOut = ws.step().allocate(rows, wide);
            out = ws.step().allocate(rows, wide);
            dq = ws.step().allocate(rows, wide);
            dk = ws.step().allocate(rows, narrow);
            dv = ws.step().allocate(rows, narrow);
        }

        void fill(int seed) {
            SplittableRandom random = new SplittableRandom(seed);
            for (Tensor tensor : List.of(q, k, v, dOut)) {
                for (long i = 0; i < tensor.elements(); i++) {
                    tensor.setFloat(i, (float) random.nextGaussian());
                }
            }
        }

        void forward(SequenceAttention attention) {
            tape = attention.forward(q, k, v, out);
        }

        void backward(SequenceAttention attention) {
            attention.backward(Objects.requireNonNull(tape, "forward comes first"), dOut, dq, dk, dv);
        }
    }
}
