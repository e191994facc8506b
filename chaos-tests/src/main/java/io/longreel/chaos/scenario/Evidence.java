package io.longreel.chaos.scenario;

import io.longreel.chaos.process.ChildJvm;
import io.longreel.chaos.process.Job.Intervention;
import io.longreel.chaos.process.ObservedRun;
import java.util.List;
import java.util.Map;

/**
 * What a scenario left behind.
 *
 * @param reference the same training, undisturbed
 * @param run the disturbed one, over
 * @param end of its seed
 * @param interventions what was done from outside
 * @param exitCodes of workers that were started by hand and have ended, by node
 * @param leftWorkers workers that still ran when their run was over
 */
public record Evidence(
        Scenario scenario,
        ObservedRun reference,
        ObservedRun run,
        ChildJvm.Outcome end,
        List<Intervention> interventions,
        Map<String, Integer> exitCodes,
        List<String> leftWorkers) {
    public Evidence {
        interventions = List.copyOf(interventions);
        exitCodes = Map.copyOf(exitCodes);
        leftWorkers = List.copyOf(leftWorkers);
    }
}
