package io.longreel.curriculum.dataset;

import io.longreel.config.RuntimeFailure;
import io.longreel.model.PackedBatch;
import java.util.List;

/**
 * The one long video in which every needle test of a run hides its card, as the paper uses one movie (LongVILA, section 5.3; specification
 * 7.1). A test of n frames sees its first n frames, so the same frame of two tests shows the same picture, and says so by its key; only
 * the frame with the card differs. Immutable; equal on all ranks.
 */
public final class Haystack {
    private final SampleMaker samples;
    private final VideoSpec video;
    private final long keyBase;

    private Haystack(SampleMaker samples, VideoSpec video, long keyBase) {
        this.samples = samples;
        this.video = video;
        this.keyBase = keyBase;
    }

    /**
     * @param framesMax frames of the longest test
     * @param seed of the haystack; a longer one from the same seed begins with the same frames
     */
    public static Haystack draw(SampleMaker samples, int framesMax, SeedPath seed) {
        int footageFrames = samples.store().footage().frameCount();
        // Segments of a very short video are shorter: draw a long one and cut it, so that its beginning does not depend
        // on framesMax.
        VideoSpec video = VideoSpec.draw(
                        Math.max(framesMax, VideoSpec.SEGMENT_FRAMES_MAX), footageFrames, seed.generator())
                .prefix(framesMax);
        // 31 bits say which haystack, 32 bits which frame of it.
        long keyBase = seed.child(footageFrames).state() >>> 33 << 32;
        return new Haystack(samples, video, keyBase);
    }

    /** One test: the question about a card with {@code needle}'s digit that takes the place of its frame, in {@code frames} frames. */
    public PackedBatch test(int frames, Needle needle) {
        if (frames > video.frames()) {
            throw RuntimeFailure.config(
                    "a needle test must not be longer than its haystack: frames=%d haystackFrames=%d"
                            .formatted(frames, video.frames()));
        }
        VideoSpec hidden = video.prefix(frames).withNeedle(needle);
        VideoFrames pixels = VideoFrames.keyed(samples.store(), samples.card(), hidden, keyBase);
        return SamplePacker.join(List.of(samples.needleTest(pixels)));
    }

    /** Token that answers a test with this digit. */
    public int answer(int digit) {
        return samples.wording().digit(digit);
    }
}
