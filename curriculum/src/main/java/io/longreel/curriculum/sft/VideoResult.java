package io.longreel.curriculum.sft;

import java.util.Optional;

/**
 * How a video ended.
 *
 * @param text empty when there is trouble
 * @param reused whether an earlier build had made the text
 */
record VideoResult(VideoFile video, Optional<VideoText> text, String trouble, boolean reused) {}
