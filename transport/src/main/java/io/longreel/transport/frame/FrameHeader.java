package io.longreel.transport.frame;

import io.longreel.config.RuntimeFailure;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The 64 bytes before every payload. A message is cut into frames that fit the link; the frames of an ordered pair of ranks are numbered
 * without gaps. Little-endian:
 *
 * <pre>
 *      0        1        2        3        4                 8                12               16
 *   0  +--------+--------+--------+--------+-----------------+-----------------+----------------+
 *      | 'L'    | 'R'    | version| kind   | generation      | source rank     | target rank    |
 *  16  +--------+--------+--------+--------+-----------------+-----------------+----------------+
 *      | sequence number of the frame on this link           | length of the whole message      |
 *  32  +-----------------------------------------------------+----------------------------------+
 *      | offset of this payload in the message               | group tag       | operation      |
 *  48  +-----------------------------------+-----------------+-----------------+----------------+
 *      | payload length                                      | window slot     | CRC32C         |
 *  64  +-----------------------------------------------------+-----------------+----------------+
 *      | payload; not here when it lies in a window slot                       ...
 * </pre>
 *
 * <p>The slot is -1 for a payload that follows inline. The CRC covers the first 60 bytes of the header and the
 * payload, wherever it lies.
 *
 * @param windowSlot slot of the shared window that holds the payload, or {@link #INLINE}
 */
public record FrameHeader(
        int generation,
        int source,
        int target,
        long sequence,
        MessageTag tag,
        long messageBytes,
        long messageOffset,
        long payloadBytes,
        int windowSlot) {

    public static final int SIZE_BYTES = 64;
    public static final int INLINE = -1;
    public static final int CRC_OFFSET = 60;

    private static final byte MAGIC_0 = 'L';
    private static final byte MAGIC_1 = 'R';
    private static final byte VERSION = 1;

    // Frames start where the link puts them: no alignment is promised.
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Writes the header with a CRC of zero; {@link FrameChecksum#seal} fills it in once the payload lies in place. */
    public void writeTo(MemorySegment frame) {
        frame.set(ValueLayout.JAVA_BYTE, 0, MAGIC_0);
        frame.set(ValueLayout.JAVA_BYTE, 1, MAGIC_1);
        frame.set(ValueLayout.JAVA_BYTE, 2, VERSION);
        frame.set(ValueLayout.JAVA_BYTE, 3, (byte) tag.kind().code());
        frame.set(INT, 4, generation);
        frame.set(INT, 8, source);
        frame.set(INT, 12, target);
        frame.set(LONG, 16, sequence);
        frame.set(LONG, 24, messageBytes);
        frame.set(LONG, 32, messageOffset);
        frame.set(INT, 40, tag.groupTag());
        frame.set(INT, 44, tag.operation());
        frame.set(LONG, 48, payloadBytes);
        frame.set(INT, 56, windowSlot);
        frame.set(INT, CRC_OFFSET, 0);
    }

    /** Reads a header; throws when these bytes cannot be one. */
    public static FrameHeader readFrom(MemorySegment frame) {
        if (frame.byteSize() < SIZE_BYTES) {
            throw broken("frame is shorter than its header: frameBytes=" + frame.byteSize());
        }
        byte magic0 = frame.get(ValueLayout.JAVA_BYTE, 0);
        byte magic1 = frame.get(ValueLayout.JAVA_BYTE, 1);
        byte version = frame.get(ValueLayout.JAVA_BYTE, 2);
        if (magic0 != MAGIC_0 || magic1 != MAGIC_1 || version != VERSION) {
            throw broken("frame must start with LR and version %d: bytes=%02x%02x%02x"
                    .formatted(VERSION, magic0, magic1, version));
        }
        MessageTag tag =
                new MessageTag(OpKind.of(frame.get(ValueLayout.JAVA_BYTE, 3)), frame.get(INT, 40), frame.get(INT, 44));
        return new FrameHeader(
                frame.get(INT, 4),
                frame.get(INT, 8),
                frame.get(INT, 12),
                frame.get(LONG, 16),
                tag,
                frame.get(LONG, 24),
                frame.get(LONG, 32),
                frame.get(LONG, 48),
                frame.get(INT, 56));
    }

    /** The same frame under another generation. */
    public FrameHeader withGeneration(int other) {
        return new FrameHeader(
                other, source, target, sequence, tag, messageBytes, messageOffset, payloadBytes, windowSlot);
    }

    /** The same frame with its payload in a slot of the shared window. */
    public FrameHeader inWindow(int slot) {
        return new FrameHeader(
                generation, source, target, sequence, tag, messageBytes, messageOffset, payloadBytes, slot);
    }

    /** The same frame of a message of another length. */
    public FrameHeader withMessageBytes(long other) {
        return new FrameHeader(
                generation, source, target, sequence, tag, other, messageOffset, payloadBytes, windowSlot);
    }

    static RuntimeFailure broken(String what) {
        return new RuntimeFailure(RuntimeFailure.Category.RETRYABLE, what);
    }
}
