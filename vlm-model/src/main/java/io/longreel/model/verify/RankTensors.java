package io.longreel.model.verify;

import io.longreel.model.attention.SequenceAttention;
import io.longreel.model.shard.Span;
import io.longreel.model.state.Workspace;
import io.longreel.ops.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The rows of one rank of the inputs and results of an attention, in its step arena; copied from and to whole tensors row by row. One rank's thread. */
final class RankTensors {
    private final AttentionShape shape;
    private final int[] tokens;
    private final Tensor q;
    private final Tensor k;
    private final Tensor v;
    private final Tensor dOut;
    private final Tensor out;
    private final Tensor dq;
    private final Tensor dk;
    private final Tensor dv;

    RankTensors(Workspace ws, AttentionShape shape, int[] tokens) {
        this.shape = shape;
        this.tokens = tokens;
        this.q = ws.step().allocate(tokens.length, shape.heads() * shape.keyDim());
        this.k = ws.step().allocate(tokens.length, shape.kvHeads() * shape.keyDim());
        this.v = ws.step().allocate(tokens.length, shape.kvHeads() * shape.valueDim());
        this.dOut = ws.step().allocate(tokens.length, shape.heads() * shape.valueDim());
        this.out = ws.step().allocate(dOut.shape());
        this.dq = ws.step().allocate(q.shape());
        this.dk = ws.step().allocate(k.shape());
        this.dv = ws.step().allocate(v.shape());
    }

    void fill(AttentionInputs in) {
        copyIn(in.q(), q);
        copyIn(in.k(), k);
        copyIn(in.v(), v);
        copyIn(in.dOut(), dOut);
    }

    SequenceAttention.Tape forward(SequenceAttention attention) {
        return attention.forward(q, k, v, out);
    }

    void backward(SequenceAttention attention, SequenceAttention.Tape tape) {
        attention.backward(tape, dOut, dq, dk, dv);
    }

    void copyTo(AttentionRun.Outcome outcome) {
        copyOut(out, outcome.out());
        copyOut(dq, outcome.dq());
        copyOut(dk, outcome.dk());
        copyOut(dv, outcome.dv());
    }

    /** {@code lse [rows of some tokens, some heads]}: own heads for the tokens of a Ulysses group, or all heads for own tokens. */
    void copyLse(Tensor lse, int[] rowTokens, Span heads, AttentionRun.Outcome outcome) {
        for (int row = 0; row < rowTokens.length; row++) {
            for (int head = 0; head < heads.size(); head++) {
                outcome.lse()[rowTokens[row] * shape.heads() + heads.from() + head] =
                        lse.getFloat((long) row * heads.size() + head);
            }
        }
    }

    private void copyIn(float[] all, Tensor own) {
        int columns = own.columns();
        for (int row = 0; row < tokens.length; row++) {
            long at = (long) row * columns * Float.BYTES;
            MemorySegment.copy(all, tokens[row] * columns, own.segment(), ValueLayout.JAVA_FLOAT, at, columns);
        }
    }

    private void copyOut(Tensor own, float[] all) {
        int columns = own.columns();
        for (int row = 0; row < tokens.length; row++) {
            long at = (long) row * columns * Float.BYTES;
            MemorySegment.copy(own.segment(), ValueLayout.JAVA_FLOAT, at, all, tokens[row] * columns, columns);
        }
    }
}
