package io.longreel.curriculum.text;

import io.longreel.model.shard.Span;
import java.util.List;

/**
 * A conversation in tokens.
 *
 * @param labels as long as {@code ids}, not shifted; -100 where nobody has to predict
 * @param media the ids of each medium, in order
 */
public record ChatIds(int[] ids, int[] labels, List<Span> media) {
    public ChatIds {
        media = List.copyOf(media);
    }
}
