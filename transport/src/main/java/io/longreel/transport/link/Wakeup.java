package io.longreel.transport.link;

/** Ends the sleep of a rank's compute thread, if it sleeps. Called by any thread that changed something the rank may wait for. */
@FunctionalInterface
public interface Wakeup {
    void wake();
}
