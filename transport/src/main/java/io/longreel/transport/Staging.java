package io.longreel.transport;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Memory in which a collective lets the peers' bytes arrive before it uses them. Grows to the largest that was asked for and is then reused, by later
 * endpoints of the process, too: the steady state allocates nothing. Only one collective of a rank uses it at a time, and none keeps it. What it grew out of goes
 * when the collector finds it: closing memory that threads share disturbs them all.
 */
final class Staging {
    private static final long ALIGNMENT_BYTES = 64;
    private static final long SMALLEST_BYTES = 4096;

    private MemorySegment block = allocate(SMALLEST_BYTES);

    /** At least this many bytes, contents undefined; earlier segments must not be used any more. */
    MemorySegment borrow(long sizeBytes) {
        if (sizeBytes > block.byteSize()) {
            block = allocate(Long.highestOneBit(sizeBytes - 1) << 1);
        }
        return block;
    }

    private static MemorySegment allocate(long sizeBytes) {
        return Arena.ofAuto().allocate(sizeBytes, ALIGNMENT_BYTES);
    }
}
