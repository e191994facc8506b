package io.longreel.model.snapshot;

import io.longreel.ops.memory.TensorArena;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * Off-heap memory for blocks, used again and again: blocks come and go with every snapshot, and closing memory that threads share throws compiled vector
 * loops away. Sizes are rounded up by at most an eighth, so that slices that differ by a few elements fill each other's memory. Guarded by its vault.
 */
final class BlockPool {
    private static final long GRAIN_BYTES_MIN = 4096;
    private static final int GRAINS = 8;

    private final Map<Long, Deque<TensorArena>> idle = new HashMap<>();
    private long openBytes;
    private int openArenas;
    private boolean closed;

    SliceBlock take(long payloadBytes) {
        if (closed) {
            throw new IllegalStateException("snapshots' memory is closed");
        }
        long sizeBytes = sizeBytes(payloadBytes);
        TensorArena arena = idle.getOrDefault(sizeBytes, new ArrayDeque<>()).poll();
        if (arena == null) {
            arena = TensorArena.open("snapshot", sizeBytes);
            openBytes += arena.capacityBytes();
            openArenas++;
        }
        return new SliceBlock(arena, payloadBytes);
    }

    /** Memory of a block: that of header and payload, rounded up. */
    static long sizeBytes(long payloadBytes) {
        return rounded(SliceBlock.HEADER_BYTES + payloadBytes);
    }

    void giveBack(SliceBlock block) {
        if (closed) {
            closeArena(block.arena());
        } else {
            idle.computeIfAbsent(block.arena().capacityBytes(), size -> new ArrayDeque<>())
                    .push(block.arena());
        }
    }

    /** Closes what nobody uses. */
    void trim() {
        idle.values().forEach(arenas -> arenas.forEach(this::closeArena));
        idle.clear();
    }

    /** Closes what nobody uses, and from now on what is given back. */
    void close() {
        closed = true;
        trim();
    }

    /** Bytes of all memory, in use or idle. */
    long openBytes() {
        return openBytes;
    }

    /** Pieces of memory, in use or idle. */
    int openArenas() {
        return openArenas;
    }

    private void closeArena(TensorArena arena) {
        openBytes -= arena.capacityBytes();
        openArenas--;
        arena.close();
    }

    private static long rounded(long sizeBytes) {
        long grain = Math.max(GRAIN_BYTES_MIN, Long.highestOneBit(sizeBytes) / GRAINS);
        return Math.ceilDiv(sizeBytes, grain) * grain;
    }
}
