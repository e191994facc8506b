package io.longreel.curriculum.chat;

import io.longreel.curriculum.corpus.Medium;

/** A piece of a message. */
public sealed interface ChatPart {

    /** What is said; nothing in it is a special token. */
    record Text(String text) implements ChatPart {}

    /** What is shown: a file that every rank can read. */
    record Media(Medium medium) implements ChatPart {}
}
