package io.longreel.model.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.model.disk.Disk;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Writes safetensors files that the reference implementation reads: header padded with spaces to 8 bytes, tensors without gaps, wider element
 * types first so that each tensor lies at a multiple of its element size. The file appears under its name when it is complete.
 */
public final class SafetensorsWriter {
    private static final int CHUNK_ELEMENTS = 1 << 20;
    private static final int ALIGNMENT_BYTES = 8;

    /**
     * A tensor to write.
     *
     * @param tensor its values; borrowed until the write is over
     * @param stored element type in the file: that of the tensor, or a floating one when the tensor is F32
     * @param beforeWriting called right before the values are read: they need not be there, nor stay, at any other time
     */
    public record Item(String name, Tensor tensor, DType stored, Runnable beforeWriting) {
        public Item {
            if (stored != tensor.dtype() && !(tensor.dtype() == DType.F32 && StorageFloats.isFloating(stored))) {
                throw new IllegalArgumentException(
                        "only F32 can be converted, to a floating type: name=%s tensor=%s stored=%s"
                                .formatted(name, tensor, stored));
            }
            if (!stored.storable()) {
                throw new IllegalArgumentException(
                        "files hold no such type: name=%s stored=%s".formatted(name, stored));
            }
            if (name.equals(SafetensorsFile.METADATA)) {
                throw new IllegalArgumentException("name is reserved: name=" + name);
            }
        }

        public Item(String name, Tensor tensor, DType stored) {
            this(name, tensor, stored, () -> {});
        }

        public static Item of(String name, Tensor tensor) {
            return new Item(name, tensor, tensor.dtype());
        }

        /** Bytes that it takes in the file. */
        public long sizeBytes() {
            return tensor.elements() * stored.sizeBytes();
        }
    }

    private SafetensorsWriter() {}

    /** Creates or replaces {@code file}. Items keep their order, except that wider element types come first. */
    public static void write(Path file, List<Item> items) {
        List<Item> ordered = new ArrayList<>(items);
        ordered.sort(Comparator.comparingInt(item -> -item.stored.sizeBytes()));
        byte[] header = header(ordered);
        DurableFile.write(file, output -> {
            ByteBuffer length =
                    ByteBuffer.allocate(SafetensorsFile.LENGTH_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            output.write(length.putLong(0, header.length));
            output.write(ByteBuffer.wrap(header));
            for (Item item : ordered) {
                item.beforeWriting.run();
                writeValues(output, item);
            }
        });
    }

    private static byte[] header(List<Item> items) {
        ObjectNode root = JsonFile.newObject();
        root.putObject(SafetensorsFile.METADATA).put("format", "pt");
        Set<String> names = new HashSet<>();
        long offset = 0;
        for (Item item : items) {
            if (!names.add(item.name)) {
                throw new IllegalArgumentException("names must be unique: name=" + item.name);
            }
            ObjectNode entry = root.putObject(item.name);
            entry.put("dtype", item.stored.name());
            Arrays.stream(item.tensor.shape()).forEach(entry.putArray("shape")::add);
            entry.putArray("data_offsets").add(offset).add(offset + item.sizeBytes());
            offset += item.sizeBytes();
        }
        byte[] json = JsonFile.compactBytes(root);
        byte[] padded = Arrays.copyOf(json, (json.length + ALIGNMENT_BYTES - 1) / ALIGNMENT_BYTES * ALIGNMENT_BYTES);
        Arrays.fill(padded, json.length, padded.length, (byte) ' ');
        return padded;
    }

    private static void writeValues(Disk.Output output, Item item) throws IOException {
        MemorySegment values = item.tensor.segment();
        int valueBytes = item.tensor.dtype().sizeBytes();
        try (Arena scratch = Arena.ofConfined()) {
            // Without conversion the scratch stays unused; a chunk also keeps byte buffers below their 2 GiB limit.
            boolean convert = item.stored != item.tensor.dtype();
            MemorySegment encoded = scratch.allocate(convert ? (long) CHUNK_ELEMENTS * item.stored.sizeBytes() : 0);
            for (long i = 0; i < item.tensor.elements(); i += CHUNK_ELEMENTS) {
                long count = Math.min(CHUNK_ELEMENTS, item.tensor.elements() - i);
                MemorySegment chunk = values.asSlice(i * valueBytes, count * valueBytes);
                if (convert) {
                    MemorySegment target = encoded.asSlice(0, count * item.stored.sizeBytes());
                    StorageFloats.encode(chunk, item.stored, target);
                    chunk = target;
                }
                output.write(chunk.asByteBuffer());
            }
        }
    }
}
