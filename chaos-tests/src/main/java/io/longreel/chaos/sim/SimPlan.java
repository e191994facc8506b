package io.longreel.chaos.sim;

import io.longreel.chaos.checker.RunChecks;
import io.longreel.config.RecoverySettings;
import io.longreel.config.StageSettings.Needle;
import io.longreel.config.topology.Mesh;
import io.longreel.runtime.supervisor.JobPlan;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The run of a schedule, as the supervisor gets it and as it should come out. */
final class SimPlan {
    private SimPlan() {}

    /** Recoveries are not to be counted out: a schedule may have many in a row. */
    static JobPlan of(Schedule schedule) {
        RecoverySettings recovery = new RecoverySettings(
                40,
                schedule.spares() + 2,
                Duration.ofMillis(1_500),
                Duration.ofSeconds(6),
                Duration.ofSeconds(20),
                schedule.isElastic(),
                schedule.replicas(),
                schedule.snapshotEvery(),
                0.01,
                new RecoverySettings.Quarantine(3, Duration.ofSeconds(60), Duration.ofSeconds(5)),
                new RecoverySettings.Guard(true, 0, 0));
        List<JobPlan.StagePlan> stages = new ArrayList<>();
        for (int stage = 0; stage < schedule.steps().size(); stage++) {
            stages.add(new JobPlan.StagePlan(
                    "stage-" + stage,
                    schedule.steps().get(stage),
                    schedule.evaluated()
                            ? Optional.of(new Needle("needle-" + stage, List.of(2, 4), 2, 1))
                            : Optional.empty(),
                    true));
        }
        return new JobPlan(
                "simulated",
                new Mesh(1, schedule.nodes(), schedule.ranksPerNode()),
                schedule.nodes(),
                schedule.ranksPerNode(),
                schedule.commitWindow(),
                schedule.checkpointEvery(),
                30_000,
                recovery,
                schedule.ranksPerNode(),
                1,
                "longreel {}",
                1,
                SimDisk.RUN,
                stages,
                JobPlan.Start.fresh(1),
                true,
                List.of());
    }

    /** What an undisturbed run comes to. */
    static RunChecks.Expected expectedOf(Schedule schedule, Ailing ailing) {
        var harmful = ailing.harmful(schedule);
        int[] steps = schedule.steps().stream().mapToInt(Integer::intValue).toArray();
        List<Double> losses = new ArrayList<>();
        List<Long> models = new ArrayList<>();
        long state = ModelState.initial(schedule.seed());
        long globalStep = 0;
        for (int stage = 0; stage < steps.length; stage++) {
            state = ModelState.begun(state, stage);
            for (int step = 0; step < steps[stage]; step++) {
                boolean isHarmful = harmful.contains(globalStep++);
                state = isHarmful ? state : ModelState.stepped(state, stage, step);
                losses.add(isHarmful ? Double.NaN : ModelState.loss(state));
            }
            state = ModelState.ended(state, stage);
            models.add(state);
        }
        return new RunChecks.Expected(schedule.steps(), losses, models);
    }
}
