package io.longreel.runtime.cli;

import java.util.List;

/** Commands of a module that the runtime does not know; found by {@link java.util.ServiceLoader}. */
public interface CommandProvider {

    /** Fresh picocli {@code @Command} instances, in the order of the help. */
    List<Object> commands();
}
