package io.longreel.model.verify;

import io.longreel.config.topology.Placement;
import io.longreel.model.Groups;
import io.longreel.model.attention.Attention2d;
import io.longreel.model.attention.AttentionPlan;
import io.longreel.model.attention.HeadDims;
import io.longreel.model.attention.SequenceAttention;
import io.longreel.model.plan.StepMemory;
import io.longreel.model.shard.HeadShards;
import io.longreel.model.shard.SequenceLayout;
import io.longreel.model.shard.Span;
import io.longreel.model.shard.TokenShards;
import io.longreel.model.state.Workspace;
import io.longreel.ops.device.Device;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.RankThreads;
import io.longreel.transport.fault.LinkFault;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Runs a case forward and backward on a world of threads, one per rank, and puts what the ranks have together again. Memory is kept from case to case.
 * Belongs to one thread; its ranks' threads are its own.
 */
final class AttentionRun implements ParallelTasks.Resource {
    private static final Duration WAIT_TIMEOUT = Duration.ofMinutes(5);

    private final Device device;
    private final LongSupplier clockNs;
    private final List<StepMemory> memories = new ArrayList<>();

    /** Bytes that left a rank in one pass, per axis. */
    record Sent(long ulyssesBytes, long ringBytes) {}

    /** What one rank did; pairs are per head. */
    record RankWork(Sent forward, Sent backward, long plannedPairs, long executedPairs, int kernelCalls) {}

    /** Whole tensors, as one rank would have them; see {@link AttentionInputs} for shapes, {@code lse [T, N]}. */
    record Outcome(float[] out, float[] lse, float[] dq, float[] dk, float[] dv, List<RankWork> ranks) {}

    AttentionRun(Device device, LongSupplier clockNs) {
        this.device = device;
        this.clockNs = clockNs;
    }

    Outcome run(AttentionCase c, TokenSequence sequence, AttentionInputs in, LinkFault fault) {
        SequenceLayout layout = SequenceLayout.of(sequence.batch(), TokenSequence.TOKENS_PER_FRAME);
        TokenShards shards = c.layout().shards(layout, c.mesh());
        AttentionShape shape = c.shape();
        float[] q = in.q();
        Outcome outcome = new Outcome(
                new float[in.dOut().length],
                new float[shape.tokens() * shape.heads()],
                new float[q.length],
                new float[in.k().length],
                new float[in.v().length],
                new ArrayList<>());
        while (memories.size() < c.mesh().worldSize()) {
            memories.add(new StepMemory(device.kernels(), memories.size()));
        }
        try (InProcessTransport transport =
                InProcessTransport.open(Placement.inProcess(c.mesh()), WAIT_TIMEOUT, fault, clockNs)) {
            outcome.ranks()
                    .addAll(RankThreads.run(
                            transport.endpoints(), endpoint -> rank(c, layout, shards, in, endpoint, outcome)));
        }
        return outcome;
    }

    private RankWork rank(
            AttentionCase c,
            SequenceLayout layout,
            TokenShards shards,
            AttentionInputs in,
            RankEndpoint endpoint,
            Outcome outcome) {
        device.bindThread();
        Groups real = Groups.of(c.mesh(), endpoint);
        CountingCommunicator ring = new CountingCommunicator(real.ring());
        CountingCommunicator ulysses = new CountingCommunicator(real.ulysses());
        Groups groups = new Groups(c.mesh(), real.rank(), real.world(), real.sequence(), ring, ulysses);
        AttentionShape shape = c.shape();
        HeadShards heads =
                new HeadShards(shape.heads(), shape.kvHeads(), c.mesh().ulyssesDegree());
        AttentionPlan plan =
                AttentionPlan.of(layout, c.mask().mask(), shards, heads, groups.ringRank(), groups.ulyssesRank());
        int[] tokens = shards.positions(groups.ringRank(), groups.ulyssesRank());
        Workspace ws = memories.get(groups.rank()).reserve(groups, (planning, alone) -> {
            Pass pass = new Pass(planning, alone, plan, c, tokens.length);
            pass.backward(pass.forward());
        });
        Pass pass = new Pass(ws, groups, plan, c, tokens.length);
        copyRows(in.q(), tokens, pass.q);
        copyRows(in.k(), tokens, pass.k);
        copyRows(in.v(), tokens, pass.v);
        copyRows(in.dOut(), tokens, pass.dOut);
        SequenceAttention.Tape tape = pass.forward();
        Sent forward = new Sent(ulysses.takeSentBytes(), ring.takeSentBytes());
        pass.backward(tape);
        Sent backward = new Sent(ulysses.takeSentBytes(), ring.takeSentBytes());
        copyBack(pass.out, tokens, outcome.out());
        copyBack(pass.dq, tokens, outcome.dq());
        copyBack(pass.dk, tokens, outcome.dk());
        copyBack(pass.dv, tokens, outcome.dv());
        copyLse(
                tape.lse(),
                shards.ringPositions(groups.ringRank()),
                heads.queryHeads(groups.ulyssesRank()),
                outcome,
                c);
        return work(plan, forward, backward);
    }

