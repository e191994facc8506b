package io.longreel.runtime.cli;

import io.longreel.config.RunConfigLoader;
import java.util.Iterator;

/** The names of the bundled configurations, for help texts. */
final class Presets implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
        return RunConfigLoader.presets().iterator();
    }
}
