package io.longreel.model.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.RuntimeFailure;
import io.longreel.ops.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One slice file, mapped into memory (format: {@link SliceWriter}). The header is checked when it is opened; values are checked block by block,
 * against their CRC32C, before the first one of a block is given out. Used by one thread.
 */
final class SliceReader implements AutoCloseable {

    /** A piece of a vector that lies in this file, and which of its blocks are known to be sound. */
    record Box(
            SliceReader slice,
            StateKind kind,
            String name,
            List<Integer> shape,
            long from,
            long to,
            MemorySegment values,
            int[] crc32c,
            BitSet checked) {}

    private final Path file;
    private final Arena arena;
    private final Map<String, Long> counters = new LinkedHashMap<>();
    private final List<Box> boxes = new ArrayList<>();
    private int blockElements;

    private SliceReader(Path file, Arena arena) {
        this.file = file;
        this.arena = arena;
    }

    static SliceReader open(Path file) {
        SliceReader reader = new SliceReader(file, Arena.ofShared());
        try {
            reader.readHeader();
        } catch (RuntimeException e) {
            reader.close();
            throw e;
        }
        return reader;
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

    /** Copies elements {@code [from, to)} of the vector into {@code target}, starting at its element {@code at}. */
    void read(Box box, long from, long to, Tensor target, long at) {
        for (long block = (from - box.from) / blockElements; block * blockElements + box.from < to; block++) {
            check(box, Math.toIntExact(block));
        }
        MemorySegment.copy(
                box.values,
                (from - box.from) * Float.BYTES,
                target.segment(),
                at * Float.BYTES,
                (to - from) * Float.BYTES);
    }

    @Override
    public void close() {
        arena.close();
    }

    private void check(Box box, int block) {
        if (box.checked.get(block)) {
            return;
        }
        long from = (long) block * blockElements * Float.BYTES;
        long to = Math.min(from + (long) blockElements * Float.BYTES, box.values.byteSize());
        int found = SliceWriter.crc(box.values.asSlice(from, to - from).asByteBuffer());
        if (found != box.crc32c[block]) {
            throw RuntimeFailure.data(
                    "slice must be undamaged: file=%s kind=%s tensor=%s block=%d expectedCrc=%08x foundCrc=%08x"
                            .formatted(file, box.kind.label(), box.name, block, box.crc32c[block], found));
        }
        box.checked.set(block);
    }

    private void readHeader() {
        MemorySegment mapped = map();
        if (mapped.byteSize() < SliceWriter.PREFIX_BYTES
                || mapped.get(ValueLayout.JAVA_LONG_UNALIGNED, 0) != SliceWriter.MAGIC) {
            throw fault("file must be a slice of a training checkpoint");
        }
        long headerBytes = mapped.get(ValueLayout.JAVA_LONG_UNALIGNED, 8);
        if (headerBytes < 2
                || headerBytes > Math.min(mapped.byteSize() - SliceWriter.PREFIX_BYTES, Integer.MAX_VALUE)) {
            throw fault("header must lie in the file (is it truncated?): headerBytes=" + headerBytes);
        }
        MemorySegment header = mapped.asSlice(SliceWriter.PREFIX_BYTES, headerBytes);
        if (SliceWriter.crc(header.asByteBuffer()) != mapped.get(ValueLayout.JAVA_INT_UNALIGNED, 16)) {
            throw fault("header must be undamaged");
        }
        ObjectNode root = JsonFile.parse(header.toArray(ValueLayout.JAVA_BYTE), file);
        if (root.path("version").asInt() != SliceWriter.VERSION) {
            throw fault("version must be %d: found=%s".formatted(SliceWriter.VERSION, root.path("version")));
        }
        blockElements = root.path("blockElements").asInt();
        root.path("counters")
                .properties()
                .forEach(c -> counters.put(c.getKey(), c.getValue().longValue()));
        MemorySegment values = mapped.asSlice(SliceWriter.PREFIX_BYTES + headerBytes);
        for (JsonNode piece : root.path("pieces")) {
            boxes.add(box(piece, values));
        }
    }

    private Box box(JsonNode piece, MemorySegment values) {
        StateKind kind = kind(piece.path("kind").asText());
        String name = piece.path("name").asText();
        List<Integer> shape = new ArrayList<>();
        piece.path("shape").forEach(dim -> shape.add(dim.intValue()));
        long from = piece.path("from").longValue();
        long to = piece.path("to").longValue();
        long offset = piece.path("offset").longValue();
        long sizeBytes = (to - from) * Float.BYTES;
        int[] crc32c = new int[piece.path("crc32c").size()];
        for (int i = 0; i < crc32c.length; i++) {
            crc32c[i] = (int) piece.path("crc32c").get(i).longValue();
        }
        boolean blocksFit = blockElements > 0 && crc32c.length == Math.ceilDiv(to - from, (long) blockElements);
        if (from < 0 || to < from || offset < 0 || offset > values.byteSize() - sizeBytes || !blocksFit) {
            throw fault("piece must lie in the file (is it truncated?): tensor=%s from=%d to=%d offset=%d valueBytes=%d"
                    .formatted(name, from, to, offset, values.byteSize()));
        }
        return new Box(
                this,
                kind,
                name,
                List.copyOf(shape),
                from,
                to,
                values.asSlice(offset, sizeBytes),
                crc32c,
                new BitSet());
    }

    private StateKind kind(String label) {
        for (StateKind kind : StateKind.values()) {
            if (kind.label().equals(label)) {
                return kind;
            }
        }
        throw fault("kind must be known: found=" + label);
    }

    private MemorySegment map() {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
        } catch (IOException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.DATA,
                    "slice must be readable: file=%s reason=%s (%s)"
                            .formatted(file, e.getMessage(), e.getClass().getSimpleName()),
                    e);
        }
    }

    private RuntimeFailure fault(String what) {
        return RuntimeFailure.data("bad slice file: %s file=%s".formatted(what, file));
    }
}
