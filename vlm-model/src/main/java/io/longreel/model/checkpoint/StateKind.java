package io.longreel.model.checkpoint;

import java.util.Locale;

/** What a vector of a training checkpoint is to its parameter. */
public enum StateKind {
    WEIGHT,
    /** AdamW's running mean of the gradient. */
    M,
    /** AdamW's running mean of the squared gradient. */
    V;

    /** Name in slice files; append-only. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
