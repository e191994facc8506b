package io.longreel.model.attention;

import io.longreel.model.state.Workspace;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;
import io.longreel.transport.Transfer;
import org.jspecify.annotations.Nullable;

/**
 * One turn of the K/V blocks round the ring, from rank r to r + 1: while one block is worked on, the next is in flight. Blocks travel in the form of the
 * wire and are widened when they arrive. Belongs to one pass of {@link RingAttention}; its buffers live in scratch until the pass rewinds it.
 */
final class KeyValueRing {
    private final Communicator ring;
    private final AttentionPlan plan;
    private final HeadDims dims;
    private final Wire wire;
    private final int kvHeads;
    private final Tensor[] buffers;
    private final Tensor wide;
    private KeyValues block;
    private Tensor sent;
    private @Nullable Transfer transfer;
    private int step;

    KeyValueRing(
            Workspace ws, Communicator ring, AttentionPlan plan, HeadDims dims, Wire wire, int kvHeads, KeyValues own) {
        this.ring = ring;
        this.plan = plan;
        this.dims = dims;
        this.wire = wire;
        this.kvHeads = kvHeads;
        this.block = own;
        boolean alone = plan.ringDegree() == 1;
        int elements = alone ? 0 : KeyValues.elements(plan.blockRowsMax(), kvHeads, dims);
        this.sent = alone ? own.flat() : wire.pack(own.flat());
        this.buffers = new Tensor[] {wire.buffer(elements), wire.buffer(elements)};
        this.wide = wire.isNarrow() ? ws.scratch().allocate(elements) : own.flat();
    }

    /** The block that is here now. */
    KeyValues block() {
        return block;
    }

    /** Ring rank that owns the block. */
    int source() {
        return sourceAt(step);
    }

    boolean last() {
        return step + 1 == plan.ringDegree();
    }

    /** Starts sending this block on and receiving the next; nothing on the last step. */
    void startNext() {
        if (!last()) {
            int size = plan.ringDegree();
            transfer = ring.startSendReceive(
                    sent.segment(), (plan.ring() + 1) % size, arriving().segment(), (plan.ring() + size - 1) % size);
        }
    }

    /** Waits for the next block, which is then {@link #block}. */
    void advance() {
        if (transfer != null) {
            transfer.await();
            transfer = null;
            sent = arriving();
            step++;
            int rows = plan.blockRows(source());
            KeyValues landed = KeyValues.of(wire.isNarrow() ? wide : buffers[(step - 1) % 2], rows, kvHeads, dims);
            wire.unpack(sent, landed.flat());
            block = landed;
        }
    }

    /** Ring rank whose block is here at a step. */
    int sourceAt(int at) {
        return Math.floorMod(plan.ring() - at, plan.ringDegree());
    }

    private Tensor arriving() {
        return buffers[step % 2].slice(0, KeyValues.elements(plan.blockRows(sourceAt(step + 1)), kvHeads, dims));
    }
}
