package io.longreel.chaos.scenario;

import io.longreel.chaos.process.BoundedWait;
import io.longreel.chaos.process.ChildJvm;
import io.longreel.chaos.process.Job;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Partitions of a real network: node-1 has a network of its own, with one cable to that of all others, for control messages and frames alike. Beside
 * what the cable loses, the system's TCP and UDP do what they do.
 */
final class NetworkScenarios {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Duration CUT = Duration.ofSeconds(8);
    private static final String SEED_HOST = "10.77.0.1";
    private static final String AWAY = "10.77.0.2";

    /** The job is to be on its way when the partition heals: half a second more per step. */
    private static final String[] UNHURRIED = {
        "{at={rank=0,stage=0,step=5,steps=99,phase=idle},do=slow,for=500 ms,times=0}",
        "{at={rank=0,stage=1,step=0,steps=99,phase=idle},do=slow,for=500 ms,times=0}"
    };

    private NetworkScenarios() {}

    static List<Scenario> all() {
        return List.of(
                partition(
                        "partition",
                        "partition, full",
                        "For eight seconds nothing passes between a node and all others: a spare takes over, and the node that was away changes nothing.",
                        job -> {
                            fromAway(job, Namespaces.noRoute(SEED_HOST));
                            toAway(job, Namespaces.noRoute(AWAY));
                        },
                        job -> {
                            toAway(job, Namespaces.route("v0", SEED_HOST, AWAY));
                            fromAway(job, Namespaces.route("v1", AWAY, SEED_HOST));
                        }),
                partition(
                        "partition-one-way",
                        "partition, one-way",
                        "For eight seconds a node hears the others and is not heard.",
                        job -> fromAway(job, Namespaces.noRoute(SEED_HOST)),
                        job -> fromAway(job, Namespaces.route("v1", AWAY, SEED_HOST))));
    }

    /** Unless the node has ended meanwhile, because it found itself alone. */
    private static void fromAway(Job job, List<String> command) {
        if (!job.exitCodes().containsKey("node-1")) {
            inside(job.worker("node-1").pid(), job, command);
        }
    }

    private static void toAway(Job job, List<String> command) {
        inside(job.seed().pid(), job, command);
    }

    private static Scenario partition(
            String name, String fault, String summary, Scenario.Script cut, Scenario.Script heal) {
        return Scenario.of(name, fault, "training", summary)
                .unless(Namespaces::networkObstacle)
                .inNamespaces(Namespaces.network(SEED_HOST, AWAY))
                .set("cluster.seed-host=" + SEED_HOST, "recovery.spares=1")
                .faults(UNHURRIED)
                .byHand(job -> {
                    startWorkers(job);
                    job.awaitSteps(4, LIMIT);
                    job.note(fault + " between node-1 and the others");
                    cut.play(job);
                    BoundedWait.pass(CUT);
                    heal.play(job);
                })
                .check(Checks.ended(0), Checks.sameSteps(), Checks.sameModel(), Checks.noLeftWorkers())
                .check(Checks.journalHas("NodeLost", "nodeId=node-1"))
                .build();
    }

    /** Two beside the seed, one at the end of the cable. */
    private static void startWorkers(Job job) {
        long seed = job.seed().pid();
        List<String> beside = List.of("nsenter", "--target", Long.toString(seed), "--net", "--mount", "--");
        job.startWorker("node-0", beside, List.of());
        List<String> away = new ArrayList<>(beside);
        away.addAll(Namespaces.cableEnd(AWAY, SEED_HOST));
        ChildJvm remote = job.startWorker("node-1", away, List.of());
        job.startWorker("node-2", beside, List.of());
        Namespaces.awaitOwnNetwork(remote.pid(), seed);
        inside(seed, job, List.of("ip", "link", "set", "v1", "netns", Long.toString(remote.pid())));
    }

    private static void inside(long pid, Job job, List<String> command) {
        List<String> all = new ArrayList<>(List.of("nsenter", "--target", Long.toString(pid), "--net", "--"));
        all.addAll(command);
        job.shell(all.toArray(String[]::new));
    }
}
