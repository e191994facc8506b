package io.longreel.runtime.supervisor;

import java.util.Optional;

/**
 * What people have asked of the run and is not done yet. Immutable.
 *
 * @param wantsCheckpoint behind the next step that is begun
 * @param killed the process that was told last to kill itself
 */
public record Orders(Pause pause, boolean wantsCheckpoint, Optional<String> killed) {
    /** Whether the run is to stand still, and does. */
    public enum Pause {
        NONE,
        ORDERED,
        STANDING
    }

    static final Orders NONE = new Orders(Pause.NONE, false, Optional.empty());

    boolean isPaused() {
        return pause != Pause.NONE;
    }

    Orders with(Pause next) {
        return new Orders(next, wantsCheckpoint, killed);
    }

    /** Ranks are placed anew: a run that stood still does so again when it has its state back. */
    Orders moved() {
        return pause == Pause.STANDING ? with(Pause.ORDERED) : this;
    }

    Orders wantingCheckpoint(boolean wants) {
        return new Orders(pause, wants, killed);
    }

    Orders killing(String processId) {
        return new Orders(pause, wantsCheckpoint, Optional.of(processId));
    }
}
