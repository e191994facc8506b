package io.longreel.transport.frame;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * CRC32C over the header (without the checksum itself) and the payload. Taken on the wire's own memory, next to the copy, so that the bytes
 * are still in the cache. One per end of a link; not for several threads.
 */
public final class FrameChecksum {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final CRC32C crc = new CRC32C();

    /** Writes the checksum into a header whose payload lies in place. */
    public void seal(MemorySegment header, MemorySegment payload) {
        header.set(INT, FrameHeader.CRC_OFFSET, compute(header, payload));
    }

    /** Throws unless header and payload are as they were sealed. */
    public void verify(FrameHeader frame, MemorySegment header, MemorySegment payload) {
        if (frame.payloadBytes() != payload.byteSize()) {
            throw new DamagedFrame(
                    "frame must bring the payload that it names: sequence=%d payloadBytes=%d actualBytes=%d"
                            .formatted(frame.sequence(), frame.payloadBytes(), payload.byteSize()));
        }
        int expected = header.get(INT, FrameHeader.CRC_OFFSET);
        int actual = compute(header, payload);
        if (expected != actual) {
            throw new DamagedFrame(
                    "frame must arrive as it was sent: sequence=%d payloadBytes=%d expectedCrc=%08x actualCrc=%08x"
                            .formatted(frame.sequence(), payload.byteSize(), expected, actual));
        }
    }

    /** Flips a bit of a sealed frame, as a bad wire would. */
    public static void damage(MemorySegment header, MemorySegment payload) {
        MemorySegment victim = payload.byteSize() > 0 ? payload : header;
        long last = payload.byteSize() > 0 ? payload.byteSize() - 1 : FrameHeader.CRC_OFFSET - 1;
        victim.set(ValueLayout.JAVA_BYTE, last, (byte) (victim.get(ValueLayout.JAVA_BYTE, last) ^ 1));
    }

    private int compute(MemorySegment header, MemorySegment payload) {
        crc.reset();
        ByteBuffer headerBytes = header.asSlice(0, FrameHeader.CRC_OFFSET).asByteBuffer();
        crc.update(headerBytes);
        if (payload.byteSize() > 0) {
            crc.update(payload.asByteBuffer());
        }
        return (int) crc.getValue();
    }
}
