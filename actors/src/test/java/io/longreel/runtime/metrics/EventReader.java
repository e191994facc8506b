package io.longreel.runtime.metrics;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Reads TensorBoard's event files by the published descriptions (TFRecord, event.proto, summary.proto), with a checksum of its own: bit by bit, by the
 * polynomial. Shares nothing with the writer.
 */
final class EventReader {
    /** CRC-32C, bits reversed. */
    private static final int POLYNOMIAL = 0x82f63b78;

    record Event(
            double wallTimeS,
            long step,
            Optional<String> version,
            Optional<Long> sessionStatus,
            Map<String, Float> scalars) {}

    /** A field of a message: a number, or the bytes of a fixed or a delimited one. */
    private record Field(int number, int type, long varint, ByteBuffer bytes) {}

    private EventReader() {}

    static List<Event> read(byte[] file) {
        List<Event> events = new ArrayList<>();
        ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        while (in.hasRemaining()) {
            byte[] length = new byte[8];
            in.get(length);
            requireChecksum(length, in.getInt());
            byte[] body = new byte
                    [Math.toIntExact(ByteBuffer.wrap(length)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .getLong())];
            in.get(body);
            requireChecksum(body, in.getInt());
            events.add(event(ByteBuffer.wrap(body)));
        }
        return events;
    }

    private static Event event(ByteBuffer body) {
        double wallTimeS = Double.NaN;
        long step = 0;
        Optional<String> version = Optional.empty();
        Optional<Long> session = Optional.empty();
        Map<String, Float> scalars = new TreeMap<>();
        for (Field field : fields(body)) {
            switch (field.number()) {
                case 1 -> wallTimeS = field.bytes().getDouble();
                case 2 -> step = field.varint();
                case 3 -> version = Optional.of(text(field.bytes()));
                case 5 -> fields(field.bytes()).forEach(value -> scalar(value.bytes(), scalars));
                case 7 -> session = Optional.of(fields(field.bytes()).getFirst().varint());
                default -> throw new AssertionError("no field of an event that we write: " + field);
            }
        }
        return new Event(wallTimeS, step, version, session, scalars);
    }

    private static void scalar(ByteBuffer value, Map<String, Float> scalars) {
        List<Field> fields = fields(value);
        scalars.put(text(fields.get(0).bytes()), fields.get(1).bytes().getFloat());
    }

    private static List<Field> fields(ByteBuffer message) {
        List<Field> fields = new ArrayList<>();
        while (message.hasRemaining()) {
            long key = varint(message);
            int type = (int) (key & 7);
            switch (type) {
                case 0 -> fields.add(new Field((int) (key >> 3), type, varint(message), ByteBuffer.allocate(0)));
                case 1 -> fields.add(new Field((int) (key >> 3), type, 0, cut(message, 8)));
                case 2 -> fields.add(new Field((int) (key >> 3), type, 0, cut(message, (int) varint(message))));
                case 5 -> fields.add(new Field((int) (key >> 3), type, 0, cut(message, 4)));
                default -> throw new AssertionError("no wire type: " + type);
            }
        }
        return fields;
    }

    private static ByteBuffer cut(ByteBuffer from, int length) {
        ByteBuffer part = from.slice(from.position(), length).order(ByteOrder.LITTLE_ENDIAN);
        from.position(from.position() + length);
        return part;
    }

    private static long varint(ByteBuffer from) {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte next = from.get();
            value |= (long) (next & 0x7f) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }

    private static String text(ByteBuffer bytes) {
        return StandardCharsets.UTF_8.decode(bytes).toString();
    }

    private static void requireChecksum(byte[] bytes, int masked) {
        int crc = -1;
        for (byte b : bytes) {
            crc ^= b & 0xff;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc >>> 1) ^ ((crc & 1) == 0 ? 0 : POLYNOMIAL);
            }
        }
        crc = ~crc;
        int expected = ((crc >>> 15) | (crc << 17)) + 0xa282ead8;
        if (masked != expected) {
            throw new AssertionError("the checksum must be %08x, not %08x".formatted(expected, masked));
        }
    }
}
