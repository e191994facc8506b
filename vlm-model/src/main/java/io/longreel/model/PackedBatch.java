package io.longreel.model;

import io.longreel.model.shard.Span;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One packed sequence: documents one after the other, attention never crosses from one to the next, positions restart at 0 in each.
 *
 * @param ids token ids, not yet expanded: one image marker per frame, in the order of {@code frames}
 * @param labels per id, not shifted; -100 does not count. The first token of a document is never predicted.
 * @param cuSeqlens document bounds in {@code ids}: starts at 0, ends at {@code ids.length}, strictly increasing
 * @param imageToken id that marks a frame
 * @param media the images and videos: ranges of {@code ids}, in order, each within a document, that hold all frames of one medium and the separators
 *     between and behind them; together they hold every frame
 */
public record PackedBatch(
        int[] ids, int[] labels, int[] cuSeqlens, int imageToken, FrameSource frames, List<Span> media) {

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
        media = List.copyOf(media);
        checkMedia(ids, cuSeqlens, imageToken, media);
    }

    /** A batch in which each run of image markers is one medium. */
    public PackedBatch(int[] ids, int[] labels, int[] cuSeqlens, int imageToken, FrameSource frames) {
        this(ids, labels, cuSeqlens, imageToken, frames, runsOfMarkers(ids, cuSeqlens, imageToken));
    }

    /** A batch of one document. */
    public static PackedBatch single(int[] ids, int[] labels, int imageToken, FrameSource frames) {
        return new PackedBatch(ids, labels, new int[] {0, ids.length}, imageToken, frames);
    }

    private static void checkMedia(int[] ids, int[] cuSeqlens, int imageToken, List<Span> media) {
        int outside = 0;
        int at = 0;
        for (Span medium : media) {
            if (medium.from() < at || medium.to() > ids.length || crossesBound(medium, cuSeqlens)) {
                throw new IllegalArgumentException(
                        "media must be in order, apart, and within a document: medium=%s media=%s cuSeqlens=%s"
                                .formatted(medium, media, Arrays.toString(cuSeqlens)));
            }
            outside += markers(ids, at, medium.from(), imageToken);
            at = medium.to();
        }
        outside += markers(ids, at, ids.length, imageToken);
        if (outside > 0) {
            throw new IllegalArgumentException(
                    "every frame must belong to a medium: framesOutside=%d media=%s".formatted(outside, media));
        }
    }

    private static boolean crossesBound(Span medium, int[] cuSeqlens) {
        return Arrays.stream(cuSeqlens).anyMatch(bound -> bound > medium.from() && bound < medium.to());
    }

    private static int markers(int[] ids, int from, int to, int imageToken) {
        int count = 0;
        for (int i = from; i < to; i++) {
            count += ids[i] == imageToken ? 1 : 0;
        }
        return count;
    }

    private static List<Span> runsOfMarkers(int[] ids, int[] cuSeqlens, int imageToken) {
        List<Span> runs = new ArrayList<>();
        for (int d = 0; d + 1 < cuSeqlens.length; d++) {
            int from = cuSeqlens[d];
            for (int i = cuSeqlens[d]; i <= cuSeqlens[d + 1]; i++) {
                if (i == cuSeqlens[d + 1] || ids[i] != imageToken) {
                    if (i > from) {
                        runs.add(new Span(from, i));
                    }
                    from = i + 1;
                }
            }
        }
        return runs;
    }
}
