package io.longreel.chaos.process;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.curriculum.chat.ChatMessage;
import io.longreel.curriculum.chat.ChatPart;
import io.longreel.curriculum.chat.ChatQuestion;
import io.longreel.curriculum.corpus.Medium;
import io.longreel.curriculum.text.Role;
import io.longreel.model.generate.Sampling;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A question, as a client writes it and as an engine in this process takes it. */
record Asked(String text, Optional<Medium> medium, int frames, Sampling sampling, int newTokensMax) {

    ChatQuestion question() {
        List<ChatPart> parts = new ArrayList<>();
        medium.ifPresent(shown -> parts.add(new ChatPart.Media(shown)));
        parts.add(new ChatPart.Text(text));
        return new ChatQuestion(List.of(new ChatMessage(Role.USER, parts)), frames, sampling, newTokensMax, List.of());
    }

    String json(boolean isStreamed) {
        ObjectNode root = JsonNodeFactory.instance
                .objectNode()
                .put("stream", isStreamed)
                .put("max_tokens", newTokensMax)
                .put("temperature", sampling.temperature())
                .put("top_k", sampling.topK())
                .put("top_p", sampling.topP())
                .put("repetition_penalty", sampling.repetitionPenalty())
                .put("seed", sampling.seed());
        if (frames > 0) {
            root.put("frames_max", frames);
        }
        ArrayNode parts =
                root.putArray("messages").addObject().put("role", "user").putArray("content");
        medium.ifPresent(shown -> {
            String type = shown.kind() == Medium.Kind.VIDEO ? "video_url" : "image_url";
            parts.addObject()
                    .put("type", type)
                    .putObject(type)
                    .put("url", shown.file().toUri().toString());
        });
        parts.addObject().put("type", "text").put("text", text);
        return root.toString();
    }
}
