package io.longreel.model;

import io.longreel.model.shard.Span;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Which of a rank's own frames of one micro-batch a frozen tower runs for, and where the others come from. Decided for all micro-batches of a step before the first
 * of them runs, as ranks agree then on how often their towers do. Used by the rank's compute thread.
 *
 * @param own the rank's own frames
 * @param fresh those that are encoded, in order; a tower that trains encodes all of them
 * @param slots per own frame, where it is kept or will be; null where it is not
 * @param kept what has the slots; null while memory is planned
 */
record FrameEncoding(
        Span own,
        int[] fresh,
        FrozenFrames.@Nullable Slot[] slots,
        @Nullable FrozenFrames kept) {

    /** All frames are encoded, and none is kept. */
    static FrameEncoding all(Span own) {
        return new FrameEncoding(
                own, IntStream.range(own.from(), own.to()).toArray(), new FrozenFrames.Slot[own.size()], null);
    }

    /** No frame is encoded: of a pass that is not computed. */
    static FrameEncoding none(Span own) {
        return new FrameEncoding(own, new int[0], new FrozenFrames.Slot[own.size()], null);
    }

    /** Frames that are not in {@code kept} are encoded. */
    static FrameEncoding of(FrameSource frames, Span own, FrozenFrames kept) {
        FrozenFrames.@Nullable Slot[] slots = new FrozenFrames.Slot[own.size()];
        int[] fresh = new int[own.size()];
        int count = 0;
        for (int i = 0; i < slots.length; i++) {
            int frame = own.from() + i;
            long key = frames.key(frame);
            FrozenFrames.Slot slot = kept.find(key);
            if (slot == null) {
                fresh[count++] = frame;
                slot = kept.claim(key);
            }
            slots[i] = slot;
        }
        return new FrameEncoding(own, Arrays.copyOf(fresh, count), slots, kept);
    }

    /** The same without the memory of what is kept, for planning. */
    FrameEncoding planned() {
        return new FrameEncoding(own, fresh, slots, null);
    }

    /** Where own frame {@code frame} is kept. */
    FrozenFrames.@Nullable Slot slot(int frame) {
        return slots[frame - own.from()];
    }

    /** Frames that are not encoded. */
    int reused() {
        return own.size() - fresh.length;
    }
}
