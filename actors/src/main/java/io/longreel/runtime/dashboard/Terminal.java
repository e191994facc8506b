package io.longreel.runtime.dashboard;

import java.io.Console;
import java.util.Optional;

/** Where output goes. */
public final class Terminal {
    private Terminal() {}

    /** Whether a person may be watching: only then lines are drawn over, and coloured. */
    public static boolean isThere() {
        return Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
    }
}
