package io.longreel.curriculum.engine;

import io.longreel.curriculum.media.MediumView;
import io.longreel.model.generate.Sampling;
import java.util.List;

/**
 * A question as ranks need it. Pure data, which may cross the network: media are named, each rank decodes its own frames.
 *
 * @param ids of the prompt, one image marker per frame
 * @param media whose frames the markers stand for, one after the other
 * @param stopIds tokens that end the answer
 */
public record EngineRequest(
        List<Integer> ids, List<MediumView> media, Sampling sampling, int newTokensMax, List<Integer> stopIds) {
    /** Most ids that ranks are told of at a time, those of prompts and of answers that they go on with: a message that begins with them fits the network. */
    public static final int IDS_MAX = 150_000;

    public EngineRequest {
        ids = List.copyOf(ids);
        media = List.copyOf(media);
        stopIds = List.copyOf(stopIds);
        if (ids.isEmpty() || newTokensMax < 1) {
            throw new IllegalArgumentException("a request must have ids and room for an answer: ids=%d newTokensMax=%d"
                    .formatted(ids.size(), newTokensMax));
        }
    }

    /** Whether a token ends the answer. */
    boolean endsWith(int token) {
        return stopIds.contains(token);
    }
}
