package io.longreel.chaos.scenario;

import io.longreel.chaos.process.ChildJvm;
import io.longreel.chaos.process.Job.Intervention;
import io.longreel.chaos.process.ObservedRun;
import java.util.List;

/**
 * What a scenario left behind.
 *
 * @param reference the same training, undisturbed
 * @param run the disturbed one, over
 * @param end of its seed
 * @param interventions what was done from outside
 * @param leftWorkers workers that still ran when their run was over
 */
public record Evidence(
        Scenario scenario,
        ObservedRun reference,
        ObservedRun run,
        ChildJvm.Outcome end,
        List<Intervention> interventions,
        List<String> leftWorkers) {
    public Evidence {
        interventions = List.copyOf(interventions);
        leftWorkers = List.copyOf(leftWorkers);
    }
}
