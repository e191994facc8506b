package io.longreel.transport.frame;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FrameHeaderPropertyTest {
    private static final long SEED = 4711;

    private final SplittableRandom random = new SplittableRandom(SEED);

    @Test
    void shouldReadWhatWasWrittenWhenFieldsAreRandom() {
        for (int round = 0; round < 1000; round++) {
            FrameHeader written = randomHeader(random.nextInt(Integer.MAX_VALUE));
            MemorySegment bytes = MemorySegment.ofArray(new byte[FrameHeader.SIZE_BYTES + 3]);
            written.writeTo(bytes.asSlice(3)); // no alignment is promised
            assertEquals(written, FrameHeader.readFrom(bytes.asSlice(3)), "seed=%d round=%d".formatted(SEED, round));
        }
    }

    @Test
    void shouldStandWhereTheDrawingSaysWhenWritten() {
        MessageTag tag = new MessageTag(OpKind.ALL_GATHER, 0x0D0C0B0A, 6);
        FrameHeader header = new FrameHeader(new Route(0x0F0EL, 1, 2, 3), 4, tag, 7, 5, 8, 9);
        byte[] bytes = new byte[FrameHeader.SIZE_BYTES];
        header.writeTo(MemorySegment.ofArray(bytes));
        assertEquals("LR", new String(bytes, 0, 2, java.nio.charset.StandardCharsets.US_ASCII));
        assertEquals(2, bytes[2]); // version
        assertEquals(OpKind.ALL_GATHER.code(), bytes[3]);
        assertEquals(1, bytes[4]); // generation
        assertEquals(0x0E, bytes[8]); // run token
        assertEquals(0x0F, bytes[9]);
        assertEquals(4, bytes[16]); // sequence
        assertEquals(7, bytes[24]); // message length
        assertEquals(5, bytes[32]); // offset
        assertEquals(0x0A, bytes[40]); // group
        assertEquals(6, bytes[44]); // operation
        assertEquals(8, bytes[48]); // payload length
        assertEquals(2, bytes[52]); // source
        assertEquals(3, bytes[54]); // target
        assertEquals(9, bytes[56]); // slot
    }

    @Test
    void shouldThrowWhenAnySingleBitIsFlipped() {
        FrameChecksum checksum = new FrameChecksum();
        try (Arena arena = Arena.ofConfined()) {
            int payloadBytes = 37;
            MemorySegment frame = arena.allocate(FrameHeader.SIZE_BYTES + payloadBytes);
            MemorySegment head = frame.asSlice(0, FrameHeader.SIZE_BYTES);
            MemorySegment payload = frame.asSlice(FrameHeader.SIZE_BYTES);
            randomHeader(payloadBytes).writeTo(head);
            checksum.seal(head, payload);
            checksum.verify(FrameHeader.readFrom(head), head, payload);
            for (long bit = 0; bit < frame.byteSize() * 8; bit++) {
                flip(frame, bit);
                assertThrows(
                        DamagedFrame.class,
                        () -> checksum.verify(FrameHeader.readFrom(head), head, payload),
                        "bit=" + bit);
                flip(frame, bit);
            }
        }
    }

    @Test
    void shouldThrowWhenBytesCannotBeAHeader() {
        MemorySegment tooShort = MemorySegment.ofArray(new byte[FrameHeader.SIZE_BYTES - 1]);
        assertThrows(DamagedFrame.class, () -> FrameHeader.readFrom(tooShort));
        MemorySegment zeros = MemorySegment.ofArray(new byte[FrameHeader.SIZE_BYTES]);
        DamagedFrame failure = assertThrows(DamagedFrame.class, () -> FrameHeader.readFrom(zeros));
        assertTrue(String.valueOf(failure.getMessage()).contains("version"), failure.toString());
    }

    private FrameHeader randomHeader(long payloadBytes) {
        OpKind kind = OpKind.of(random.nextInt(1, 7));
        return new FrameHeader(
                new Route(random.nextLong(), random.nextInt(), random.nextInt(1 << 16), random.nextInt(1 << 16)),
                random.nextLong(),
                new MessageTag(kind, random.nextInt(), random.nextInt()),
                random.nextLong(),
                random.nextLong(),
                payloadBytes,
                random.nextInt());
    }

    private static void flip(MemorySegment bytes, long bit) {
        byte old = bytes.get(ValueLayout.JAVA_BYTE, bit / 8);
        bytes.set(ValueLayout.JAVA_BYTE, bit / 8, (byte) (old ^ (1 << (bit % 8))));
    }
}