    private RankWork work(AttentionPlan plan, Sent forward, Sent backward) {
        long executed = 0;
        int calls = 0;
        for (int source = 0; source < plan.ringDegree(); source++) {
            for (AttentionPlan.Block block : plan.blocks(source)) {
                executed += device.kernels().attention().executedPairs(block.ranges());
                calls++;
            }
        }
        return new RankWork(forward, backward, plan.pairs(), executed, calls);
    }

    /** The tensors of one rank. */
    private static final class Pass {
        private final Attention2d attention;
        private final Tensor q;
        private final Tensor k;
        private final Tensor v;
        private final Tensor dOut;
        private final Tensor out;
        private final Tensor dq;
        private final Tensor dk;
        private final Tensor dv;

        Pass(Workspace ws, Groups groups, AttentionPlan plan, AttentionCase c, int rows) {
            AttentionShape s = c.shape();
            this.attention = new Attention2d(
                    ws, plan, groups.ulysses(), groups.ring(), new HeadDims(s.keyDim(), s.valueDim()), c.exchange());
            this.q = ws.step().allocate(rows, s.heads() * s.keyDim());
            this.k = ws.step().allocate(rows, s.kvHeads() * s.keyDim());
            this.v = ws.step().allocate(rows, s.kvHeads() * s.valueDim());
            this.dOut = ws.step().allocate(rows, s.heads() * s.valueDim());
            this.out = ws.step().allocate(dOut.shape());
            this.dq = ws.step().allocate(q.shape());
            this.dk = ws.step().allocate(k.shape());
            this.dv = ws.step().allocate(v.shape());
        }

        SequenceAttention.Tape forward() {
            return attention.forward(q, k, v, out);
        }

        void backward(SequenceAttention.Tape tape) {
            attention.backward(tape, dOut, dq, dk, dv);
        }
    }

    private static void copyRows(float[] all, int[] tokens, Tensor own) {
        MemorySegment target = own.segment();
        int columns = own.columns();
        for (int row = 0; row < tokens.length; row++) {
            MemorySegment.copy(
                    all,
                    tokens[row] * columns,
                    target,
                    ValueLayout.JAVA_FLOAT,
                    (long) row * columns * Float.BYTES,
                    columns);
        }
    }

    private static void copyBack(Tensor own, int[] tokens, float[] all) {
        int columns = own.columns();
        for (int row = 0; row < tokens.length; row++) {
            MemorySegment.copy(
                    own.segment(),
                    ValueLayout.JAVA_FLOAT,
                    (long) row * columns * Float.BYTES,
                    all,
                    tokens[row] * columns,
                    columns);
        }
    }

    /** The log-sum-exps of a Ulysses rank are those of its heads, for the tokens of its ring rank. */
    private static void copyLse(Tensor own, int[] groupTokens, Span heads, Outcome outcome, AttentionCase c) {
        for (int row = 0; row < groupTokens.length; row++) {
            for (int head = 0; head < heads.size(); head++) {
                outcome.lse()[groupTokens[row] * c.shape().heads() + heads.from() + head] =
                        own.getFloat((long) row * heads.size() + head);
            }
        }
    }

    @Override
    public void close() {
        memories.forEach(StepMemory::close);
        memories.clear();
    }
}
