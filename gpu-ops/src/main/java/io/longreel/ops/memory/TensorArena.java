package io.longreel.ops.memory;

import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A bump allocator over one block of off-heap memory. The name of an arena tells its lifetime: run (weights, optimizer), step
 * (activations), scratch (one operation). Capacity is fixed when it is opened, from a plan; asking for more is a broken plan and throws, so
 * that memory never grows in silence. Rewinding to a mark frees everything allocated after it.
 *
 * <p>Belongs to one thread at a time; the memory itself may be read by others (a transport copies from it).
 */
public final class TensorArena implements AutoCloseable {
    private static final long ALIGNMENT_BYTES = 64;
    private static final long PLANNING_BYTES_MAX = 1L << 50;
    private static final AtomicLong LIVE = new AtomicLong();

    private final String tag;
    /** Whether there is no memory behind the block. */
    private final boolean countsOnly;

    private final MemorySegment block;
    private long used;
    private long peak;
    private boolean closed;

    private TensorArena(String tag, boolean countsOnly, MemorySegment block) {
        this.tag = tag;
        this.countsOnly = countsOnly;
        this.block = block;
        LIVE.incrementAndGet();
    }

    public static TensorArena open(String tag, long capacityBytes) {
        long sizeBytes = roundUp(Math.max(capacityBytes, ALIGNMENT_BYTES));
        return new TensorArena(tag, false, SystemPages.take(sizeBytes, ALIGNMENT_BYTES));
    }

    /**
     * An arena that only counts: its tensors have shapes but no memory behind them, and must not be read or written. Running a step's own code on
     * one, with kernels that do nothing, gives the exact plan of the step as {@link #peakBytes}.
     */
    @SuppressWarnings("restricted") // reinterpret: the segment is never dereferenced
    public static TensorArena planning(String tag) {
        MemorySegment nowhere = MemorySegment.ofAddress(ALIGNMENT_BYTES).reinterpret(PLANNING_BYTES_MAX);
        return new TensorArena(tag, true, nowhere);
    }

    /** Arenas of this process that are open: 0 once everything that was opened is closed, which tests assert. */
    public static long liveArenas() {
        return LIVE.get();
    }

    /** Bytes that a tensor of this type and shape takes in an arena, alignment included. Plans add these up. */
    public static long sizeBytes(DType dtype, int... shape) {
        return roundUp(Tensor.elements(shape) * dtype.sizeBytes());
    }

    /** A tensor with undefined contents. */
    public Tensor allocate(DType dtype, int... shape) {
        long exact = Tensor.elements(shape) * dtype.sizeBytes();
        long taken = roundUp(exact);
        if (closed) {
            throw new IllegalStateException("arena is closed: arena=" + tag);
        }
        if (used + taken > block.byteSize()) {
            throw new IllegalStateException("arena plan exceeded: arena=%s capacityBytes=%d usedBytes=%d askedBytes=%d"
                    .formatted(tag, block.byteSize(), used, taken));
        }
        MemorySegment segment = block.asSlice(used, exact);
        used += taken;
        peak = Math.max(peak, used);
        return Tensor.of(segment, dtype, shape);
    }

    /** An F32 tensor with undefined contents. */
    public Tensor allocate(int... shape) {
        return allocate(DType.F32, shape);
    }

    /** An F32 tensor of zeros. */
    public Tensor zeros(int... shape) {
        Tensor tensor = allocate(DType.F32, shape);
        tensor.zero();
        return tensor;
    }

    /** Position to which {@link #rewind} can go back. */
    public long mark() {
        return used;
    }

    /** Frees everything allocated since {@code mark}; views of it must not be used any more. */
    public void rewind(long mark) {
        if (mark < 0 || mark > used) {
            throw new IllegalStateException(
                    "mark must lie in the used part: arena=%s mark=%d used=%d".formatted(tag, mark, used));
        }
        used = mark;
    }

    /** Frees everything. */
    public void reset() {
        used = 0;
    }

    public String tag() {
        return tag;
    }

    public long usedBytes() {
        return used;
    }

    public long peakBytes() {
        return peak;
    }

    public long capacityBytes() {
        return block.byteSize();
    }

    /**
     * Frees the memory; a second close throws. Views must not be used any more: one that is nevertheless reads zeros, what it held or what was written through
     * it since, and never meets the memory of another arena.
     */
    @Override
    public void close() {
        if (closed) {
            throw new IllegalStateException("arena closed twice: arena=" + tag);
        }
        closed = true;
        LIVE.decrementAndGet();
        if (!countsOnly) {
            SystemPages.giveBack(block);
        }
    }

    private static long roundUp(long bytes) {
        return (bytes + ALIGNMENT_BYTES - 1) / ALIGNMENT_BYTES * ALIGNMENT_BYTES;
    }
}
