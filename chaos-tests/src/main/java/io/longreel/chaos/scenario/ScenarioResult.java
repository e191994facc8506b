package io.longreel.chaos.scenario;

import java.util.List;

/**
 * How a scenario went.
 *
 * @param complaints what was not as it must be; of one that was skipped, why
 * @param incidents each fault that struck, in order
 * @param durationMs wall time, without that of the undisturbed run
 * @param directory run directory
 */
public record ScenarioResult(
        String name,
        String fault,
        String phase,
        String summary,
        Verdict verdict,
        List<String> complaints,
        List<Incident> incidents,
        long durationMs,
        String directory) {

    /** What came out. */
    public enum Verdict {
        PASSED,
        FAILED,
        SKIPPED
    }

    public ScenarioResult {
        complaints = List.copyOf(complaints);
        incidents = List.copyOf(incidents);
    }
}
