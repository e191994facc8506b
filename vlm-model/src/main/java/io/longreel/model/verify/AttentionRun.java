package io.longreel.model.verify;

import io.longreel.config.topology.Placement;
import io.longreel.model.Groups;
import io.longreel.model.attention.Attention2d;
import io.longreel.model.attention.AttentionPlan;
import io.longreel.model.attention.ExactAttention;
import io.longreel.model.attention.ExactAttentionPlan;
import io.longreel.model.attention.HeadDims;
import io.longreel.model.attention.SequenceAttention;
import io.longreel.model.plan.StepMemory;
import io.longreel.model.shard.HeadShards;
import io.longreel.model.shard.SequenceLayout;
import io.longreel.model.shard.Span;
import io.longreel.model.shard.TokenShards;
import io.longreel.model.state.Workspace;
import io.longreel.ops.device.Device;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.RankThreads;
import io.longreel.transport.fault.LinkFault;
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
    record RankWork(Sent forward, Sent backward, long plannedPairs, long executedPairs) {}

    /** Whole tensors, as one rank would have them; see {@link AttentionInputs} for shapes, {@code lse [T, N]}. */
    record Outcome(float[] out, float[] lse, float[] dq, float[] dk, float[] dv, List<RankWork> ranks) {}

    AttentionRun(Device device, LongSupplier clockNs) {
        this.device = device;
        this.clockNs = clockNs;
    }

    Outcome run(AttentionCase c, TokenSequence sequence, AttentionInputs in, LinkFault fault) {
        return run(c, sequence, in, fault, false);
    }

    /** With exact sums. */
    Outcome runExact(AttentionCase c, TokenSequence sequence, AttentionInputs in) {
        return run(c, sequence, in, LinkFault.NONE, true);
    }

    private Outcome run(AttentionCase c, TokenSequence sequence, AttentionInputs in, LinkFault fault, boolean exact) {
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
                            transport.endpoints(), endpoint -> rank(c, layout, shards, in, endpoint, outcome, exact)));
        }
        return outcome;
    }

    private RankWork rank(
            AttentionCase c,
            SequenceLayout layout,
            TokenShards shards,
            AttentionInputs in,
            RankEndpoint endpoint,
            Outcome outcome,
            boolean exact) {
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
        Engine engine = exact ? exactEngine(c, layout, shards, tokens) : fastEngine(c, plan);
        Workspace ws = memories.get(groups.rank()).reserve(groups, (planning, alone) -> {
            RankTensors planned = new RankTensors(planning, shape, tokens);
            planned.backward(engine.on(planning, alone), planned.forward(engine.on(planning, alone)));
        });
        RankTensors tensors = new RankTensors(ws, shape, tokens);
        tensors.fill(in);
        SequenceAttention attention = engine.on(ws, groups);
        SequenceAttention.Tape tape = tensors.forward(attention);
        Sent forward = new Sent(ulysses.takeSentBytes(), ring.takeSentBytes());
        tensors.backward(attention, tape);
        Sent backward = new Sent(ulysses.takeSentBytes(), ring.takeSentBytes());
        tensors.copyTo(outcome);
        if (exact) {
            tensors.copyLse(tape.lse(), tokens, new Span(0, shape.heads()), outcome);
        } else {
            int[] groupTokens = shards.ringPositions(groups.ringRank());
            tensors.copyLse(tape.lse(), groupTokens, heads.queryHeads(groups.ulyssesRank()), outcome);
        }
        return work(plan, forward, backward);
    }

    private RankWork work(AttentionPlan plan, Sent forward, Sent backward) {
        long executed = 0;
        for (int source = 0; source < plan.ringDegree(); source++) {
            for (AttentionPlan.Block block : plan.blocks(source)) {
                executed += device.kernels().attention().executedPairs(block.ranges());
            }
        }
        return new RankWork(forward, backward, plan.pairs(), executed);
    }

    /** How a rank attends, on real or planned memory. */
    private interface Engine {
        SequenceAttention on(Workspace ws, Groups groups);
    }

    private static Engine fastEngine(AttentionCase c, AttentionPlan plan) {
        return (ws, groups) -> new Attention2d(ws, plan, groups.ulysses(), groups.ring(), dims(c), c.exchange());
    }

    private static Engine exactEngine(AttentionCase c, SequenceLayout layout, TokenShards shards, int[] tokens) {
        AttentionShape shape = c.shape();
        ExactAttentionPlan plan =
                ExactAttentionPlan.of(layout, c.mask().mask(), shards, shape.heads(), shape.kvHeads(), tokens);
        return (ws, groups) -> new ExactAttention(ws, plan, groups.sequence(), dims(c), c.exchange());
    }

    private static HeadDims dims(AttentionCase c) {
        return new HeadDims(c.shape().keyDim(), c.shape().valueDim());
    }

    @Override
    public void close() {
        memories.forEach(StepMemory::close);
        memories.clear();
    }
}
