package io.longreel.chaos.scenario;

import java.util.List;
import java.util.stream.Stream;

/** {@code kill -9} of workers: in every phase, several at once, and while the run gets over another fault. */
final class KillScenarios {
    /** Four nodes of one rank each, so that some nodes can be lost and others not. */
    private static final String[] FOUR_NODES = {"cluster={nodes=4,ranks-per-node=1}", "mesh={ring=4,ulysses=1}"};

    private KillScenarios() {}

    static List<Scenario> all() {
        return Stream.of(phases(), together(), recovery(), flapping())
                .flatMap(List::stream)
                .toList();
    }

    private static List<Scenario> phases() {
        return List.of(
                kill("idle", "step=7", 1),
                kill("data", "step=7", 1),
                kill("all-to-all", "step=7", 5),
                kill("ring", "step=7", 3),
                kill("backward", "step=7", 2),
                kill("optimizer", "step=7", 3),
                kill("snapshot", "step=7", 1),
                kill("vote", "step=7", 1),
                kill("evaluate", "stage=1,step=8", 2));
    }

    private static Scenario kill(String phase, String step, int occurrence) {
        return Scenario.of(
                        "kill-" + phase,
                        "kill -9",
                        phase,
                        "A worker is killed in the phase %s; another process takes its place.".formatted(phase))
                .faults("{at={rank=2,%s,phase=%s,occurrence=%d},do=kill}".formatted(step, phase, occurrence))
                .check(Checks.unharmed())
                .build();
    }

    private static List<Scenario> together() {
        return List.of(
                Scenario.of(
                                "double-kill-all",
                                "two nodes",
                                "idle",
                                "Both nodes are killed at once: no memory holds the state, the last checkpoint does.")
                        .faults("{at={rank=0,step=7,phase=idle},do=kill}", "{at={rank=2,step=7,phase=idle},do=kill}")
                        .check(Checks.unharmed())
                        .check(Checks.journalHas("Restored", "checkpoint|step-"))
                        .build(),
                Scenario.of(
                                "double-kill-apart",
                                "two nodes",
                                "ring",
                                "Two of four nodes are killed at once; the other two hold copies of their state.")
                        .training(FOUR_NODES)
                        .faults("{at={rank=0,step=7,phase=ring},do=kill}", "{at={rank=2,step=7,phase=ring},do=kill}")
                        .check(Checks.unharmed())
                        .check(Checks.journalHas("Restored", "memor"))
                        .build(),
                Scenario.of(
                                "double-kill-replica",
                                "node + its replica",
                                "ring",
                                "A node is killed together with the one that holds its copy.")
                        .training(FOUR_NODES)
                        .faults("{at={rank=1,step=7,phase=ring},do=kill}", "{at={rank=2,step=7,phase=ring},do=kill}")
                        .check(Checks.unharmed())
                        .build());
    }

    private static List<Scenario> recovery() {
        return List.of(
                Scenario.of(
                                "kill-recovery",
                                "kill -9, three deep",
                                "connect, restore",
                                "The process that takes a killed one's place is killed while it connects, and the next one while it restores.")
                        .faults(
                                "{at={rank=2,step=7,phase=vote},do=kill}",
                                "{at={rank=2,step=6,steps=3,phase=connect},do=kill}",
                                "{at={rank=2,step=6,steps=3,phase=restore},do=kill}")
                        .set("recovery.quarantine.losses=9")
                        .check(Checks.unharmed())
                        .build(),
                Scenario.of(
                                "kill-survivor",
                                "kill -9, twice",
                                "restore",
                                "The survivor is killed while it hands the state to the process that takes the killed one's place.")
                        .faults(
                                "{at={rank=2,step=7,phase=vote},do=kill}",
                                "{at={rank=0,step=6,steps=3,phase=restore},do=kill}")
                        .check(Checks.unharmed())
                        .build());
    }

    private static List<Scenario> flapping() {
        return List.of(Scenario.of(
                        "flapping",
                        "flapping node",
                        "idle",
                        "A node is killed three times in a minute and has to wait before it may join again.")
                .faults(
                        "{at={rank=2,step=3,phase=idle},do=kill}",
                        "{at={rank=2,step=5,phase=idle},do=kill}",
                        "{at={rank=2,step=7,phase=idle},do=kill}")
                .set("recovery.quarantine={losses=3,within=120 s,back-off=4 s}", "recovery.wait-for-nodes=60 s")
                .check(Checks.unharmed())
                .check(Checks.journalHas("NodeQuarantined", "node-1"))
                .build());
    }
}
