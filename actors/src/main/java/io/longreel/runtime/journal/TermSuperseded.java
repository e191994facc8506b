package io.longreel.runtime.journal;

/**
 * Another supervisor has begun a newer term. Whoever gets this must not act any more: not on what it was about to write, and not on
 * anything behind it.
 */
public final class TermSuperseded extends RuntimeException {
    private static final long serialVersionUID = 1;

    TermSuperseded(int term) {
        super("another supervisor has taken the run up: this one's term %d is over".formatted(term));
    }
}
