package io.longreel.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.longreel.config.RuntimeFailure;
import io.longreel.model.shard.SequenceLayout;
import io.longreel.model.shard.Span;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Several images and videos spliced into one packed sequence, each with its own number of frames. */
class MediaSpliceTest {
    private static final int IMAGE = 90;
    private static final int VIDEO = 91;
    private static final int BREAK = 7;
    private static final int NONE = -100;

    @Test
    void shouldSpliceEachMediumWhereItsMarkerStands() {
        // documents: [1 VIDEO 2 IMAGE 3], [4 5], [IMAGE VIDEO 6]
        int[] ids = {1, VIDEO, 2, IMAGE, 3, 4, 5, IMAGE, VIDEO, 6};
        PackedBatch batch = new MediaSplice(IMAGE, VIDEO, List.of(BREAK))
                .splice(
                        ids,
                        new int[] {1, 2, 2, 2, 3, 4, 5, 2, 2, 6},
                        new int[] {0, 5, 7, 10},
                        List.of(new SyntheticFrames(1, 1), new SyntheticFrames(1, 2)),
                        List.of(new SyntheticFrames(3, 3), new SyntheticFrames(2, 4)));
        assertArrayEquals(
                new int[] {
                    1, IMAGE, BREAK, IMAGE, BREAK, IMAGE, BREAK, 2, IMAGE, BREAK, 3, 4, 5, IMAGE, BREAK, IMAGE, BREAK,
                    IMAGE, BREAK, 6
                },
                batch.ids());
        assertArrayEquals(
                new int[] {
                    1, NONE, NONE, NONE, NONE, NONE, NONE, 2, NONE, NONE, 3, 4, 5, NONE, NONE, NONE, NONE, NONE, NONE, 6
                },
                batch.labels());
        assertArrayEquals(new int[] {0, 11, 13, 20}, batch.cuSeqlens());
        assertEquals(List.of(new Span(1, 7), new Span(8, 10), new Span(13, 15), new Span(15, 19)), batch.media());
        assertEquals(7, batch.frames().frameCount());
        // frames in the order of the sequence: video 3 (3 frames), image 1, image 2, video 4 (2 frames)
        assertEquals(3_000, batch.frames().key(0));
        assertEquals(1_000, batch.frames().key(3));
        assertEquals(2_000, batch.frames().key(4));
        assertEquals(4_001, batch.frames().key(6));
    }

    @Test
    void shouldEndAMediumBehindItsLastSeparator() {
        PackedBatch batch = new MediaSplice(IMAGE, VIDEO, List.of(BREAK))
                .splice(
                        new int[] {1, VIDEO, 2},
                        new int[] {1, 1, 2},
                        new int[] {0, 3},
                        List.of(),
                        List.of(new SyntheticFrames(2, 1)));
        SequenceLayout layout = SequenceLayout.of(batch, 2);
        // 1 | f f BREAK f f BREAK | 2
        assertArrayEquals(new int[] {1, 7, 7, 7, 7, 7, 7, 8}, layout.mediumEnd());
        assertArrayEquals(new int[] {8, 8, 8, 8, 8, 8, 8, 8}, layout.documentEnd());
    }

    @Test
    void shouldRefuseWhenMarkersAndMediaDoNotComeOutEven() {
        MediaSplice splice = new MediaSplice(IMAGE, VIDEO, List.of());
        int[] ids = {1, IMAGE, 2};
        RuntimeFailure missing = assertThrows(
                RuntimeFailure.class, () -> splice.splice(ids, ids, new int[] {0, 3}, List.of(), List.of()));
        assertEquals(
                "as many image markers as images: markers=1 images=0; each marker takes one image, in order",
                missing.getMessage());
        FrameSource video = new SyntheticFrames(2, 1);
        FrameSource image = new SyntheticFrames(1, 2);
        assertThrows(
                RuntimeFailure.class, () -> splice.splice(ids, ids, new int[] {0, 3}, List.of(image), List.of(video)));
        assertThrows(
                RuntimeFailure.class,
                () -> splice.splice(ids, ids, new int[] {0, 3}, List.of(FrameSource.NONE), List.of()));
    }

    @Test
    void shouldRefuseMediaThatCrossADocument() {
        int[] ids = {1, IMAGE, IMAGE, 2};
        assertThrows(
                IllegalArgumentException.class,
                () -> new PackedBatch(
                        ids, ids, new int[] {0, 2, 4}, IMAGE, new SyntheticFrames(2, 1), List.of(new Span(1, 3))));
        assertThrows(
                IllegalArgumentException.class,
                () -> new PackedBatch(
                        ids, ids, new int[] {0, 4}, IMAGE, new SyntheticFrames(2, 1), List.of(new Span(1, 2))));
    }
}
