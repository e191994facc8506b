package io.longreel.config;

/**
 * How a mesh answers questions.
 *
 * @param cacheBytes of keys and values that each rank keeps
 * @param mirror whether each rank also keeps those of the rank before it in the ring
 * @param chunkTokens tokens of a prompt that go through the model at a time
 * @param answersMax answers that are worked on at a time
 * @param stepsPerTick new tokens of each answer between two looks at what else there is to do
 * @param framesMax most frames of a video, unless its question says; 0 = as many as the model was made for
 */
public record InferenceSettings(
        long cacheBytes, boolean mirror, int chunkTokens, int answersMax, int stepsPerTick, int framesMax) {
    public InferenceSettings {
        if (cacheBytes < 1 || chunkTokens < 1 || answersMax < 1 || stepsPerTick < 1 || framesMax < 0) {
            throw new IllegalArgumentException(
                    "limits must be positive: cacheBytes=%d chunkTokens=%d answersMax=%d stepsPerTick=%d framesMax=%d"
                            .formatted(cacheBytes, chunkTokens, answersMax, stepsPerTick, framesMax));
        }
    }
}
