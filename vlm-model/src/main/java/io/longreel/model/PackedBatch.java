package io.longreel.model;

import java.util.Arrays;

/**
 * One packed sequence: documents one after the other, attention never crosses from one to the next, positions restart at 0 in each.
 *
 * @param ids token ids, not yet expanded: one image marker per frame, in the order of {@code frames}
 * @param labels per id, not shifted; -100 does not count. The first token of a document is never predicted.
 * @param cuSeqlens document bounds in {@code ids}: starts at 0, ends at {@code ids.length}, strictly increasing
 * @param imageToken id that marks a frame
 */
public record PackedBatch(int[] ids, int[] labels, int[] cuSeqlens, int imageToken, FrameSource frames) {

    public PackedBatch {
        if (ids.length != labels.length) {
            throw new IllegalArgumentException(
                    "one label per id: ids=%d labels=%d".formatted(ids.length, labels.length));
        }
        if (cuSeqlens.length < 2 || cuSeqlens[0] != 0 || cuSeqlens[cuSeqlens.length - 1] != ids.length) {
            throw new IllegalArgumentException("cuSeqlens must run from 0 to the number of ids: cuSeqlens=%s ids=%d"
                    .formatted(Arrays.toString(cuSeqlens), ids.length));
        }
        for (int i = 1; i < cuSeqlens.length; i++) {
            if (cuSeqlens[i] <= cuSeqlens[i - 1]) {
                throw new IllegalArgumentException(
                        "documents must not be empty: cuSeqlens=" + Arrays.toString(cuSeqlens));
            }
        }
        long markers = Arrays.stream(ids).filter(id -> id == imageToken).count();
        if (markers != frames.frameCount()) {
            throw new IllegalArgumentException(
                    "as many image markers as frames: markers=%d frames=%d".formatted(markers, frames.frameCount()));
        }
    }

    /** A batch of one document. */
    public static PackedBatch single(int[] ids, int[] labels, int imageToken, FrameSource frames) {
        return new PackedBatch(ids, labels, new int[] {0, ids.length}, imageToken, frames);
    }
}
