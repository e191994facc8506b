package io.longreel.runtime.launch;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a process says of its memory when it ends: the run's report reads it in the logs. Stateless. */
final class MemoryLog {
    private static final Logger LOG = LoggerFactory.getLogger(MemoryLog.class);

    private MemoryLog() {}

    /** Most that was resident; nothing where the kernel does not say. */
    static void peak() {
        RunHistory.ownPeakBytes().ifPresent(bytes -> LOG.info("process.memory peakBytes={}", bytes));
    }
}
