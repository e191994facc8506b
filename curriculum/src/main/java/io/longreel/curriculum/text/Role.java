package io.longreel.curriculum.text;

/** Who says something. */
public enum Role {
    SYSTEM,
    USER,
    ASSISTANT
}
