package io.longreel.model.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.RuntimeFailure;
import io.longreel.model.disk.Disk;
import io.longreel.model.disk.DiskFailures;
import io.longreel.ops.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One slice file, open for reading (format: {@link SliceWriter}). The header is checked when it is opened; values are read block by block and
 * checked against the block's CRC32C before the first one of it is given out. Not mapped into memory: a bad sector is then an exception that
 * names the file, and no signal. Used by one thread.
 */
final class SliceReader implements AutoCloseable {

    /**
     * Elements {@code [from, to)} of a vector that lie in this file.
     *
     * @param offset of the first one in the file, in bytes
     * @param crc32c one per block
     */
    record Box(
            SliceReader slice,
            StateKind kind,
            String name,
            List<Integer> shape,
            long from,
            long to,
            long offset,
            int[] crc32c) {

        long sizeBytes() {
            return (to - from) * Float.BYTES;
        }
    }

    private final Path file;
    private final Disk.Input input;
    private final Map<String, Long> counters = new LinkedHashMap<>();
    private final List<Box> boxes = new ArrayList<>();
    private int blockElements;
    private ByteBuffer buffer = ByteBuffer.allocate(0);
    private long bufferedOffset = -1;

    private SliceReader(Path file, Disk.Input input) {
        this.file = file;
        this.input = input;
    }

    static SliceReader open(Disk disk, Path file) {
        try {
            SliceReader reader = new SliceReader(file, disk.open(file));
            try {
                reader.readHeader();
                return reader;
            } catch (IOException | RuntimeException e) {
                reader.close();
                throw e;
            }
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    Path file() {
        return file;
    }

    Map<String, Long> counters() {
        return counters;
    }

    List<Box> boxes() {
        return boxes;
    }

    int blocks(Box box) {
        return box.crc32c.length;
    }

    /** Copies elements {@code [from, to)} of the vector into {@code target}, starting at its element {@code at}. */
    void read(Box box, long from, long to, Tensor target, long at) {
        int first = Math.toIntExact((from - box.from) / blockElements);
        for (int block = first; (long) block * blockElements + box.from < to; block++) {
            long blockFrom = (long) block * blockElements + box.from;
            long copyFrom = Math.max(from, blockFrom);
            long copyTo = Math.min(to, blockFrom + blockElements);
            MemorySegment.copy(
                    MemorySegment.ofBuffer(block(box, block)),
                    (copyFrom - blockFrom) * Float.BYTES,
                    target.segment(),
                    (at + copyFrom - from) * Float.BYTES,
                    (copyTo - copyFrom) * Float.BYTES);
        }
    }

    /** The bytes of a block, which hold until the next one is asked for; a block that is not what was written is a DATA failure. */
    ByteBuffer block(Box box, int block) {
        long offset = box.offset + (long) block * blockElements * Float.BYTES;
        if (offset != bufferedOffset) {
            ByteBuffer bytes = unchecked(box, offset);
            int found = SliceWriter.crc(bytes.duplicate());
            if (found != box.crc32c[block]) {
                throw RuntimeFailure.data(
                        "slice must be undamaged: file=%s kind=%s tensor=%s block=%d expectedCrc=%08x foundCrc=%08x"
                                .formatted(file, box.kind.label(), box.name, block, box.crc32c[block], found));
            }
            bufferedOffset = offset;
        }
        return buffer.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public void close() {
        try {
            input.close();
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private ByteBuffer unchecked(Box box, long offset) {
        int sizeBytes = (int) Math.min((long) blockElements * Float.BYTES, box.offset + box.sizeBytes() - offset);
        bufferedOffset = -1;
        if (buffer.capacity() < sizeBytes) {
            buffer = ByteBuffer.allocateDirect(sizeBytes);
        }
        buffer.clear().limit(sizeBytes);
        try {
            input.read(offset, buffer);
        } catch (IOException e) {
            throw unreadable(file, e);
        }
        return buffer.flip();
    }

    private void readHeader() throws IOException {
        long fileBytes = input.sizeBytes();
        ByteBuffer prefix = ByteBuffer.allocate(SliceWriter.PREFIX_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        if (fileBytes < SliceWriter.PREFIX_BYTES) {
            throw fault("file must be a slice of a training checkpoint: sizeBytes=" + fileBytes);
        }
        input.read(0, prefix);
        if (prefix.getLong(0) != SliceWriter.MAGIC) {
            throw fault("file must be a slice of a training checkpoint");
        }
        long headerBytes = prefix.getLong(8);
        if (headerBytes < 2 || headerBytes > Math.min(fileBytes - SliceWriter.PREFIX_BYTES, Integer.MAX_VALUE - 8)) {
            throw fault("header must lie in the file (is it truncated?): headerBytes=" + headerBytes);
        }
        byte[] header = new byte[(int) headerBytes];
        input.read(SliceWriter.PREFIX_BYTES, ByteBuffer.wrap(header));
        if (SliceWriter.crc(ByteBuffer.wrap(header)) != prefix.getInt(16)) {
            throw fault("header must be undamaged");
        }
        ObjectNode root = JsonFile.parse(header, file);
        if (root.path("version").asInt() != SliceWriter.VERSION) {
            throw fault("version must be %d: found=%s".formatted(SliceWriter.VERSION, root.path("version")));
        }
        blockElements = root.path("blockElements").asInt();
        root.path("counters")
                .properties()
                .forEach(c -> counters.put(c.getKey(), c.getValue().longValue()));
        for (JsonNode piece : root.path("pieces")) {
            boxes.add(box(piece, SliceWriter.PREFIX_BYTES + headerBytes, fileBytes));
        }
    }

    private Box box(JsonNode piece, long valuesFrom, long fileBytes) {
        String name = piece.path("name").asText();
        List<Integer> shape = new ArrayList<>();
        piece.path("shape").forEach(dim -> shape.add(dim.intValue()));
        long from = piece.path("from").longValue();
        long to = piece.path("to").longValue();
        long offset = piece.path("offset").longValue();
        int[] crc32c = new int[piece.path("crc32c").size()];
        for (int i = 0; i < crc32c.length; i++) {
            crc32c[i] = (int) piece.path("crc32c").get(i).longValue();
        }
        boolean blocksFit = blockElements > 0 && crc32c.length == Math.ceilDiv(to - from, (long) blockElements);
        long valueBytes = fileBytes - valuesFrom;
        if (from < 0 || to < from || offset < 0 || offset > valueBytes - (to - from) * Float.BYTES || !blocksFit) {
            throw fault("piece must lie in the file (is it truncated?): tensor=%s from=%d to=%d offset=%d valueBytes=%d"
                    .formatted(name, from, to, offset, valueBytes));
        }
        StateKind kind = kind(piece.path("kind").asText());
        return new Box(this, kind, name, List.copyOf(shape), from, to, valuesFrom + offset, crc32c);
    }

    private StateKind kind(String label) {
        for (StateKind kind : StateKind.values()) {
            if (kind.label().equals(label)) {
                return kind;
            }
        }
        throw fault("kind must be known: found=" + label);
    }

    private static RuntimeFailure unreadable(Path file, IOException cause) {
        return DiskFailures.unreadable("slice must be readable", file, cause);
    }

    private RuntimeFailure fault(String what) {
        return RuntimeFailure.data("bad slice file: %s file=%s".formatted(what, file));
    }
}
