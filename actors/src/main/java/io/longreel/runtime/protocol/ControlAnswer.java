package io.longreel.runtime.protocol;

/**
 * What became of a control.
 *
 * @param text one sentence for whoever asked: what happens now, or why nothing does
 */
public record ControlAnswer(Outcome outcome, String text) {
    /** How it was taken. */
    public enum Outcome {
        /** It is done, or will be when its time comes. */
        ACCEPTED,
        /** It was so before; nothing changes. */
        ALREADY,
        /** It cannot be done, and nothing changes. */
        REFUSED
    }

    public ControlAnswer {
        Facts.notBlank(text, "text");
    }
}
