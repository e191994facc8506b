package io.longreel.runtime.http;

import io.longreel.curriculum.corpus.Medium;
import io.longreel.curriculum.text.Role;
import io.longreel.model.generate.Sampling;
import java.util.List;
import java.util.Optional;

/**
 * What a request for a chat completion says, before its media are looked for.
 *
 * @param model that the client asks for; empty: whichever there is
 * @param framesMax most frames of each video; 0 = as the service is set
 * @param isStreamed whether the answer is wanted piece by piece
 * @param includesUsage whether a streamed answer ends with its numbers of tokens
 */
record ChatRequest(
        Optional<String> model,
        List<Turn> turns,
        int framesMax,
        Sampling sampling,
        int newTokensMax,
        List<String> stops,
        boolean isStreamed,
        boolean includesUsage) {
    ChatRequest {
        turns = List.copyOf(turns);
        stops = List.copyOf(stops);
    }

    /** A message. */
    record Turn(Role role, List<Piece> pieces) {
        Turn {
            pieces = List.copyOf(pieces);
        }
    }

    /** A part of a message. */
    sealed interface Piece {}

    /** Text. */
    record Said(String text) implements Piece {}

    /**
     * An image or a video that is still to be found.
     *
     * @param url as the client gave it; may be long
     * @param where it stands in the request, for messages
     */
    record Shown(Medium.Kind kind, String url, String where) implements Piece {}
}
