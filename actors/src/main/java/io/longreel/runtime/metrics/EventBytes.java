package io.longreel.runtime.metrics;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Records of TensorBoard's event files, to the byte: messages {@code tensorflow.Event} ({@code tensorflow/core/util/event.proto}, protocol buffers'
 * wire format) in TFRecord frames. Of the many fields of these messages three kinds of event need eight, which is less than a library for them.
 *
 * <pre>
 *   uint64 length, uint32 masked CRC-32C of these 8 bytes, the message, uint32 masked CRC-32C of the message; little endian
 * </pre>
 *
 * Stateless, any thread.
 */
final class EventBytes {
    private static final int VARINT = 0;
    private static final int FIXED_64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED_32 = 5;
    /** {@code SessionLog.START}: events of this step or later ones in earlier files count no more. */
    private static final int SESSION_START = 1;

    private static final int CRC_MASK = 0xa282ead8;

    private EventBytes() {}

    /** The first record of every file: without it TensorBoard does not honour sessions. */
    static byte[] version(double wallTimeS) {
        Message event = new Message().fixed64(1, wallTimeS).bytes(3, "brain.Event:2".getBytes(StandardCharsets.UTF_8));
        return record(event);
    }

    /** What other files say of {@code step} and later ones is void. */
    static byte[] start(double wallTimeS, long step) {
        Message session = new Message().varint(1, SESSION_START);
        return record(new Message().fixed64(1, wallTimeS).varint(2, step).bytes(7, session.toBytes()));
    }

    /** Numbers of one step by tag. */
    static byte[] scalars(double wallTimeS, long step, Map<String, Double> values) {
        Message summary = new Message();
        values.forEach((tag, value) -> summary.bytes(
                1,
                new Message()
                        .bytes(1, tag.getBytes(StandardCharsets.UTF_8))
                        .fixed32(2, value.floatValue())
                        .toBytes()));
        return record(new Message().fixed64(1, wallTimeS).varint(2, step).bytes(5, summary.toBytes()));
    }

    private static byte[] record(Message message) {
        byte[] body = message.toBytes();
        byte[] length = ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(body.length)
                .array();
        return ByteBuffer.allocate(Long.BYTES + 2 * Integer.BYTES + body.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(length)
                .putInt(maskedCrc(length))
                .put(body)
                .putInt(maskedCrc(body))
                .array();
    }

    /** As TFRecord masks it: a checksum of data that hold checksums would be weak. */
    private static int maskedCrc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return Integer.rotateRight((int) crc.getValue(), 15) + CRC_MASK;
    }

    /** A message under construction; fields in the order in which they are added. */
    private static final class Message {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Message varint(int field, long value) {
            key(field, VARINT);
            rawVarint(value);
            return this;
        }

        Message fixed64(int field, double value) {
            key(field, FIXED_64);
            out.writeBytes(ByteBuffer.allocate(Double.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putDouble(value)
                    .array());
            return this;
        }

        Message fixed32(int field, float value) {
            key(field, FIXED_32);
            out.writeBytes(ByteBuffer.allocate(Float.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putFloat(value)
                    .array());
            return this;
        }

        Message bytes(int field, byte[] value) {
            key(field, BYTES);
            rawVarint(value.length);
            out.writeBytes(value);
            return this;
        }

        byte[] toBytes() {
            return out.toByteArray();
        }

        private void key(int field, int type) {
            rawVarint(((long) field << 3) | type);
        }

        private void rawVarint(long value) {
            long left = value;
            while ((left & ~0x7fL) != 0) {
                out.write((int) ((left & 0x7f) | 0x80));
                left >>>= 7;
            }
            out.write((int) left);
        }
    }
}
