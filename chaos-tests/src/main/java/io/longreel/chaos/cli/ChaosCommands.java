package io.longreel.chaos.cli;

import io.longreel.runtime.cli.CommandProvider;
import java.util.List;

/** What this module adds to {@code bin/longreel}. */
public final class ChaosCommands implements CommandProvider {
    @Override
    public List<Object> commands() {
        return List.of(new ChaosCommand());
    }
}
