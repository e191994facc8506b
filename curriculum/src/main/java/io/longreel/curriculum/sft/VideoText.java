package io.longreel.curriculum.sft;

import java.util.List;

/**
 * What the models have made of a video.
 *
 * @param clips of the video
 * @param dropped questions that were not fit to be used, after the writer had been told
 */
record VideoText(String summary, List<QaPair> pairs, int clips, long durationMs, int dropped) {
    VideoText {
        pairs = List.copyOf(pairs);
    }
}
