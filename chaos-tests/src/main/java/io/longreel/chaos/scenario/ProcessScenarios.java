package io.longreel.chaos.scenario;

import io.longreel.chaos.process.Job;
import io.longreel.chaos.scenario.Scenario.Check;
import java.time.Duration;
import java.util.List;

/** Processes that come and go as their users want it: leaving in order, fewer nodes, more nodes, everything killed and taken up again. */
final class ProcessScenarios {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    /** What another mesh may differ by: it adds in another order. */
    private static final double OTHER_MESH = 1e-4;

    private ProcessScenarios() {}

    static List<Scenario> all() {
        return List.of(leave(), shrinkAndGrow(), killAll());
    }

    private static Scenario leave() {
        return Scenario.of(
                        "leave",
                        "SIGTERM to a worker",
                        "training",
                        "A worker is asked to end: its ranks move to a spare at a step's end, no step is computed again, and it ends with exit code 0.")
                .set("recovery.spares=1")
                .byHand(job -> {
                    start(job, "node-0", "node-1", "node-2");
                    job.awaitSteps(5, LIMIT);
                    ProcessHandle leaving = job.worker("node-1");
                    job.signal(leaving, "TERM", "the worker of node-1");
                    job.await("the end of node-1", LIMIT, () -> !leaving.isAlive());
                })
                .check(Checks.unharmed())
                .check(Checks.workerEnded("node-1", 0), nothingAgain())
                .build();
    }

    private static Scenario shrinkAndGrow() {
        return Scenario.of(
                        "shrink-grow",
                        "kill -9, no spare",
                        "training",
                        "A node is lost and none is there in its place: training goes on over what is left (slowly, for the new node to be in time), and on the whole mesh when one comes.")
                .set("recovery.wait-for-nodes=2 s")
                .faults(
                        "{at={rank=0,stage=0,step=5,steps=99,phase=idle},do=slow,for=700 ms,times=0}",
                        "{at={rank=0,stage=1,step=0,steps=99,phase=idle},do=slow,for=700 ms,times=0}")
                .byHand(job -> {
                    start(job, "node-0", "node-1");
                    job.awaitSteps(4, LIMIT);
                    job.signal(job.worker("node-1"), "KILL", "the worker of node-1");
                    job.awaitSteps(job.run().committedSteps() + 3, LIMIT);
                    job.note("a new worker for node-1");
                    start(job, "node-1");
                })
                .check(Checks.ended(0), Checks.closeSteps(OTHER_MESH), Checks.noLeftWorkers())
                .check(Checks.journalHas("Placed", "nodeIds=\\[node-0, node-0\\]"))
                .check(Checks.lastPlacementHas("nodeIds=\\[node-0, node-0, node-1, node-1\\]"))
                .build();
    }

    private static Scenario killAll() {
        return Scenario.of(
                        "kill-everything",
                        "kill -9, all processes",
                        "training",
                        "The seed and all workers are killed; resume goes on behind the last checkpoint.")
                .script(job -> {
                    job.awaitSteps(8, LIMIT);
                    job.signal(job.seed().handle(), "KILL", "the seed, and with it its workers");
                    job.outcomeOfSeed(LIMIT);
                    job.resume();
                })
                .check(Checks.unharmed())
                .build();
    }

    static void start(Job job, String... nodeIds) {
        for (String nodeId : nodeIds) {
            job.startWorker(nodeId);
        }
    }

    private static Check nothingAgain() {
        return evidence -> Timeline.of(evidence.run(), evidence.interventions()).stream()
                .filter(incident -> incident.stepsAgain() > 0)
                .map(incident ->
                        "%d steps were computed again after %s".formatted(incident.stepsAgain(), incident.what()))
                .toList();
    }
}
