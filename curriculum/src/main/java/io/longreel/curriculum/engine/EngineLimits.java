package io.longreel.curriculum.engine;

import io.longreel.config.RuntimeFailure;

/**
 * How much an engine takes on.
 *
 * @param cachePages pages of {@link io.longreel.model.cache.KeyValueCache#PAGE_ROWS} tokens that each rank keeps
 * @param chunkTokens tokens of a prompt that go through the model at a time
 * @param answersMax answers that are worked on at a time
 * @param waitingMax questions that wait for their turn at most
 * @param stepsPerTick new tokens of each answer between two looks at what else there is to do
 */
public record EngineLimits(int cachePages, int chunkTokens, int answersMax, int waitingMax, int stepsPerTick) {
    public EngineLimits {
        if (cachePages < 1 || chunkTokens < 1 || answersMax < 1 || waitingMax < 1 || stepsPerTick < 1) {
            throw RuntimeFailure.config(
                    "limits of inference must be at least 1: cachePages=%d chunkTokens=%d answersMax=%d waitingMax=%d stepsPerTick=%d"
                            .formatted(cachePages, chunkTokens, answersMax, waitingMax, stepsPerTick));
        }
    }
}
