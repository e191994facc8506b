package io.longreel.curriculum.sft;

/**
 * A stretch of a video, in milliseconds from its first frame.
 *
 * @param index from 0, in order of time
 */
record Clip(int index, long fromMs, long toMs) {
    Clip {
        if (index < 0 || fromMs < 0 || toMs <= fromMs) {
            throw new IllegalArgumentException(
                    "a clip must have a length: index=%d fromMs=%d toMs=%d".formatted(index, fromMs, toMs));
        }
    }

    /** A time as minutes and seconds, with hours where there are any. */
    static String clock(long ms) {
        long seconds = Math.round(ms / 1000.0);
        String minutes = "%02d:%02d".formatted(seconds / 60 % 60, seconds % 60);
        return seconds < 3600 ? minutes : "%d:%s".formatted(seconds / 3600, minutes);
    }
}
