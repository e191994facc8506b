package io.longreel.chaos.report;

import io.longreel.chaos.scenario.Incident;
import java.util.OptionalLong;

/** How long the parts of an incident took, in milliseconds from the moment the fault struck. */
public final class Times {
    private Times() {}

    /** Until the supervisor knew. */
    public static OptionalLong toNotice(Incident incident) {
        return since(incident, incident.noticedMs());
    }

    /** Until the ranks had their state back. */
    public static OptionalLong toRestore(Incident incident) {
        return since(incident, incident.restoredMs());
    }

    /** Until the next step was committed that had not been before. */
    public static OptionalLong toCommit(Incident incident) {
        return since(incident, incident.committedMs());
    }

    private static OptionalLong since(Incident incident, OptionalLong atMs) {
        return atMs.isEmpty() ? atMs : OptionalLong.of(Math.max(0, atMs.getAsLong() - incident.struckMs()));
    }
}
