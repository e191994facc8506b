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
 * Ulysses group, B rows of a block, N own query heads, K own key/value heads, H head dim; a block is [2 B, K, H], keys then values.
 */
final class RingAttention {
    private final Workspace ws;
    private final Communicator ring;
    private final AttentionPlan plan;
    private final int[] kvHead;
    private final float scale;

    RingAttention(Workspace ws, Communicator ring, AttentionPlan plan, int headDim) {
        this.ws = ws;
        this.ring = ring;
        this.plan = plan;
        this.kvHead = plan.heads().kvHeadOfQuery(plan.ulysses());
        this.scale = (float) (1.0 / Math.sqrt(headDim));
    }

    /** {@code q [G, N, H]} over all blocks; {@code out} and {@code lse} are initialised here. */
    void forward(Tensor q, Tensor kvOwn, Tensor out, Tensor lse) {
        ws.kernels().elementwise().zero(out);
        ws.kernels().elementwise().fill(lse, Float.NEGATIVE_INFINITY);
        long mark = ws.scratch().mark();
        Tensor[] buffers = blockBuffers(2, kvOwn);
        Tensor block = kvOwn;
        for (int step = 0; step < plan.ringDegree(); step++) {
            int source = sourceOf(step);
            Tensor next = step + 1 == plan.ringDegree() ? null : blockOf(buffers[step % 2], sourceOf(step + 1), kvOwn);
            Transfer transfer = next == null ? null : rotate(block, next);
            int rows = plan.blockRows(source);
            for (AttentionPlan.Block part : plan.blocks(source)) {
                ws.kernels()
                        .attention()
                        .forward(
                                q,
                                block.slice(part.rows().from(), part.rows().to()),
                                block.slice(
                                        rows + part.rows().from(),
                                        rows + part.rows().to()),
                                part.ranges(),
                                kvHead,
                                scale,
                                out,
                                lse,
                                ws.scratch());
                ring.poll();
            }
            if (transfer != null && next != null) {
                transfer.await();
                block = next;
            }
        }
        ws.scratch().rewind(mark);
    }

    /**
     * Gradients under the final {@code lse}. K/V rotate again; the gradient of a block follows it one hop behind, gathers each rank's part in ring
     * order, and arrives home after the last step.
     *
     * @param dq [G, N, H], overwritten
     * @param dkv [2 B, K, H] of the own block, overwritten
     */
    void backward(Tensor q, Tensor kvOwn, Tensor out, Tensor lse, Tensor dOut, Tensor dq, Tensor dkv) {
        AttentionKernels attention = ws.kernels().attention();
        ws.kernels().elementwise().zero(dq);
        long mark = ws.scratch().mark();
        Tensor delta = ws.scratch().allocate(lse.shape());
        attention.delta(out, dOut, delta);
        Tensor[] blocks = blockBuffers(2, kvOwn);
        Tensor[] sums = blockBuffers(4, kvOwn);
        Tensor block = kvOwn;
        Tensor arriving = null;
        Transfer sumTransfer = null;
        for (int step = 0; step < plan.ringDegree(); step++) {
            int source = sourceOf(step);
            Tensor next = step + 1 == plan.ringDegree() ? null : blockOf(blocks[step % 2], sourceOf(step + 1), kvOwn);
            Transfer transfer = next == null ? null : rotate(block, next);
            Tensor sum = blockOf(step == 0 ? sums[0] : sums[1], source, kvOwn);
            blockBackward(attention, source, block, q, lse, delta, dOut, dq, sum);
            sum = joined(sum, arriving, sumTransfer);
            boolean last = step + 1 == plan.ringDegree();
            if (plan.ringDegree() > 1) {
                arriving = last ? dkv : blockOf(sums[2 + step % 2], sourceOf(step + 1), kvOwn);
                sumTransfer = rotate(sum, arriving);
            } else {
                ws.kernels().elementwise().copy(sum, dkv);
            }
            if (transfer != null && next != null) {
                transfer.await();
                block = next;
            }
        }
        if (sumTransfer != null) {
            sumTransfer.await();
        }
        ws.scratch().rewind(mark);
    }

    private void blockBackward(
            AttentionKernels attention,
            int source,
            Tensor block,
            Tensor q,
            Tensor lse,
            Tensor delta,
            Tensor dOut,
            Tensor dq,
            Tensor dBlock) {
        ws.kernels().elementwise().zero(dBlock);
        int rows = plan.blockRows(source);
        for (AttentionPlan.Block part : plan.blocks(source)) {
            int from = part.rows().from();
            int to = part.rows().to();
            attention.backward(
                    q,
                    block.slice(from, to),
                    block.slice(rows + from, rows + to),
                    part.ranges(),
                    kvHead,
                    scale,
                    dOut,
                    lse,
                    delta,
                    dq,
                    dBlock.slice(from, to),
                    dBlock.slice(rows + from, rows + to),
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

    /** Ring rank whose block is here at a step. */
    private int sourceOf(int step) {
        return Math.floorMod(plan.ring() - step, plan.ringDegree());
    }

    private Tensor[] blockBuffers(int count, Tensor like) {
        Tensor[] buffers = new Tensor[count];
        for (int i = 0; i < count; i++) {
            buffers[i] = ws.scratch().allocate(2 * plan.blockRowsMax(), like.dim(1), like.dim(2));
        }
        return buffers;
    }

    private Tensor blockOf(Tensor buffer, int source, Tensor like) {
        Tensor sized = buffer.slice(0, 2 * plan.blockRows(source));
        assert sized.columns() == like.columns();
        return sized;
    }
}
