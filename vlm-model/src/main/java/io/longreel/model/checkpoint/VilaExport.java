package io.longreel.model.checkpoint;

import io.longreel.ops.tensor.DType;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * How a model is written.
 *
 * @param style whose names and keys
 * @param storage element type of the weights in the files: F32, BF16 or F16
 * @param shardBytesMax a part with more bytes of weights is cut into several files
 * @param origin what the model was made from: what this version does not know (other configuration keys, the vision
 *     tower's pooling head, tokenizer and processor files) is taken over from it
 * @param attachments further files by relative path, for example {@code llm/tokenizer.json}; they win over those of the origin
 */
public record VilaExport(
        Style style, DType storage, long shardBytesMax, Optional<ModelOrigin> origin, Map<String, byte[]> attachments) {

    private static final long SHARD_BYTES_MAX = 5_000_000_000L;

    /** Spellings of tensor names and configuration keys. */
    public enum Style {
        /** Opens in both: names of 4.x, which 5.x understands too; keys of 4.x and 5.x side by side. */
        PORTABLE,
        /** Names and keys of transformers 4.x. */
        TRANSFORMERS_4,
        /** Names and keys of transformers 5.x. */
        TRANSFORMERS_5;

        boolean oldNames() {
            return this != TRANSFORMERS_5;
        }

        boolean oldKeys() {
            return this != TRANSFORMERS_5;
        }

        boolean newKeys() {
            return this != TRANSFORMERS_4;
        }
    }

    public VilaExport {
        if (!StorageFloats.isFloating(storage) || shardBytesMax < 1) {
            throw new IllegalArgumentException(
                    "storage must be floating, shards at least one byte: storage=%s shardBytesMax=%d"
                            .formatted(storage, shardBytesMax));
        }
        attachments = new TreeMap<>(attachments);
    }

    /** F32, opens everywhere, large shards, from nothing. */
    public static VilaExport standard() {
        return new VilaExport(Style.PORTABLE, DType.F32, SHARD_BYTES_MAX, Optional.empty(), Map.of());
    }

    public VilaExport withStyle(Style newStyle) {
        return new VilaExport(newStyle, storage, shardBytesMax, origin, attachments);
    }

    public VilaExport withStorage(DType newStorage) {
        return new VilaExport(style, newStorage, shardBytesMax, origin, attachments);
    }

    public VilaExport withShardBytesMax(long newShardBytesMax) {
        return new VilaExport(style, storage, newShardBytesMax, origin, attachments);
    }

    public VilaExport withOrigin(Optional<ModelOrigin> newOrigin) {
        return new VilaExport(style, storage, shardBytesMax, newOrigin, attachments);
    }

    public VilaExport withAttachments(Map<String, byte[]> newAttachments) {
        return new VilaExport(style, storage, shardBytesMax, origin, newAttachments);
    }
}
