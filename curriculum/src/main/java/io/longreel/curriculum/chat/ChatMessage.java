package io.longreel.curriculum.chat;

import io.longreel.curriculum.text.Role;
import java.util.List;

/** What somebody says and shows in a conversation, in order. */
public record ChatMessage(Role role, List<ChatPart> parts) {
    public ChatMessage {
        parts = List.copyOf(parts);
    }

    /** A message of text alone. */
    public static ChatMessage of(Role role, String text) {
        return new ChatMessage(role, List.of(new ChatPart.Text(text)));
    }
}
