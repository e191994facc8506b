package io.longreel.model.checkpoint;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.model.TrainSession.SliceFile;
import io.longreel.model.disk.Disk;
import io.longreel.model.disk.DiskFailures;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Writes one rank's slice of a training checkpoint. All numbers are little-endian:
 *
 * <pre>
 *   0        8         16        20     24                          a multiple of 64
 *   +--------+---------+---------+------+---------------------------+----------------+
 *   | magic  | header  | header  |  0   | header: JSON, padded with | F32 values of  |
 *   |        | bytes   | CRC32C  |      | spaces                    | each piece, 64-byte aligned
 *   +--------+---------+---------+------+---------------------------+----------------+
 * </pre>
 *
 * The header lists the pieces (kind, name, shape of the whole tensor, element range, offset, CRC32C per block of
 * {@value #BLOCK_ELEMENTS} elements) and the rank's counters. Ranks write at the same time, each its own file.
 */
public final class SliceWriter {
    /** The bytes {@code LRSLICE1}. */
    static final long MAGIC = 0x314543494c53524cL;

    static final int VERSION = 1;
    static final int PREFIX_BYTES = 24;
    static final int ALIGNMENT_BYTES = 64;
    static final int BLOCK_ELEMENTS = 1 << 16;

    private final MessageDigest sha256;
    private final Disk.Output file;
    private long position;

    private SliceWriter(Disk.Output file) {
        this.file = file;
        try {
            this.sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Name of the file that a rank writes. */
    public static String fileName(int rank) {
        return "rank-%05d.slice".formatted(rank);
    }

    /**
     * Writes the slice of {@code rank} into {@code directory}; the values must not change meanwhile. A disk that does not take it is a RETRYABLE
     * failure, and leaves no part of the slice behind.
     *
     * @param counters numbers that are equal on all ranks, such as the optimizer's steps
     * @return name, size and digest for the manifest
     */
    public static SliceFile write(Path directory, int rank, Map<String, Long> counters, List<SlicePiece> pieces) {
        return write(Disk.system(), directory, rank, counters, pieces);
    }

    /** Likewise, on any disk. */
    public static SliceFile write(
            Disk disk, Path directory, int rank, Map<String, Long> counters, List<SlicePiece> pieces) {
        byte[] header = header(rank, counters, pieces);
        String name = fileName(rank);
        Path target = directory.resolve(name);
        SliceFile[] written = new SliceFile[1];
        try {
            DurableFile.write(disk, target, file -> {
                SliceWriter writer = new SliceWriter(file);
                writer.writeAll(header, pieces);
                written[0] = new SliceFile(name, writer.position, HexFormat.of().formatHex(writer.sha256.digest()));
            });
        } catch (IOException e) {
            throw DiskFailures.retryable("slice of the checkpoint could not be written", target, e);
        }
        return written[0];
    }

    private void writeAll(byte[] header, List<SlicePiece> pieces) throws IOException {
        ByteBuffer prefix = ByteBuffer.allocate(PREFIX_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        prefix.putLong(MAGIC).putLong(header.length).putInt(crc(ByteBuffer.wrap(header)));
        write(prefix.rewind());
        write(ByteBuffer.wrap(header));
        for (SlicePiece piece : pieces) {
            write(ByteBuffer.allocate((int) (aligned(position) - position)));
            for (long from = 0; from < piece.values().elements(); from += BLOCK_ELEMENTS) {
                write(block(piece, from).asByteBuffer());
            }
        }
    }

    private void write(ByteBuffer bytes) throws IOException {
        position += bytes.remaining();
        sha256.update(bytes.duplicate());
        file.write(bytes);
    }

    private static byte[] header(int rank, Map<String, Long> counters, List<SlicePiece> pieces) {
        ObjectNode root = JsonFile.newObject();
        root.put("version", VERSION).put("rank", rank).put("blockElements", BLOCK_ELEMENTS);
        ObjectNode counted = root.putObject("counters");
        counters.forEach(counted::put);
        ArrayNode list = root.putArray("pieces");
        long offset = 0;
        for (SlicePiece piece : pieces) {
            ObjectNode node = list.addObject();
            node.put("kind", piece.kind().label()).put("name", piece.name());
            Arrays.stream(piece.shape()).forEach(node.putArray("shape")::add);
            node.put("from", piece.from()).put("to", piece.to()).put("offset", offset);
            ArrayNode checks = node.putArray("crc32c");
            for (long from = 0; from < piece.values().elements(); from += BLOCK_ELEMENTS) {
                checks.add(Integer.toUnsignedLong(crc(block(piece, from).asByteBuffer())));
            }
            offset = aligned(offset + piece.values().sizeBytes());
        }
        byte[] json = JsonFile.compactBytes(root);
        byte[] padded = Arrays.copyOf(json, (int) aligned(PREFIX_BYTES + json.length) - PREFIX_BYTES);
        Arrays.fill(padded, json.length, padded.length, (byte) ' ');
        return padded;
    }

    private static MemorySegment block(SlicePiece piece, long from) {
        long to = Math.min(from + BLOCK_ELEMENTS, piece.values().elements());
        return piece.values().segment().asSlice(from * Float.BYTES, (to - from) * Float.BYTES);
    }

    static int crc(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }

    static long aligned(long bytes) {
        return (bytes + ALIGNMENT_BYTES - 1) / ALIGNMENT_BYTES * ALIGNMENT_BYTES;
    }
}
