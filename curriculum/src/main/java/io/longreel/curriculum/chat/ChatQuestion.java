package io.longreel.curriculum.chat;

import io.longreel.config.RuntimeFailure;
import io.longreel.model.generate.Sampling;
import java.util.List;

/**
 * A conversation that the assistant is to go on with.
 *
 * @param messages at least one; the last is not the assistant's
 * @param framesMax most frames that are taken of each video, evenly spread; 0 = as many as the service is set to
 * @param newTokensMax where an answer is cut off; at least 1
 * @param stops texts at which the answer ends; they are not part of it
 */
public record ChatQuestion(
        List<ChatMessage> messages, int framesMax, Sampling sampling, int newTokensMax, List<String> stops) {
    public ChatQuestion {
        messages = List.copyOf(messages);
        stops = List.copyOf(stops);
        if (messages.isEmpty()) {
            throw RuntimeFailure.data("a question must have a message: messages=0");
        }
        if (framesMax < 0) {
            throw RuntimeFailure.data("frames of a video must be at least 0: framesMax=%d".formatted(framesMax));
        }
        if (newTokensMax < 1) {
            throw RuntimeFailure.data("an answer must have room for a token: newTokensMax=%d".formatted(newTokensMax));
        }
        if (stops.stream().anyMatch(String::isEmpty)) {
            throw RuntimeFailure.data("a stop text must not be empty");
        }
    }
}
