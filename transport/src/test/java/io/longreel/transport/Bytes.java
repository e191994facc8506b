package io.longreel.transport;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.random.RandomGenerator;

/** Off-heap test data. */
final class Bytes {
    private Bytes() {}

    static MemorySegment empty(long sizeBytes) {
        return sizeBytes == 0 ? MemorySegment.NULL : Arena.ofAuto().allocate(sizeBytes, 64);
    }

    static MemorySegment random(RandomGenerator random, long sizeBytes) {
        byte[] content = new byte[Math.toIntExact(sizeBytes)];
        random.nextBytes(content);
        MemorySegment segment = empty(sizeBytes);
        MemorySegment.copy(content, 0, segment, ValueLayout.JAVA_BYTE, 0, content.length);
        return segment;
    }

    static MemorySegment of(float... values) {
        MemorySegment segment = empty((long) values.length * Float.BYTES);
        MemorySegment.copy(values, 0, segment, ValueLayout.JAVA_FLOAT, 0, values.length);
        return segment;
    }

    static boolean same(MemorySegment a, MemorySegment b) {
        return a.byteSize() == b.byteSize() && a.mismatch(b) == -1;
    }
}
