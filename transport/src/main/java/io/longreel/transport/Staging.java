package io.longreel.transport;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Memory in which a collective lets the peers' bytes arrive before it uses them. Grows to the largest that was asked for and is then reused, by later
 * endpoints of the process, too: the steady state allocates nothing, and recoveries close nothing, which would stop all threads for a moment. Only one
 * collective of a rank uses it at a time, and none keeps it.
 */
final class Staging implements AutoCloseable {
    private static final long ALIGNMENT_BYTES = 64;
    private static final long SMALLEST_BYTES = 4096;

    private final List<Arena> outgrown = new ArrayList<>();
    private Arena arena = Arena.ofShared();
    private MemorySegment block = arena.allocate(SMALLEST_BYTES, ALIGNMENT_BYTES);

    /** At least this many bytes, contents undefined; earlier segments must not be used any more. */
    MemorySegment borrow(long sizeBytes) {
        if (sizeBytes > block.byteSize()) {
            outgrown.add(arena); // closed with the last one: sizes double, so all of them together are no larger
            arena = Arena.ofShared();
            block = arena.allocate(Long.highestOneBit(sizeBytes - 1) << 1, ALIGNMENT_BYTES);
        }
        return block;
    }

    @Override
    public void close() {
        outgrown.add(arena);
        outgrown.stream().filter(old -> old.scope().isAlive()).forEach(Arena::close);
        outgrown.clear();
    }
}
