package io.longreel.model;

import io.longreel.model.state.Arenas;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Projected rows of frames that were encoded before, by frame key, while the weights do not change: the tests of a needle grid share one haystack. A
 * fixed number of slots; when they are full, new frames are not kept. Owned by a rank's session.
 */
final class EncodedFrames implements AutoCloseable {
    private static final long SIZE_BYTES_MAX = 64L << 20;

    private final int rowsPerFrame;
    private final int columns;
    private final Arenas arenas;
    private int slotCount;
    private final Map<Long, Integer> slotOfKey = new HashMap<>();
    private @Nullable TensorArena arena;
    private @Nullable Tensor slots;

    EncodedFrames(ModelConfig config, Arenas arenas) {
        this.arenas = arenas;
        rowsPerFrame = config.tokensPerFrame();
        columns = config.llm().hiddenSize();
        slotCount = slots(SIZE_BYTES_MAX);
    }

    private int slots(long sizeBytes) {
        return Math.clamp(
                sizeBytes / ((long) rowsPerFrame * columns * Float.BYTES), 1, Integer.MAX_VALUE / rowsPerFrame);
    }

    /** Another bound than the usual one; before the first frame comes. */
    void limit(long sizeBytes) {
        if (arena != null) {
            throw new IllegalStateException("frames are kept already: sizeBytes=" + sizeBytes());
        }
        slotCount = slots(sizeBytes);
    }

    /** Rows of a frame, [tokens per frame, D], or null when it is not there. */
    @Nullable
    Tensor get(long key) {
        Integer slot = key < 0 ? null : slotOfKey.get(key);
        return slot == null ? null : rows(slot);
    }

    void put(long key, Tensor rows) {
        Tensor place = claim(key);
        if (place != null) {
            place.copyFrom(rows);
        }
    }

    /** The place for the rows of a frame that is not there yet, to be filled; null when it is not to be kept. */
    @Nullable
    Tensor claim(long key) {
        if (key < 0 || slotOfKey.containsKey(key) || slotOfKey.size() == slotCount) {
            return null;
        }
        int slot = slotOfKey.size();
        slotOfKey.put(key, slot);
        return rows(slot);
    }

    /** Forgets everything: the weights changed. */
    void clear() {
        slotOfKey.clear();
    }

    /** Off-heap memory that is taken. */
    long sizeBytes() {
        return arena == null ? 0 : arena.usedBytes();
    }

    @Override
    public void close() {
        if (arena != null) {
            arena.close();
        }
    }

    /** The memory is taken when the first frame comes: most stages keep none. */
    private Tensor rows(int slot) {
        if (slots == null) {
            arena = arenas.open("encoded-frames", (long) slotCount * rowsPerFrame * columns * Float.BYTES);
            slots = arena.allocate(slotCount * rowsPerFrame, columns);
        }
        return slots.slice(slot * rowsPerFrame, (slot + 1) * rowsPerFrame);
    }
}
