package io.longreel.chaos.scenario;

import io.longreel.chaos.process.Job;
import java.time.Duration;
import java.util.List;

/** The process that hosts the supervisor is killed; another one takes the supervisor's part. */
final class SupervisorScenarios {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int SIGKILLED = 137;

    private SupervisorScenarios() {}

    static List<Scenario> all() {
        return List.of(
                Scenario.of(
                                "kill-supervisor",
                                "kill -9, supervisor",
                                "training",
                                "The seed is killed: a worker takes the supervisor's part and goes on from the journal and the nodes' memories.")
                        .set("recovery.spares=1")
                        .byHand(job -> {
                            ProcessScenarios.start(job, "node-0", "node-1", "node-2");
                            job.awaitSteps(6, LIMIT);
                            killSeed(job);
                            job.outliving(LIMIT);
                        })
                        .check(Checks.ended(SIGKILLED), Checks.sameSteps(), Checks.sameModel(), Checks.noLeftWorkers())
                        .check(Checks.workerEnded("node-0", 0), Checks.workerEnded("node-1", 0))
                        .check(Checks.journalHas("TermBegan", "term=2"))
                        .build(),
                Scenario.of(
                                "kill-supervisor-and-node",
                                "kill -9, supervisor + node",
                                "training",
                                "The seed and a worker are killed at once; the others go on with a spare.")
                        .set("recovery.spares=1")
                        .byHand(job -> {
                            ProcessScenarios.start(job, "node-0", "node-1", "node-2");
                            job.awaitSteps(6, LIMIT);
                            job.signal(job.worker("node-1"), "KILL", "the worker of node-1");
                            killSeed(job);
                            job.outliving(LIMIT);
                        })
                        .check(Checks.ended(SIGKILLED), Checks.sameSteps(), Checks.sameModel(), Checks.noLeftWorkers())
                        .check(Checks.workerEnded("node-0", 0), Checks.workerEnded("node-2", 0))
                        .build());
    }

    private static void killSeed(Job job) {
        job.signal(job.seed().handle(), "KILL", "the seed");
    }
}
