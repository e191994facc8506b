package io.longreel.model.disk.fault;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;

/** What a call of a {@link SimulatedDisk} meets instead of doing its work, in the words that Linux has for it. */
public enum DiskFault {
    /** The machine stops; what was not synced is in doubt. */
    POWER_LOST(""),
    IO_ERROR("Input/output error"),
    NO_SPACE("No space left on device"),
    READ_ONLY("Read-only file system");

    private final String reason;

    DiskFault(String reason) {
        this.reason = reason;
    }

    IOException at(Path path) {
        return new FileSystemException(path.toString(), null, reason);
    }
}
