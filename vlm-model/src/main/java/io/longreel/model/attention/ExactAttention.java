package io.longreel.model.attention;

import io.longreel.model.state.Workspace;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;
import java.util.ArrayList;
import java.util.List;

/**
 * Attention whose bits do not depend on the mesh: each rank gathers the keys and values of the whole sequence, in the order of the sequence, and
 * attends with its own tokens and all heads, so that a query's sums are those of one rank alone. Gradients of keys and values, to which queries of
 * all ranks add, are SUM128 and travel to their owners as such. Takes the memory of the whole sequence's keys and values on every rank, one
 * layer at a time, and four times that for their gradients. One instance per step; the device must compute exact sums. Legend: S tokens
 * of the sequence, n own rows, N and K heads, H key dim, V value dim.
 */
public final class ExactAttention implements SequenceAttention {
    private final Workspace ws;
    private final ExactAttentionPlan plan;
    private final Communicator sequence;
    private final HeadDims dims;
    private final Wire wire;
    private final float scale;

    /** @param exchange F32 or BF16: what queries, keys, values, outputs and all gradients are rounded to; they travel unrounded */
    public ExactAttention(Workspace ws, ExactAttentionPlan plan, Communicator sequence, HeadDims dims, DType exchange) {
        this.ws = ws;
        this.plan = plan;
        this.sequence = sequence;
        this.dims = dims;
        this.wire = new Wire(ws, exchange);
        this.scale = (float) (1.0 / Math.sqrt(dims.key()));
    }

    @Override
    public boolean keepsQueries() {
        return true;
    }

    /** The tape holds own rows. */
    @Override
    public Tape forward(Tensor q, Tensor k, Tensor v, Tensor out) {
        wire.round(q);
        wire.round(k);
        wire.round(v);
        KeyValues own = KeyValues.allocate(ws.step(), k.rows(), plan.kvHeads(), dims);
        ws.kernels().elementwise().copy(k, own.k());
        ws.kernels().elementwise().copy(v, own.v());
        Tensor q_TNH = q.reshape(q.rows(), plan.heads(), dims.key());
        Tensor out_TNV = out.reshape(q.rows(), plan.heads(), dims.value());
        Tensor lse = ws.step().allocate(q.rows(), plan.heads());
        ws.kernels().elementwise().zero(out);
        ws.kernels().elementwise().fill(lse, Float.NEGATIVE_INFINITY);
        long mark = ws.scratch().mark();
        KeyValues all = gathered(own);
        plan.passes()
                .forEach(ranges -> ws.kernels()
                        .attention()
                        .forward(q_TNH, all.k(), all.v(), ranges, plan.kvHead(), scale, out_TNV, lse, ws.scratch()));
        ws.scratch().rewind(mark);
        wire.round(out);
        return new Tape(q_TNH, own.flat(), out_TNV, lse);
    }

    @Override
    public void backward(Tape tape, Tensor dOut, Tensor dq, Tensor dk, Tensor dv) {
        long mark = ws.scratch().mark();
        wire.round(dOut);
        Tensor dOut_TNV = dOut.reshape(tape.out().shape());
        Tensor dq_TNH = dq.reshape(tape.q().shape());
        Tensor delta = ws.scratch().allocate(tape.lse().shape());
        ws.kernels().attention().delta(tape.out(), dOut_TNV, delta);
        ws.kernels().elementwise().zero(dq);
        KeyValues all = gathered(KeyValues.of(tape.keyValues(), dk.rows(), plan.kvHeads(), dims));
        KeyValues sums = sums(ws.scratch(), plan.tokens());
        ws.kernels().elementwise().zero(sums.flat());
        plan.passes()
                .forEach(ranges -> ws.kernels()
                        .attention()
                        .backward(
                                tape.q(),
                                all.k(),
                                all.v(),
                                ranges,
                                plan.kvHead(),
                                scale,
                                dOut_TNV,
                                tape.lse(),
                                delta,
                                dq_TNH,
                                sums.k(),
                                sums.v(),
                                ws.scratch()));
        KeyValues own = reduced(sums);
        ws.kernels().elementwise().round(own.k(), dk);
        ws.kernels().elementwise().round(own.v(), dv);
        ws.scratch().rewind(mark);
        wire.round(dq);
        wire.round(dk);
        wire.round(dv);
    }

    /** (n, K H + K V) of every member -> (S, K H + K V), in scratch. */
    private KeyValues gathered(KeyValues own) {
        KeyValues all = KeyValues.allocate(ws.scratch(), plan.tokens(), plan.kvHeads(), dims);
        long mark = ws.scratch().mark();
        List<KeyValues> parts = new ArrayList<>();
        for (int member = 0; member < sequence.size(); member++) {
            parts.add(KeyValues.allocate(ws.scratch(), plan.rows(member), plan.kvHeads(), dims));
        }
        sequence.allGatherV(
                own.flat().segment(),
                parts.stream().map(part -> part.flat().segment()).toList());
        for (int member = 0; member < sequence.size(); member++) {
            int[] tokens = plan.memberTokens().get(member);
            ws.kernels().rows().scatter(parts.get(member).k(), tokens, all.k());
            ws.kernels().rows().scatter(parts.get(member).v(), tokens, all.v());
        }
        ws.scratch().rewind(mark);
        return all;
    }

    /** (S, K H + K V) of every member -> the sum of all of them for own rows, in scratch. */
    private KeyValues reduced(KeyValues sums) {
        List<KeyValues> send = new ArrayList<>();
        List<KeyValues> receive = new ArrayList<>();
        for (int member = 0; member < sequence.size(); member++) {
            int[] tokens = plan.memberTokens().get(member);
            KeyValues part = sums(ws.scratch(), tokens.length);
            ws.kernels().rows().gather(sums.k(), tokens, part.k());
            ws.kernels().rows().gather(sums.v(), tokens, part.v());
            send.add(part);
            receive.add(sums(ws.scratch(), plan.rows(sequence.index())));
        }
        sequence.allToAllV(
                send.stream().map(part -> part.flat().segment()).toList(),
                receive.stream().map(part -> part.flat().segment()).toList());
        KeyValues own = receive.getFirst();
        receive.stream().skip(1).forEach(part -> ws.kernels().elementwise().addTo(part.flat(), own.flat()));
        return own;
    }

    private KeyValues sums(TensorArena arena, int rows) {
        Tensor buffer = arena.allocate(DType.SUM128, KeyValues.elements(rows, plan.kvHeads(), dims));
        return KeyValues.of(buffer, rows, plan.kvHeads(), dims);
    }
}
