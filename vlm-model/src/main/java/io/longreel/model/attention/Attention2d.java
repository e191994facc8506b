package io.longreel.model.attention;

import io.longreel.model.state.Workspace;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;

/**
 * 2D attention (LongVILA, section 3.3): Ulysses all-to-all inside the node, ring of K/V across nodes, all-to-all back; with one Ulysses rank or one ring
 * rank the exchange falls away. One instance per step; the plan is shared by all layers. Legend: n own rows, G rows of the Ulysses group, N and K heads,
 * H key dim, V value dim.
 */
public final class Attention2d implements SequenceAttention {
    private final Workspace ws;
    private final AttentionPlan plan;
    private final HeadDims dims;
    private final HeadExchange exchange;
    private final RingAttention ring;
    private final Wire wire;

    /**
     * @param exchange F32 or BF16: what queries, keys, values, outputs and their gradients are rounded to and travel as; sums and the gradients of keys
     *     and values in the ring stay in F32
     */
    public Attention2d(
            Workspace ws,
            AttentionPlan plan,
            Communicator ulyssesGroup,
            Communicator ringGroup,
            HeadDims dims,
            DType exchange) {
        this.ws = ws;
        this.plan = plan;
        this.dims = dims;
        this.wire = new Wire(ws, exchange);
        this.exchange = new HeadExchange(ws, ulyssesGroup, plan, dims, wire);
        this.ring = new RingAttention(ws, ringGroup, plan, dims, wire);
    }

    @Override
    public boolean keepsQueries() {
        return plan.ulyssesDegree() == 1;
    }

    /** The tape holds the Ulysses group's view. */
    @Override
    public Tape forward(Tensor q, Tensor k, Tensor v, Tensor out) {
        int heads = plan.heads().queryHeads(plan.ulysses()).size();
        int kvHeads = plan.heads().kvHeads(plan.ulysses()).size();
        wire.round(q);
        wire.round(k);
        wire.round(v);
        KeyValues kv = KeyValues.allocate(ws.step(), plan.blockRows(plan.ring()), kvHeads, dims);
        boolean local = plan.ulyssesDegree() == 1;
        Tensor qGroup = local
                ? q.reshape(q.rows(), heads, dims.key())
                : ws.step().allocate(plan.groupQueryRows(), heads, dims.key());
        if (local) {
            ws.kernels().elementwise().copy(k, kv.k());
            ws.kernels().elementwise().copy(v, kv.v());
        } else {
            exchange.gather(q, k, v, qGroup, kv);
        }
        Tensor outGroup = local
                ? out.reshape(out.rows(), heads, dims.value())
                : ws.step().allocate(plan.groupQueryRows(), heads, dims.value());
        Tensor lse = ws.step().allocate(qGroup.rows(), heads);
        ring.forward(qGroup, kv, outGroup, lse);
        wire.round(outGroup);
        if (!local) {
            exchange.scatterQueries(outGroup.reshape(outGroup.rows(), heads * dims.value()), out);
        }
        return new Tape(qGroup, kv.flat(), outGroup, lse);
    }

    @Override
    public void backward(Tape tape, Tensor dOut, Tensor dq, Tensor dk, Tensor dv) {
        int heads = tape.q().dim(1);
        int kvHeads = plan.heads().kvHeads(plan.ulysses()).size();
        int groupRows = plan.blockRows(plan.ring());
        KeyValues kv = KeyValues.of(tape.keyValues(), groupRows, kvHeads, dims);
        long mark = ws.scratch().mark();
        KeyValues dkv = KeyValues.allocate(ws.scratch(), groupRows, kvHeads, dims);
        wire.round(dOut);
        if (plan.ulyssesDegree() == 1) {
            Tensor dOutGroup = dOut.reshape(tape.out().shape());
            ring.backward(
                    tape.q(),
                    kv,
                    tape.out(),
                    tape.lse(),
                    dOutGroup,
                    dq.reshape(tape.q().shape()),
                    dkv);
            wire.round(dq);
            wire.round(dkv.flat());
            ws.kernels().elementwise().copy(dkv.k(), dk);
            ws.kernels().elementwise().copy(dkv.v(), dv);
        } else {
            Tensor dOutGroup = ws.scratch().allocate(tape.out().shape());
            Tensor dqGroup = ws.scratch().allocate(tape.q().shape());
            exchange.gatherQueries(dOut, dOutGroup.reshape(dOutGroup.rows(), heads * dims.value()));
            ring.backward(tape.q(), kv, tape.out(), tape.lse(), dOutGroup, dqGroup, dkv);
            exchange.scatter(dqGroup, dkv, dq, dk, dv);
        }
        ws.scratch().rewind(mark);
    }
}
