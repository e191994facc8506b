package io.longreel.runtime.launch;

import java.nio.file.Path;

/**
 * Where this process logs. The logging library reads the property when the first logger is made, so this is called
 * before, and holds no logger itself. Without the call there is no log file.
 */
public final class ProcessLog {
    /** Read by logback.xml. */
    private static final String FILE = "longreel.log.file";

    private ProcessLog() {}

    public static void writeTo(Path file) {
        System.setProperty(FILE, file.toAbsolutePath().toString());
    }
}
