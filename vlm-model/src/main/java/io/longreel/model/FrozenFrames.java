package io.longreel.model;

import io.longreel.config.RuntimeFailure;
import io.longreel.model.state.Arenas;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What a frozen vision tower made of the frames of training, by frame key, so that a frame that comes again costs neither tower nor decoding. A fixed number of
 * slots in an arena that is opened when the first frame comes. Owned by a rank's session and used by its compute thread, but for {@link #holds}.
 *
 * <p>When all slots are taken, the frame used longest ago makes room, but only once it has not been used for longer than frames that did come again took
 * to do so: an epoch that is larger than the cache would otherwise push out each frame just before its turn. Rows are checked when they are used: a bit
 * that changed in memory would go into every later epoch.
 */
final class FrozenFrames implements AutoCloseable {
    /** Where no frame came again yet, one waits for its turn for as long as it takes to fill the cache so many times. */
    private static final long FILLINGS_WITHOUT_USE = 8;

    private final int rowsPerFrame;
    private final int columns;
    private final int slotCount;
    private final Arenas arenas;
    /** The one used longest ago in front. */
    private final Map<Long, Slot> slots = new LinkedHashMap<>(16, 0.75f, true);
    /** Keys of slots that are filled. */
    private final Set<Long> held = ConcurrentHashMap.newKeySet();

    private @Nullable TensorArena arena;
    private @Nullable Tensor rows;
    private long uses;
    private long stepFrom;
    private long longestGap;

    /** The place of one frame's rows. */
    static final class Slot {
        private final long key;
        private final int index;
        private long lastUse;
        private boolean isFilled;
        private long checksum;

        private Slot(long key, int index, long lastUse) {
            this.key = key;
            this.index = index;
            this.lastUse = lastUse;
        }
    }

    /** @param capacityBytes most memory; less than one frame takes: nothing is kept */
    FrozenFrames(ModelConfig config, long capacityBytes, Arenas arenas) {
        this.arenas = arenas;
        rowsPerFrame = config.vision().patches();
        columns = config.vision().hiddenSize();
        long frameBytes = TensorArena.sizeBytes(DType.F32, rowsPerFrame, columns);
        slotCount = (int) Math.min(capacityBytes / frameBytes, Integer.MAX_VALUE / rowsPerFrame);
    }

    /** A step begins: what it finds and claims stays where it is until the next one begins. */
    void beginStep() {
        stepFrom = uses;
    }

    /** The place of a frame that is there, or will be in this step; null when it is not. */
    @Nullable
    Slot find(long key) {
        Slot slot = key < 0 || slotCount == 0 ? null : slots.get(key);
        if (slot != null) {
            uses++;
            longestGap = Math.max(longestGap, uses - slot.lastUse);
            slot.lastUse = uses;
        }
        return slot;
    }

    /** A place for a frame that is not there, to be filled in this step; null when it is not to be kept. */
    @Nullable
    Slot claim(long key) {
        if (key < 0 || slotCount == 0) {
            return null;
        }
        uses++;
        int index = slots.size() < slotCount ? slots.size() : vacate();
        if (index < 0) {
            return null;
        }
        Slot slot = new Slot(key, index, uses);
        slots.put(key, slot);
        if (rows == null) {
            arena = arenas.open(
                    "frozen-frames",
                    TensorArena.sizeBytes(DType.F32, Math.multiplyExact(slotCount, rowsPerFrame), columns));
            rows = arena.allocate(slotCount * rowsPerFrame, columns);
        }
        return slot;
    }

    /** The slot that has gone without use for longest, if that is long enough; otherwise -1. */
    private int vacate() {
        Iterator<Slot> oldest = slots.values().iterator();
        Slot slot = oldest.next();
        long patience = Math.max(longestGap, FILLINGS_WITHOUT_USE * slotCount);
        if (slot.lastUse > stepFrom || uses - slot.lastUse <= patience) {
            return -1;
        }
        oldest.remove();
        held.remove(slot.key);
        return slot.index;
    }

    /** Keeps {@code encoded}, [patches, C]. */
    void fill(Slot slot, Tensor encoded) {
        Tensor place = rows(slot);
        place.copyFrom(encoded);
        slot.checksum = checksum(place);
        slot.isFilled = true;
        held.add(slot.key);
    }

    /** The rows that were kept, [patches, C]. */
    Tensor take(Slot slot) {
        Tensor kept = rows(slot);
        if (!slot.isFilled) {
            throw new IllegalStateException("a frame must be encoded before it is used again: key=" + slot.key);
        }
        if (checksum(kept) != slot.checksum) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.RETRYABLE,
                    "silent corruption, a frame that was kept is not what it was: key=" + slot.key);
        }
        return kept;
    }

    /** Whether a frame is there now. Any thread; the frame may go at any time. */
    boolean holds(long key) {
        return held.contains(key);
    }

    /** Forgets everything: the tower changed. */
    void clear() {
        slots.clear();
        held.clear();
        longestGap = 0;
    }

    /** Forgets everything and gives the memory back. */
    void release() {
        clear();
        if (arena != null) {
            arena.close();
            arena = null;
            rows = null;
        }
    }

    /** Off-heap memory that is taken. */
    long sizeBytes() {
        return arena == null ? 0 : arena.usedBytes();
    }

    @Override
    public void close() {
        release();
    }

    private Tensor rows(Slot slot) {
        if (rows == null) {
            throw new IllegalStateException("a slot must not outlive the memory: key=" + slot.key);
        }
        return rows.slice(slot.index * rowsPerFrame, (slot.index + 1) * rowsPerFrame);
    }

    private static long checksum(Tensor rows) {
        CRC32C crc = new CRC32C();
        crc.update(rows.segment().asByteBuffer());
        return crc.getValue();
    }
}
