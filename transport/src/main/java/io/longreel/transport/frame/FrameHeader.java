package io.longreel.transport.frame;

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
 *      | 'L'    | 'R'    | version| kind   | generation      | run token                        |
 *  16  +--------+--------+--------+--------+-----------------+----------------------------------+
 *      | sequence number of the frame on this link           | length of the whole message      |
 *  32  +-----------------------------------------------------+-----------------+----------------+
 *      | offset of this payload in the message               | group tag       | operation      |
 *  48  +-----------------------------------+--------+--------+-----------------+----------------+
 *      | payload length                    | source | target | window slot     | CRC32C         |
 *  64  +-----------------------------------+--------+--------+-----------------+----------------+
 *      | payload; not here when it lies in a window slot                       ...
 * </pre>
 *
 * <p>The slot is -1 for a payload that follows inline. The CRC covers the first 60 bytes of the header and the
 * payload, wherever it lies. Ranks are unsigned numbers of 16 bits; a frame on a wire has less than 2 GiB.
 *
 * @param windowSlot slot of the shared window that holds the payload, or {@link #INLINE}
 */
public record FrameHeader(
        Route route,
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
    private static final byte VERSION = 2;

    // Frames start where the link puts them: no alignment is promised.
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Writes the header with a CRC of zero; {@link FrameChecksum#seal} fills it in once the payload lies in place. */
    public void writeTo(MemorySegment frame) {
        frame.set(ValueLayout.JAVA_BYTE, 0, MAGIC_0);
        frame.set(ValueLayout.JAVA_BYTE, 1, MAGIC_1);
        frame.set(ValueLayout.JAVA_BYTE, 2, VERSION);
        frame.set(ValueLayout.JAVA_BYTE, 3, (byte) tag.kind().code());
        frame.set(INT, 4, route.generation());
        frame.set(LONG, 8, route.runToken());
        frame.set(LONG, 16, sequence);
        frame.set(LONG, 24, messageBytes);
        frame.set(LONG, 32, messageOffset);
        frame.set(INT, 40, tag.groupTag());
        frame.set(INT, 44, tag.operation());
        frame.set(INT, 48, Math.toIntExact(payloadBytes));
        frame.set(SHORT, 52, (short) route.source());
        frame.set(SHORT, 54, (short) route.target());
        frame.set(INT, 56, windowSlot);
        frame.set(INT, CRC_OFFSET, 0);
    }

    /** Reads a header; throws when these bytes cannot be one. */
    public static FrameHeader readFrom(MemorySegment frame) {
        if (frame.byteSize() < SIZE_BYTES) {
            throw new DamagedFrame("frame is shorter than its header: frameBytes=" + frame.byteSize());
        }
        byte magic0 = frame.get(ValueLayout.JAVA_BYTE, 0);
        byte magic1 = frame.get(ValueLayout.JAVA_BYTE, 1);
        byte version = frame.get(ValueLayout.JAVA_BYTE, 2);
        if (magic0 != MAGIC_0 || magic1 != MAGIC_1 || version != VERSION) {
            throw new DamagedFrame("frame must start with LR and version %d: bytes=%02x%02x%02x"
                    .formatted(VERSION, magic0, magic1, version));
        }
        MessageTag tag =
                new MessageTag(OpKind.of(frame.get(ValueLayout.JAVA_BYTE, 3)), frame.get(INT, 40), frame.get(INT, 44));
        Route route = new Route(
                frame.get(LONG, 8),
                frame.get(INT, 4),
                Short.toUnsignedInt(frame.get(SHORT, 52)),
                Short.toUnsignedInt(frame.get(SHORT, 54)));
        return new FrameHeader(
                route,
                frame.get(LONG, 16),
                tag,
                frame.get(LONG, 24),
                frame.get(LONG, 32),
                frame.get(INT, 48),
                frame.get(INT, 56));
    }

    /** The same frame on another route. */
    public FrameHeader on(Route other) {
        return new FrameHeader(other, sequence, tag, messageBytes, messageOffset, payloadBytes, windowSlot);
    }

    /** The same frame with its payload in a slot of the shared window. */
    public FrameHeader inWindow(int slot) {
        return new FrameHeader(route, sequence, tag, messageBytes, messageOffset, payloadBytes, slot);
    }
}
