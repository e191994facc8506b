package io.longreel.model.attention;

import io.longreel.model.state.Workspace;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;

/**
 * 2D attention (LongVILA, section 3.3): Ulysses all-to-all inside the node, ring of K/V across nodes, all-to-all back; with one Ulysses rank or one ring
 * rank the exchange falls away. One instance per step; the plan is shared by all layers. Legend: n own rows, G rows of the Ulysses group, N and K heads,
 * H head dim.
 */
public final class Attention2d {
    private final Workspace ws;
    private final AttentionPlan plan;
    private final int headDim;
    private final HeadExchange exchange;
    private final RingAttention ring;

    /** What the backward pass needs of one layer, in the Ulysses group's view. */
    public record Tape(Tensor q, Tensor kv, Tensor out, Tensor lse) {}

    public Attention2d(
            Workspace ws, AttentionPlan plan, Communicator ulyssesGroup, Communicator ringGroup, int headDim) {
        this.ws = ws;
        this.plan = plan;
        this.headDim = headDim;
        this.exchange = new HeadExchange(ws, ulyssesGroup, plan, headDim);
        this.ring = new RingAttention(ws, ringGroup, plan, headDim);
    }

    /**
     * {@code q (nq, N H), k, v (n, K H) -> out (nq, N H)}.
     *
     * @return views in the step arena, for {@link #backward}
     */
    public Tape forward(Tensor q, Tensor k, Tensor v, Tensor out) {
        int heads = plan.heads().queryHeads(plan.ulysses()).size();
        int kvHeads = plan.heads().kvHeads(plan.ulysses()).size();
        int groupRows = plan.blockRows(plan.ring());
        Tensor kv = ws.step().allocate(2 * groupRows, kvHeads, headDim);
        boolean local = plan.ulyssesDegree() == 1;
        Tensor qGroup =
                local ? q.reshape(q.rows(), heads, headDim) : ws.step().allocate(plan.groupQueryRows(), heads, headDim);
        if (local) {
            ws.kernels().elementwise().copy(k, kv.slice(0, groupRows));
            ws.kernels().elementwise().copy(v, kv.slice(groupRows, 2 * groupRows));
        } else {
            exchange.gather(q, k, v, qGroup, kv);
        }
        Tensor outGroup =
                local ? out.reshape(out.rows(), heads, headDim) : ws.step().allocate(qGroup.shape());
        Tensor lse = ws.step().allocate(qGroup.rows(), heads);
        ring.forward(qGroup, kv, outGroup, lse);
        if (!local) {
            exchange.scatterQueries(outGroup.reshape(outGroup.rows(), heads * headDim), out);
        }
        return new Tape(qGroup, kv, outGroup, lse);
    }

    /** Gradients of {@link #forward}, all overwritten: {@code dOut (nq, N H) -> dq (nq, N H), dk, dv (n, K H)}. */
    public void backward(Tape tape, Tensor dOut, Tensor dq, Tensor dk, Tensor dv) {
        int heads = tape.q().dim(1);
        int groupRows = tape.kv().rows() / 2;
        long mark = ws.scratch().mark();
        Tensor dkv = ws.scratch().allocate(tape.kv().shape());
        if (plan.ulyssesDegree() == 1) {
            int[] group = tape.q().shape();
            ring.backward(tape.q(), tape.kv(), tape.out(), tape.lse(), dOut.reshape(group), dq.reshape(group), dkv);
            ws.kernels().elementwise().copy(dkv.slice(0, groupRows), dk);
            ws.kernels().elementwise().copy(dkv.slice(groupRows, 2 * groupRows), dv);
        } else {
            Tensor dOutGroup = ws.scratch().allocate(tape.q().shape());
            Tensor dqGroup = ws.scratch().allocate(tape.q().shape());
            exchange.gatherQueries(dOut, dOutGroup.reshape(dOutGroup.rows(), heads * headDim));
            ring.backward(tape.q(), tape.kv(), tape.out(), tape.lse(), dOutGroup, dqGroup, dkv);
            exchange.scatter(dqGroup, dkv, dq, dk, dv);
        }
        ws.scratch().rewind(mark);
    }
}
