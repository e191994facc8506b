package io.longreel.chaos.scenario;

import java.util.List;
import java.util.stream.Stream;

/** {@code kill -9} of a worker, wherever its rank may be. */
final class KillScenarios {
    private KillScenarios() {}

    static List<Scenario> all() {
        return Stream.of(
                        inStep("idle", 1),
                        inStep("data", 1),
                        inStep("all-to-all", 5),
                        inStep("ring", 3),
                        inStep("backward", 2),
                        inStep("optimizer", 3),
                        inStep("vote", 1))
                .toList();
    }

    private static Scenario inStep(String phase, int occurrence) {
        return Scenario.of(
                        "kill-" + phase,
                        "kill -9",
                        phase,
                        "A worker is killed in the phase %s of a step; another process takes its place."
                                .formatted(phase))
                .faults("{at={rank=2,step=7,phase=%s,occurrence=%d},do=kill}".formatted(phase, occurrence))
                .check(Checks.unharmed())
                .build();
    }
}
