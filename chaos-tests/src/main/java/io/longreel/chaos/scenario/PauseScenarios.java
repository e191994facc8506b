package io.longreel.chaos.scenario;

import java.util.List;

/** Processes that stand still, ranks that stand still or are slow, devices that fail. */
final class PauseScenarios {
    /** A process more than the mesh needs takes the place of one that cannot be started again, because it is not dead. */
    private static final String SPARE = "recovery.spares=1";

    private PauseScenarios() {}

    static List<Scenario> all() {
        return List.of(
                Scenario.of(
                                "stop-zombie",
                                "SIGSTOP 3 s",
                                "ring",
                                "A worker is stopped, but not so long that its media driver gives up; a spare takes over; the stopped one wakes up and is refused.")
                        .faults("{at={rank=2,step=7,phase=ring,occurrence=3},do=stop,for=3 s}")
                        .set(SPARE)
                        .check(Checks.unharmed())
                        .check(Checks.says("declared lost and its ranks are elsewhere"))
                        .build(),
                Scenario.of(
                                "stop-snapshot",
                                "SIGSTOP 5 s",
                                "snapshot",
                                "A worker is stopped while it sends its snapshot.")
                        .faults("{at={rank=2,step=7,phase=snapshot},do=stop,for=5 s}")
                        .set(SPARE)
                        .check(Checks.unharmed())
                        .build(),
                Scenario.of(
                                "pause",
                                "SIGSTOP 0.7 s",
                                "backward",
                                "A worker is stopped for less than a second, as by a long collection of garbage: nobody is replaced.")
                        .faults("{at={rank=2,step=7,phase=backward,occurrence=2},do=stop,for=700 ms}")
                        .check(Checks.unharmed())
                        .check(Checks.neverRecovered())
                        .build(),
                Scenario.of(
                                "hang",
                                "hang",
                                "optimizer",
                                "A rank stands still while its process lives and speaks; it is found by its progress.")
                        .faults("{at={rank=2,step=7,phase=optimizer,occurrence=3},do=hang,for=6 s}")
                        .set(SPARE, "recovery.progress-timeout=2 s")
                        .check(Checks.unharmed())
                        .build(),
                Scenario.of(
                                "slow",
                                "slow rank",
                                "backward",
                                "A rank computes something else for a while in every step; it is named, and stays.")
                        .faults("{at={rank=2,step=1,steps=11,phase=backward},do=slow,for=600 ms,times=0}")
                        .set("recovery.hang-timeout=15 s")
                        .check(Checks.unharmed())
                        .check(Checks.neverRecovered())
                        .check(Checks.says("rank 2 on node-1 is slow"))
                        .build(),
                Scenario.of(
                                "device-lost",
                                "device error",
                                "backward",
                                "A rank's computation fails; its process stays and computes the step again.")
                        .faults("{at={rank=1,step=7,phase=backward,occurrence=2},do=fail}")
                        .check(Checks.unharmed())
                        .build());
    }
}
