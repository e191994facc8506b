package io.longreel.curriculum.video;

/**
 * Which frames of a video a model gets to see (specification 6.2, the two rules of "old"). Pure arithmetic. Unlike the authors' code, no
 * frame is ever given twice: a video with fewer frames than asked for gives all of them.
 */
public final class FrameSampling {
    private static final int FRAMES_MIN = 2;

    private FrameSampling() {}

    /**
     * {@code frames} indices spread evenly over the video, first and last included, fractions cut off; all frames of a shorter video.
     *
     * @param count frames of the video, at least 1
     * @param frames frames wanted, at least 1
     */
    public static int[] uniform(int count, int frames) {
        if (count < 1 || frames < 1) {
            throw new IllegalArgumentException("counts must be positive: count=%d frames=%d".formatted(count, frames));
        }
        int n = Math.min(count, frames);
        int[] indices = new int[n];
        double step = n == 1 ? 0 : (count - 1.0) / (n - 1);
        for (int i = 0; i < n; i++) {
            indices[i] = i == n - 1 && n > 1 ? count - 1 : (int) (i * step);
        }
        return indices;
    }

    /**
     * At most {@code framesMax} frames and at most {@code framesPerSecondMax} per second: a video that lasts at least
     * {@code framesMax / framesPerSecondMax} seconds gives {@code framesMax} of them, a shorter one
     * {@code (int) (duration * framesPerSecondMax)}, but two at least where {@code framesMax} allows. Spread as in {@link #uniform}.
     */
    public static int[] limited(int count, double durationSeconds, int framesMax, double framesPerSecondMax) {
        if (framesPerSecondMax <= 0) {
            return uniform(count, framesMax);
        }
        boolean isLong = durationSeconds >= framesMax / framesPerSecondMax;
        int wanted = isLong
                ? framesMax
                : Math.min(framesMax, Math.max(FRAMES_MIN, (int) (durationSeconds * framesPerSecondMax)));
        return uniform(count, wanted);
    }
}
