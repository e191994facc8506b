package io.longreel.curriculum.chat;

import io.longreel.config.RuntimeFailure;

/** Hears an answer as it comes: pieces of text, then one end. Called by one thread at a time, which must not be held up. */
public interface AnswerListener {
    /** More of the answer: whole characters, at least one. */
    void text(String piece);

    /** The answer is over. */
    void done(ChatAnswer answer);

    /** There is no answer: nothing comes any more. */
    void failed(RuntimeFailure failure);
}
