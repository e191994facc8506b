package io.longreel.curriculum.corpus;

/** One message of a conversation. Its text has no blanks at either end and may be empty. */
public record Turn(Role role, String text) {
    /** Who speaks. */
    public enum Role {
        SYSTEM,
        USER,
        ASSISTANT
    }
}
