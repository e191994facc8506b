package io.longreel.curriculum.chat;

import io.longreel.config.RuntimeFailure;

/** A question has more tokens than the model, or the ranks' cache, has room for; who asked may ask a shorter one. */
public final class PromptTooLong extends RuntimeFailure {
    private static final long serialVersionUID = 1L;

    public PromptTooLong(String message) {
        super(Category.DATA, message);
    }
}
