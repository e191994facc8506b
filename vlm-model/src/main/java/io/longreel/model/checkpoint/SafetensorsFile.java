package io.longreel.model.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.RuntimeFailure;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A safetensors file, mapped into memory: an 8-byte little-endian header length, a JSON header (name to type, shape, offsets), then the
 * tensors without gaps. Everything is checked when the file is opened, so that whoever holds one holds a sound file. Tensors are
 * views of the mapping, read-only, valid until {@link #close}. Any thread may read.
 */
public final class SafetensorsFile implements AutoCloseable {
    static final int LENGTH_BYTES = 8;
    static final String METADATA = "__metadata__";
    /** The limit of the reference implementation. */
    private static final long HEADER_BYTES_MAX = 100_000_000;

    /** Where a tensor lies: bytes {@code [from, to)} after the header. */
    public record Entry(String name, DType dtype, int[] shape, long from, long to) {
        public long elements() {
            return (to - from) / dtype.sizeBytes();
        }
    }

    private final Path file;
    private final Arena arena;
    private final MemorySegment data;
    private final Map<String, Entry> entries;
    private final Map<String, String> metadata;

    private SafetensorsFile(
            Path file, Arena arena, MemorySegment data, Map<String, Entry> entries, Map<String, String> metadata) {
        this.file = file;
        this.arena = arena;
        this.data = data;
        this.entries = Collections.unmodifiableMap(entries);
        this.metadata = Collections.unmodifiableMap(metadata);
    }

    /** Maps and checks a file; a faulty one is a DATA failure of one line. */
    public static SafetensorsFile open(Path file) {
        Arena arena = Arena.ofShared();
        try {
            MemorySegment mapped = map(file, arena);
            long headerBytes = headerBytes(file, mapped);
            ObjectNode header =
                    JsonFile.parse(mapped.asSlice(LENGTH_BYTES, headerBytes).toArray(ValueLayout.JAVA_BYTE), file);
            MemorySegment data = mapped.asSlice(LENGTH_BYTES + headerBytes);
            Map<String, String> metadata = new LinkedHashMap<>();
            Map<String, Entry> entries = new LinkedHashMap<>();
            for (Map.Entry<String, JsonNode> field : header.properties()) {
                if (field.getKey().equals(METADATA)) {
                    readMetadata(file, field.getValue(), metadata);
                } else {
                    entries.put(field.getKey(), readEntry(file, field.getKey(), field.getValue(), data.byteSize()));
                }
            }
            checkCoverage(file, entries, data.byteSize());
            return new SafetensorsFile(file, arena, data, entries, metadata);
        } catch (RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    public Path file() {
        return file;
    }

    /** All tensors, in the order of the header. */
    public Map<String, Entry> entries() {
        return entries;
    }

    public Map<String, String> metadata() {
        return metadata;
    }

    public boolean contains(String name) {
        return entries.containsKey(name);
    }

    /** A read-only view of a tensor as it is stored; it may lie at any address, so only unaligned access is safe. */
    public Tensor tensor(String name) {
        Entry entry = entry(name);
        return Tensor.of(data.asSlice(entry.from, entry.to - entry.from), entry.dtype, entry.shape);
    }

    /** Converts a floating tensor to F32 into {@code target}, which must have the same shape. */
    public void readFloats(String name, Tensor target) {
        Entry entry = entry(name);
        if (!Arrays.equals(entry.shape, target.shape())) {
            throw fault(
                    file,
                    name,
                    "shape must be %s: found=%s"
                            .formatted(Arrays.toString(target.shape()), Arrays.toString(entry.shape)));
        }
        requireFloating(entry);
        StorageFloats.decode(tensor(name).segment(), entry.dtype, target.segment());
    }

    /** Converts elements {@code [from, from + target.elements())} of a floating tensor to F32. */
    public void readFloats(String name, long from, Tensor target) {
        Entry entry = entry(name);
        requireFloating(entry);
        StorageFloats.decode(
                tensor(name).elements(from, from + target.elements()).segment(), entry.dtype, target.segment());
    }

    /** All elements of a floating tensor. For small tensors: they go to the Java heap. */
    public float[] floats(String name) {
        Entry entry = entry(name);
        requireFloating(entry);
        float[] values = new float[Math.toIntExact(entry.elements())];
        StorageFloats.decode(tensor(name).segment(), entry.dtype, MemorySegment.ofArray(values));
        return values;
    }

    /** All elements of an integer tensor. For small tensors: they go to the Java heap. */
    public long[] integers(String name) {
        Entry entry = entry(name);
        MemorySegment stored = tensor(name).segment();
        long[] values = new long[Math.toIntExact(entry.elements())];
        for (int i = 0; i < values.length; i++) {
            values[i] = switch (entry.dtype) {
                case I64 -> stored.getAtIndex(ValueLayout.JAVA_LONG_UNALIGNED, i);
                case I32 -> stored.getAtIndex(ValueLayout.JAVA_INT_UNALIGNED, i);
                case U8 -> stored.get(ValueLayout.JAVA_BYTE, i) & 0xff;
                case F32, BF16, F16, SUM128 ->
                    throw fault(file, name, "dtype must be an integer: found=" + entry.dtype);
            };
        }
        return values;
    }

    /** Unmaps the file; views of it throw from then on. */
    @Override
    public void close() {
        arena.close();
    }

    /** Type, shape and place of a tensor; a missing one is a DATA failure. */
    public Entry entry(String name) {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw fault(file, name, "tensor is missing");
        }
        return entry;
    }

    private void requireFloating(Entry entry) {
        if (!StorageFloats.isFloating(entry.dtype)) {
            throw fault(file, entry.name, "dtype must be F32, BF16 or F16: found=" + entry.dtype);
        }
    }

    private static MemorySegment map(Path file, Arena arena) {
        if (Files.isDirectory(file)) {
            throw RuntimeFailure.data("safetensors file must be a file: file=%s is a directory".formatted(file));
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
        } catch (IOException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.DATA,
                    "safetensors file must be readable: file=%s reason=%s (%s)"
                            .formatted(file, e.getMessage(), e.getClass().getSimpleName()),
                    e);
        }
    }

    private static long headerBytes(Path file, MemorySegment mapped) {
        if (mapped.byteSize() < LENGTH_BYTES) {
            throw fault(file, null, "file must have a header length of 8 bytes: sizeBytes=" + mapped.byteSize());
        }
        long headerBytes = mapped.get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
        if (headerBytes < 2 || headerBytes > HEADER_BYTES_MAX || headerBytes > mapped.byteSize() - LENGTH_BYTES) {
            throw fault(
                    file,
                    null,
                    "header must lie in the file (is it truncated, or no safetensors file?): headerBytes=%d sizeBytes=%d"
                            .formatted(headerBytes, mapped.byteSize()));
        }
        return headerBytes;
    }

    private static void readMetadata(Path file, JsonNode node, Map<String, String> metadata) {
        if (!node.isObject()) {
            throw fault(file, null, "__metadata__ must be an object of strings");
        }
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            if (!field.getValue().isTextual()) {
                throw fault(file, null, "__metadata__ must be an object of strings: key=" + field.getKey());
            }
            metadata.put(field.getKey(), field.getValue().textValue());
        }
    }

    private static Entry readEntry(Path file, String name, JsonNode node, long dataBytes) {
        DType dtype = dtype(file, name, node.path("dtype"));
        int[] shape = shape(file, name, node.path("shape"));
        JsonNode offsets = node.path("data_offsets");
        if (!offsets.isArray()
                || offsets.size() != 2
                || !offsets.get(0).isIntegralNumber()
                || !offsets.get(1).isIntegralNumber()
                || !offsets.get(0).canConvertToLong()
                || !offsets.get(1).canConvertToLong()) {
            throw fault(file, name, "data_offsets must be two 64-bit integers: found=" + offsets);
        }
        long from = offsets.get(0).longValue();
        long to = offsets.get(1).longValue();
        if (from < 0 || to < from || to > dataBytes) {
            throw fault(
                    file,
                    name,
                    "data_offsets must lie in the file (is it truncated?): found=%s dataBytes=%d"
                            .formatted(offsets, dataBytes));
        }
        long shapeBytes = sizeBytes(dtype, shape);
        if (to - from != shapeBytes) {
            throw fault(
                    file,
                    name,
                    "data_offsets must span the shape: found=%s shape=%s dtype=%s needsBytes=%d"
                            .formatted(offsets, Arrays.toString(shape), dtype, shapeBytes));
        }
        return new Entry(name, dtype, shape, from, to);
    }

    /** Bytes of a shape, or -1 when they do not fit into 63 bits. */
    private static long sizeBytes(DType dtype, int[] shape) {
        try {
            return Math.multiplyExact(Tensor.elements(shape), (long) dtype.sizeBytes());
        } catch (ArithmeticException e) {
            return -1;
        }
    }

    private static DType dtype(Path file, String name, JsonNode node) {
        List<DType> storable =
                Arrays.stream(DType.values()).filter(DType::storable).toList();
        for (DType dtype : storable) {
            if (node.isTextual() && node.textValue().equals(dtype.name())) {
                return dtype;
            }
        }
        throw fault(file, name, "dtype must be one of %s: found=%s".formatted(storable, node));
    }

    private static int[] shape(Path file, String name, JsonNode node) {
        boolean sound = node.isArray();
        int[] shape = new int[node.size()];
        for (int i = 0; sound && i < shape.length; i++) {
            sound = node.get(i).isIntegralNumber()
                    && node.get(i).canConvertToInt()
                    && node.get(i).intValue() >= 0;
            shape[i] = node.get(i).intValue();
        }
        if (!sound) {
            throw fault(file, name, "shape must be a list of integers from 0 to 2^31 - 1: found=" + node);
        }
        return shape;
    }

    /** Tensors must follow each other without overlap or gap, up to the end of the file. */
    private static void checkCoverage(Path file, Map<String, Entry> entries, long dataBytes) {
        List<Entry> sorted = new ArrayList<>(entries.values());
        sorted.sort(Comparator.comparingLong(Entry::from).thenComparingLong(Entry::to));
        long end = 0;
        for (Entry entry : sorted) {
            if (entry.from != end) {
                throw fault(
                        file,
                        entry.name,
                        "tensors must neither overlap nor leave gaps: expectedFrom=%d found=%d"
                                .formatted(end, entry.from));
            }
            end = entry.to;
        }
        if (end != dataBytes) {
            throw fault(file, null, "file must end with its last tensor: trailingBytes=%d".formatted(dataBytes - end));
        }
    }

    private static RuntimeFailure fault(Path file, @Nullable String tensor, String what) {
        String where = tensor == null ? "" : " tensor=" + tensor;
        return RuntimeFailure.data("bad safetensors file: %s file=%s%s".formatted(what, file, where));
    }
}
