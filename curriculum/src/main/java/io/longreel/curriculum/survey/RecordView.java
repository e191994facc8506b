package io.longreel.curriculum.survey;

import io.longreel.curriculum.media.MediumFacts;
import io.longreel.curriculum.text.Turn;
import java.util.List;
import java.util.Optional;

/**
 * A record as the model gets it. Of one that is damaged there is what could be read.
 *
 * @param seenBy whose looks and limits these are
 * @param media in the order in which the model sees them
 * @param turns of a conversation, as they are in the record
 * @param pieces of its sample
 * @param fault why it cannot be used, in one line
 */
public record RecordView(
        String dataset,
        int record,
        String seenBy,
        Optional<String> id,
        List<MediumFacts> media,
        List<Turn> turns,
        List<Piece> pieces,
        Optional<Counts> counts,
        Optional<String> fault) {

    public RecordView {
        media = List.copyOf(media);
        turns = List.copyOf(turns);
        pieces = List.copyOf(pieces);
    }

    /**
     * Tokens of its sample.
     *
     * @param text all that are no frame's, ends of frames among them
     */
    public record Counts(long text, int frames, int tokensPerFrame, int learned, int contextTokensMax) {
        public long total() {
            return text + (long) frames * tokensPerFrame;
        }
    }
}
