package io.longreel.runtime.launch;

import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The end of this process as the system makes it when it is out of memory: no handler, no shutdown hook, no flush. Any thread. */
final class OwnDeath {
    private static final Logger LOG = LoggerFactory.getLogger(OwnDeath.class);
    /** As shells have it: 128 + the number of SIGKILL. */
    private static final int KILLED = 137;

    private OwnDeath() {}

    /** Returns, if at all, only until the signal arrives. */
    static void now() {
        String pid = Long.toString(ProcessHandle.current().pid());
        try { // the JDK refuses to do that to its own process
            var unused = new ProcessBuilder("kill", "-KILL", pid)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) { // a machine without procps: as abrupt for everybody else
            LOG.warn("worker.no-kill cause=\"{}\"", e.toString());
            Runtime.getRuntime().halt(KILLED);
        }
    }
}
