package io.longreel.curriculum.corpus;

import io.longreel.curriculum.text.Turn;
import java.util.List;

/** One record as it lies in its file. Immutable, except that nobody copies the ids of {@link Tokens}: whoever read them owns them. */
public sealed interface DataRecord {
    /** The record's own id, or {@code <file name>#<index>}, counted in the file from 0. */
    String id();

    /**
     * Messages about media. All media stand in front of the first message of the user; the texts hold no media tags.
     *
     * @param media in the order in which the model sees them; may be empty
     * @param turns perhaps one of the system, then user and assistant in turn; the last one is the assistant's
     */
    record Conversation(String id, List<Medium> media, List<Turn> turns) implements DataRecord {
        public Conversation {
            media = List.copyOf(media);
            turns = List.copyOf(turns);
        }
    }

    /** A document, as it is; may be empty. */
    record Text(String id, String text) implements DataRecord {}

    /** A document in the ids of a vocabulary that whoever wrote it chose; none is negative; may be empty. */
    record Tokens(String id, int[] ids) implements DataRecord {}
}
