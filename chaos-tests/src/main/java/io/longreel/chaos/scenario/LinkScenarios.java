package io.longreel.chaos.scenario;

import java.util.List;

/** Frames between ranks that are lost, late, doubled, damaged or held back, in the sending processes. */
final class LinkScenarios {
    /** Nobody is to be replaced here because a busy machine lets him wait. */
    private static final String PATIENCE = "recovery.hang-timeout=15 s";

    private LinkScenarios() {}

    static List<Scenario> all() {
        return List.of(
                Scenario.of(
                                "frame-corrupt",
                                "corrupt frame",
                                "ring",
                                "A bit of a frame between nodes is flipped on its way: found by its checksum, the step is computed again.")
                        .faults("{at={rank=0,step=7,phase=ring},do=corrupt,peers=[2]}")
                        .check(Checks.unharmed())
                        .build(),
                Scenario.of(
                                "frame-corrupt-local",
                                "corrupt frame",
                                "all-to-all",
                                "The same between two ranks of one process.")
                        .faults("{at={rank=0,step=7,phase=all-to-all},do=corrupt,peers=[1]}")
                        .check(Checks.unharmed())
                        .build(),
                Scenario.of(
                                "frame-lost",
                                "lost frame",
                                "ring",
                                "A frame between nodes never arrives: found by its number, the step is computed again.")
                        .faults("{at={rank=0,step=7,phase=ring},do=drop,peers=[2]}")
                        .set("transport.wait-timeout=3 s")
                        .check(Checks.unharmed())
                        .build(),
                Scenario.of(
                                "frames-lost",
                                "loss 2 %",
                                "ring",
                                "For two seconds one frame in fifty between two ranks is lost.")
                        .faults("{at={rank=0,step=7,phase=ring},do=drop,peers=[2],share=0.02,frames=0,for=2 s}")
                        .set("transport.wait-timeout=3 s", "recovery.attempts-max=50")
                        .check(Checks.unharmed())
                        .build(),
                Scenario.of(
                                "frames-twice",
                                "duplicates",
                                "all-to-all",
                                "For three seconds every third frame arrives twice: refused and counted, nobody waits.")
                        .faults("{at={rank=0,step=5,phase=all-to-all},do=duplicate,share=0.33,frames=0,for=3 s}")
                        .set(PATIENCE)
                        .check(Checks.unharmed())
                        .check(Checks.neverRecovered())
                        .build(),
                Scenario.of(
                                "frames-late",
                                "delay",
                                "all-to-all",
                                "For three seconds frames are held for up to ten milliseconds and overtake each other.")
                        .faults("{at={rank=0,step=5,phase=all-to-all},do=delay,frames=0,for=3 s}")
                        .set(PATIENCE)
                        .check(Checks.unharmed())
                        .check(Checks.neverRecovered())
                        .build(),
                Scenario.of(
                                "links-cut",
                                "partition, data",
                                "ring",
                                "For six seconds no frame passes between the nodes, while control messages do.")
                        .faults(
                                "{at={rank=0,step=7,phase=ring},do=partition,peers=[2,3],for=6 s}",
                                "{at={rank=1,step=7,phase=ring},do=partition,peers=[2,3],for=6 s}")
                        .set("transport.wait-timeout=2 s", "recovery.attempts-max=50")
                        .check(Checks.unharmed())
                        .build());
    }
}
