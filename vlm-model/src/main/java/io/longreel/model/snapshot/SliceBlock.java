package io.longreel.model.snapshot;

import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * One section of one rank's slice, off-heap and as it travels. All numbers of the header are little-endian:
 *
 * <pre>
 *   0        4        8            12      16     20     24      28        32        40        48   64
 *   +--------+--------+------------+-------+------+------+-------+---------+---------+---------+----+-----------------+
 *   | CRC32C | layout | generation | stage | step | rank | world | section | steps of| payload |  0 | payload         |
 *   |        |        |            |       |      |      | size  |         | optimizer| bytes  |    |                 |
 *   +--------+--------+------------+-------+------+------+-------+---------+---------+---------+----+-----------------+
 * </pre>
 *
 * The checksum covers everything behind it. Written by the thread that takes or receives the slice until the vault lists it, only read afterwards;
 * the vault counts who uses it.
 */
final class SliceBlock {
    static final int HEADER_BYTES = 64;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final long CHECKED_FROM = 4;
    private static final long LAYOUT = 4;
    private static final long GENERATION = 8;
    private static final long STAGE = 12;
    private static final long STEP = 16;
    private static final long RANK = 20;
    private static final long WORLD_SIZE = 24;
    private static final long SECTION = 28;
    private static final long OPTIMIZER_STEPS = 32;
    private static final long PAYLOAD_BYTES = 40;
    /** A byte buffer reaches no further. */
    private static final long CRC_CHUNK_BYTES = 1L << 30;

    private final TensorArena arena;
    private final MemorySegment bytes;
    /** Guarded by the vault. */
    private int uses = 1;

    /** The first {@code payloadBytes} of what the arena has room for. */
    SliceBlock(TensorArena arena, long payloadBytes) {
        this.arena = arena;
        arena.reset();
        int rows = Math.toIntExact(Math.ceilDiv(HEADER_BYTES + payloadBytes, (long) HEADER_BYTES));
        this.bytes = arena.allocate(DType.U8, rows, HEADER_BYTES).segment().asSlice(0, HEADER_BYTES + payloadBytes);
    }

    /** Header and payload: what is sent and received. */
    MemorySegment bytes() {
        return bytes;
    }

    /** The bytes of elements {@code [from, to)} of a payload of this type. */
    MemorySegment payload(DType type, long from, long to) {
        return bytes.asSlice(HEADER_BYTES + from * type.sizeBytes(), (to - from) * type.sizeBytes());
    }

    /** Elements {@code [from, to)} of a payload of this type. */
    Tensor elements(DType type, long from, long to) {
        return Tensor.of(payload(type, from, to), type, Math.toIntExact(to - from));
    }

    long payloadBytes() {
        return bytes.byteSize() - HEADER_BYTES;
    }

    /** Writes the header over a payload that is complete. */
    void seal(SliceLayout layout, SliceLayout.Section section, HeldSlice slice, long optimizerSteps) {
        bytes.asSlice(0, HEADER_BYTES).fill((byte) 0);
        writeIdentity(bytes, layout, section, slice);
        bytes.set(LONG, OPTIMIZER_STEPS, optimizerSteps);
        bytes.set(LONG, PAYLOAD_BYTES, payloadBytes());
        bytes.set(INT, 0, crc());
    }

    /** Whether every byte is as it was sealed. */
    boolean isSound() {
        return bytes.get(LONG, PAYLOAD_BYTES) == payloadBytes() && bytes.get(INT, 0) == crc();
    }

    /** Whether it was sealed as this section of this slice, wherever that was taken. */
    boolean isOf(SliceLayout layout, SliceLayout.Section section, HeldSlice slice) {
        MemorySegment expected = MemorySegment.ofArray(new long[HEADER_BYTES / Long.BYTES]);
        writeIdentity(expected, layout, section, slice);
        return expected.asSlice(LAYOUT, OPTIMIZER_STEPS - LAYOUT)
                        .mismatch(bytes.asSlice(LAYOUT, OPTIMIZER_STEPS - LAYOUT))
                == -1;
    }

    /** Steps of the optimizer, as they were sealed. */
    long optimizerSteps() {
        return bytes.get(LONG, OPTIMIZER_STEPS);
    }

    TensorArena arena() {
        return arena;
    }

    void use() {
        uses++;
    }

    /** Whether that was the last use. */
    boolean leave() {
        if (uses == 0) {
            throw new IllegalStateException("block was left more often than used: bytes=" + bytes.byteSize());
        }
        uses--;
        return uses == 0;
    }

    private static void writeIdentity(
            MemorySegment header, SliceLayout layout, SliceLayout.Section section, HeldSlice slice) {
        header.set(INT, LAYOUT, layout.fingerprint());
        header.set(INT, GENERATION, slice.key().generation());
        header.set(INT, STAGE, slice.key().stage());
        header.set(INT, STEP, slice.key().step());
        header.set(INT, RANK, slice.rank());
        header.set(INT, WORLD_SIZE, slice.worldSize());
        header.set(INT, SECTION, section == SliceLayout.Section.MOVING ? 0 : 1);
    }

    private int crc() {
        CRC32C crc = new CRC32C();
        for (long from = CHECKED_FROM; from < bytes.byteSize(); from += CRC_CHUNK_BYTES) {
            crc.update(bytes.asSlice(from, Math.min(CRC_CHUNK_BYTES, bytes.byteSize() - from))
                    .asByteBuffer());
        }
        return (int) crc.getValue();
    }
}
