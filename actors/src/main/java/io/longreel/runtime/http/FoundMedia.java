package io.longreel.runtime.http;

import io.longreel.curriculum.chat.ChatMessage;
import io.longreel.curriculum.chat.ChatPart;
import io.longreel.curriculum.chat.ChatQuestion;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A question with all of its images and videos, which stay where they are until this is closed.
 *
 * @param names of files that the client does not know, as places in its request
 */
record FoundMedia(ChatQuestion question, Map<String, String> names, List<Uploads.Held> held) implements AutoCloseable {

    /** Looks for the media of a request; holds none of them when one cannot be had. */
    static FoundMedia of(ChatRequest request, MediaSources sources) throws InterruptedException {
        Map<String, String> names = new HashMap<>();
        List<Uploads.Held> held = new ArrayList<>();
        boolean isComplete = false;
        try {
            List<ChatMessage> messages = new ArrayList<>();
            for (ChatRequest.Turn turn : request.turns()) {
                List<ChatPart> parts = new ArrayList<>();
                for (ChatRequest.Piece piece : turn.pieces()) {
                    parts.add(part(piece, sources, names, held));
                }
                messages.add(new ChatMessage(turn.role(), parts));
            }
            ChatQuestion question = new ChatQuestion(
                    messages, request.framesMax(), request.sampling(), request.newTokensMax(), request.stops());
            isComplete = true;
            return new FoundMedia(question, names, held);
        } finally {
            if (!isComplete) {
                held.forEach(Uploads.Held::close);
            }
        }
    }

    private static ChatPart part(
            ChatRequest.Piece piece, MediaSources sources, Map<String, String> names, List<Uploads.Held> held)
            throws InterruptedException {
        return switch (piece) {
            case ChatRequest.Said said -> new ChatPart.Text(said.text());
            case ChatRequest.Shown shown -> {
                MediaSources.Found found = sources.find(shown);
                found.held().ifPresent(file -> {
                    held.add(file);
                    names.put(file.file().toString(), shown.where());
                });
                yield new ChatPart.Media(found.medium());
            }
        };
    }

    @Override
    public void close() {
        held.forEach(Uploads.Held::close);
    }
}
