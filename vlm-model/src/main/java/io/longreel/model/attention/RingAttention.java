package io.longreel.model.attention;

import io.longreel.model.state.Workspace;
import io.longreel.ops.kernels.AttentionKernels;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;
import io.longreel.transport.Transfer;
import org.jspecify.annotations.Nullable;

/**
 * The ring: K/V blocks rotate from rank r to r + 1, the next block is in flight while this one is computed, and each block's (out, LSE) is merged in
 * the order own, r-1, r-2, ... so that the same mesh gives the same bits on every run (Liu et al.; specification 3.5, 3.6). Legend: G query rows of the
 * Ulysses group, N own query heads, H key dim, V value dim.
 */
final class RingAttention {
    private final Workspace ws;
    private final Communicator ring;
    private final AttentionPlan plan;
    private final HeadDims dims;
    private final Wire wire;
    private final int[] kvHead;
    private final int kvHeads;
    private final float scale;

    RingAttention(Workspace ws, Communicator ring, AttentionPlan plan, HeadDims dims, Wire wire) {
        this.ws = ws;
        this.ring = ring;
        this.plan = plan;
        this.dims = dims;
        this.wire = wire;
        this.kvHead = plan.heads().kvHeadOfQuery(plan.ulysses());
        this.kvHeads = plan.heads().kvHeads(plan.ulysses()).size();
        this.scale = (float) (1.0 / Math.sqrt(dims.key()));
    }

    /** {@code q [G, N, H]} over all blocks; {@code out [G, N, V]} and {@code lse [G, N]} are initialised here. */
    void forward(Tensor q, KeyValues own, Tensor out, Tensor lse) {
        ws.kernels().elementwise().zero(out);
        ws.kernels().elementwise().fill(lse, Float.NEGATIVE_INFINITY);
        long mark = ws.scratch().mark();
        KeyValueRing blocks = new KeyValueRing(ws, ring, plan, dims, wire, kvHeads, own);
        for (int step = 0; step < plan.ringDegree(); step++) {
            blocks.startNext();
            Tensor k = blocks.block().k();
            Tensor v = blocks.block().v();
            for (AttentionPlan.Block part : plan.blocks(blocks.source())) {
                int from = part.rows().from();
                int to = part.rows().to();
                ws.kernels()
                        .attention()
                        .forward(
                                q,
                                k.slice(from, to),
                                v.slice(from, to),
                                part.ranges(),
                                kvHead,
                                scale,
                                out,
                                lse,
                                ws.scratch());
                ring.poll();
            }
            blocks.advance();
        }
        ws.scratch().rewind(mark);
    }

    /**
     * Gradients under the final {@code lse}. K/V rotate again; the gradient of a block follows it one hop behind, gathers each rank's part in ring
     * order, in F32, and arrives home after the last step.
     *
     * @param dq [G, N, H], overwritten
     * @param dkv of the own block, overwritten
     */
    void backward(Tensor q, KeyValues own, Tensor out, Tensor lse, Tensor dOut, Tensor dq, KeyValues dkv) {
        ws.kernels().elementwise().zero(dq);
        long mark = ws.scratch().mark();
        Tensor delta = ws.scratch().allocate(lse.shape());
        ws.kernels().attention().delta(out, dOut, delta);
        KeyValueRing blocks = new KeyValueRing(ws, ring, plan, dims, wire, kvHeads, own);
        Tensor[] sums = sumBuffers();
        Tensor arriving = null;
        Transfer sumTransfer = null;
        for (int step = 0; step < plan.ringDegree(); step++) {
            blocks.startNext();
            boolean last = blocks.last();
            KeyValues block = blocks.block();
            KeyValues sum =
                    plan.ringDegree() == 1 ? dkv : KeyValues.of(sums[step == 0 ? 0 : 1], block.rows(), kvHeads, dims);
            blockBackward(blocks.source(), block, q, lse, delta, dOut, dq, sum);
            Tensor joined = joined(sum.flat(), arriving, sumTransfer);
            if (plan.ringDegree() > 1) {
                arriving = last ? dkv.flat() : sumBuffer(sums[2 + step % 2], blocks.sourceAt(step + 1));
                sumTransfer = rotate(joined, arriving);
            }
            blocks.advance();
        }
        if (sumTransfer != null) {
            sumTransfer.await();
        }
        ws.scratch().rewind(mark);
    }

    private void blockBackward(
            int source, KeyValues block, Tensor q, Tensor lse, Tensor delta, Tensor dOut, Tensor dq, KeyValues dBlock) {
        AttentionKernels attention = ws.kernels().attention();
        ws.kernels().elementwise().zero(dBlock.flat());
        for (AttentionPlan.Block part : plan.blocks(source)) {
            int from = part.rows().from();
            int to = part.rows().to();
            attention.backward(
                    q,
                    block.k().slice(from, to),
                    block.v().slice(from, to),
                    part.ranges(),
                    kvHead,
                    scale,
                    dOut,
                    lse,
                    delta,
                    dq,
                    dBlock.k().slice(from, to),
                    dBlock.v().slice(from, to),
                    ws.scratch());
            ring.poll();
        }
    }

    /** The sum that arrived for this block plus the own part; the own part alone on the first step. */
    private Tensor joined(Tensor own, @Nullable Tensor arriving, @Nullable Transfer transfer) {
        if (arriving == null || transfer == null) {
            return own;
        }
        transfer.await();
        ws.kernels().elementwise().addTo(own, arriving);
        return arriving;
    }

    private Transfer rotate(Tensor send, Tensor receive) {
        int size = plan.ringDegree();
        return ring.startSendReceive(
                send.segment(), (plan.ring() + 1) % size, receive.segment(), (plan.ring() + size - 1) % size);
    }

    /** Own part of the first block, own part of the present one, and two sums on their way. */
    private Tensor[] sumBuffers() {
        Tensor[] buffers = new Tensor[plan.ringDegree() == 1 ? 0 : 4];
        for (int i = 0; i < buffers.length; i++) {
            buffers[i] = ws.scratch().allocate(KeyValues.elements(plan.blockRowsMax(), kvHeads, dims));
        }
        return buffers;
    }

    private Tensor sumBuffer(Tensor buffer, int source) {
        return buffer.slice(0, KeyValues.elements(plan.blockRows(source), kvHeads, dims));
    }
}
