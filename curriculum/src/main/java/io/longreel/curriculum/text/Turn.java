package io.longreel.curriculum.text;

/** What somebody says in a conversation. */
public record Turn(Role role, String text) {}
