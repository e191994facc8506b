package io.longreel.model;

import io.longreel.config.RuntimeFailure;
import io.longreel.model.shard.Span;
import io.longreel.ops.kernels.LossKernels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Puts images and videos into a packed sequence (specification 2.3): each image marker takes the next image, each video marker the next video, and
 * becomes the frames of that medium, every one followed by the separator. What is spliced in is never predicted. Media and markers must come out even:
 * nothing is dropped, nothing made up.
 *
 * @param imageMarker id that stands for an image, and in the result for each frame
 * @param videoMarker id that stands for a whole video
 * @param separator ids behind every frame; VILA's is the line break. May be empty
 */
public record MediaSplice(int imageMarker, int videoMarker, List<Integer> separator) {

    public MediaSplice {
        separator = List.copyOf(separator);
        if (imageMarker == videoMarker || separator.contains(imageMarker) || separator.contains(videoMarker)) {
            throw new IllegalArgumentException(
                    "markers must differ from each other and from the separator: imageMarker=%d videoMarker=%d separator=%s"
                            .formatted(imageMarker, videoMarker, separator));
        }
    }

    /**
     * @param ids token ids with one marker per medium
     * @param labels per id, not shifted, -100 does not count
     * @param cuSeqlens document bounds in {@code ids}
     * @param images in the order of their markers; an image cut into tiles has several frames
     * @param videos in the order of their markers, each with its own number of frames
     */
    public PackedBatch splice(
            int[] ids, int[] labels, int[] cuSeqlens, List<FrameSource> images, List<FrameSource> videos) {
        checkCount("image", images.size(), count(ids, imageMarker));
        checkCount("video", videos.size(), count(ids, videoMarker));
        List<FrameSource> inOrder = new ArrayList<>();
        List<Span> media = new ArrayList<>();
        int total = Math.addExact(ids.length, spliced(images) + spliced(videos));
        int[] outIds = new int[total];
        int[] outLabels = new int[total];
        int[] bounds = new int[cuSeqlens.length];
        int document = 0;
        int image = 0;
        int video = 0;
        int out = 0;
        for (int i = 0; i < ids.length; i++) {
            while (document < cuSeqlens.length && cuSeqlens[document] == i) {
                bounds[document++] = out;
            }
            if (ids[i] == imageMarker || ids[i] == videoMarker) {
                FrameSource medium = ids[i] == imageMarker ? images.get(image++) : videos.get(video++);
                int from = out;
                out = write(medium.frameCount(), outIds, outLabels, out);
                media.add(new Span(from, out));
                inOrder.add(medium);
            } else {
                outIds[out] = ids[i];
                outLabels[out++] = labels[i];
            }
        }
        Arrays.fill(bounds, document, bounds.length, out);
        return new PackedBatch(outIds, outLabels, bounds, imageMarker, JoinedFrames.of(inOrder), media);
    }

    private int write(int frames, int[] ids, int[] labels, int from) {
        int at = from;
        for (int frame = 0; frame < frames; frame++) {
            ids[at++] = imageMarker;
            for (int id : separator) {
                ids[at++] = id;
            }
        }
        Arrays.fill(labels, from, at, LossKernels.IGNORE);
        return at;
    }

    /** Ids that some media add to the markers that they replace. */
    private int spliced(List<FrameSource> media) {
        int added = 0;
        for (FrameSource medium : media) {
            if (medium.frameCount() < 1) {
                throw RuntimeFailure.data("a medium must have frames: frames=0; leave its marker and the medium out");
            }
            added = Math.addExact(added, Math.multiplyExact(medium.frameCount(), 1 + separator.size()) - 1);
        }
        return added;
    }

    private static int count(int[] ids, int marker) {
        return (int) Arrays.stream(ids).filter(id -> id == marker).count();
    }

    private static void checkCount(String kind, int media, int markers) {
        if (media != markers) {
            throw RuntimeFailure.data("as many %s markers as %ss: markers=%d %ss=%d; each marker takes one %s, in order"
                    .formatted(kind, kind, markers, kind, media, kind));
        }
    }
}
