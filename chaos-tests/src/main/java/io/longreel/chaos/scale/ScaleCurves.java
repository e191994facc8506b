package io.longreel.chaos.scale;

import io.longreel.chaos.sim.ControlLoad;
import java.util.Comparator;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;

/** A job from 8 to 4,096 ranks: what grows with it. Assumptions stand here, each with what it stands for; docs/scale.md repeats them. */
public final class ScaleCurves {
    /** Ranks of a node. */
    public static final int PER_NODE = 8;

    /** 419 unplanned interruptions of 16,384 GPUs in 54 days (Llama 3 405B). */
    public static final double LLAMA3_FAULTS = 419.0 / (16_384 * 54.0 * 24);

    /** A mean time to failure of 7.9 h at 1,024 GPUs (Meta's research clusters, arXiv 2410.21680). */
    public static final double RESEARCH_FAULTS = 1 / (7.9 * 1024);

    private static final int NODES_MAX = 512;

    /** A step of Llama-3-8B with 8K tokens a rank, 512K tokens on 64 H100, as the planner has it; more ranks are more replicas. */
    public static final double STEP_SECONDS = 13;

    private static final int LAYERS = 32;

    /** Nodes of a replica at most. */
    private static final int RING_MAX = 8;

    /** Keys and values of 64K tokens of one head, 34 MB, over 50 GB/s. */
    private static final double HOP_SECONDS = 0.0007;

    private static final double NODE_SPREAD = 0.01;
    private static final double WORK_SPREAD = 0.03;
    private static final int STEPS = 5;

    /** Jobs that are played for each size. */
    private static final int DRAWN = 3;

    /** Serializing one message to a rank and handing it to the network. */
    private static final double SEND_SECONDS = 20e-6;

    /** Opening a link to one peer; a rank opens one to every other. */
    private static final double LINK_SECONDS = 200e-6;

    /** State of a rank: 16 bytes for each of 8 billion weights, cut over all ranks, from a peer over 50 GB/s. */
    private static final double STATE_BYTES = 16 * 8.03e9;

    private static final double PEER_BYTES_PER_SECOND = 50e9;
    private static final double COPY_BYTES_PER_SECOND = 20e9;
    private static final double CHECKPOINT_SECONDS = 30;
    private static final double RESTART_SECONDS = 600;
    private static final double CHECKPOINT_EVERY_SECONDS = 1800;
    private static final double DAYS = 60;

    private ScaleCurves() {}

    /**
     * @param load of the supervisor, measured
     * @param busyShare of a processor core that the supervisor's decisions and sending take while the job trains
     * @param voteSeconds from the last rank's end of a step until the first rank begins the next, when nothing is in flight ahead
     * @param waitShare by which a step is longer than its work, as nodes are unequal and wait for each other
     * @param recoverySeconds from a node's death to the next new step, without computing it
     * @param goodput with copies in the memory of peers and a spare; {@code goodputResearch} with the higher rate of faults
     * @param goodputRestart with a checkpoint of 30 s as often as is best and a restart of 600 s; {@code goodputRestartResearch} likewise
     */
    public record Row(
            int ranks,
            ControlLoad load,
            double busyShare,
            double voteSeconds,
            double waitShare,
            double recoverySeconds,
            double goodput,
            double goodputResearch,
            double goodputRestart,
            double goodputRestartResearch) {}

    /** Doubling from one node to 512. */
    public static List<Row> of(long seed, LongSupplier clockNs) {
        return IntStream.iterate(2, nodes -> nodes <= NODES_MAX, nodes -> 2 * nodes)
                .mapToObj(nodes -> row(nodes, seed, clockNs))
                .toList();
    }

    /** Of a few drawn jobs the one whose recovery is neither the quickest nor the slowest. */
    private static Row row(int nodes, long seed, LongSupplier clockNs) {
        ControlLoad middle = IntStream.range(0, DRAWN)
                .mapToObj(i -> ControlLoad.of(nodes, PER_NODE, seed + i, clockNs))
                .sorted(Comparator.comparingLong(ControlLoad::committedMs))
                .toList()
                .get(DRAWN / 2);
        return row(middle, nodes, seed);
    }

    private static Row row(ControlLoad load, int nodes, long seed) {
        int ranks = nodes * PER_NODE;
        double decideSeconds = load.decideNsPerStep() / 1e9;
        double sendSeconds = ranks * SEND_SECONDS;
        double beatSeconds = load.beatsPerSecond() * load.decideNsPerBeat() / 1e9;
        double recovery = recovery(load, ranks);
        return new Row(
                ranks,
                load,
                (decideSeconds + sendSeconds) / STEP_SECONDS + beatSeconds,
                decideSeconds + sendSeconds,
                waits(nodes, seed),
                recovery,
                inMemory(ranks, LLAMA3_FAULTS, recovery, seed),
                inMemory(ranks, RESEARCH_FAULTS, recovery, seed),
                restart(ranks, LLAMA3_FAULTS, seed),
                restart(ranks, RESEARCH_FAULTS, seed));
    }

    private static double waits(int nodes, long seed) {
        StepSchedule schedule = new StepSchedule(
                nodes, Math.min(nodes, RING_MAX), LAYERS, STEP_SECONDS, HOP_SECONDS, NODE_SPREAD, WORK_SPREAD);
        return IntStream.range(0, STEPS)
                                .mapToDouble(step -> schedule.seconds(seed + step))
                                .average()
                                .orElse(0)
                        / STEP_SECONDS
                - 1;
    }

    /** What the protocol takes under virtual time, without the step that is computed again, and what it leaves out: decisions, messages, links, bytes. */
    private static double recovery(ControlLoad load, int ranks) {
        double protocol = Math.max(0, load.committedMs() / 1e3 - 1);
        return protocol
                + load.recoveryNs() / 1e9
                + 3 * ranks * SEND_SECONDS
                + ranks * LINK_SECONDS
                + STATE_BYTES / ranks / PEER_BYTES_PER_SECOND;
    }

    private static double inMemory(int ranks, double faults, double recoverySeconds, long seed) {
        double copy = STATE_BYTES / ranks / COPY_BYTES_PER_SECOND;
        // No more often than a step, and no more than a hundredth of the time (recovery.snapshot-cost-max).
        double every = Math.max(
                STEP_SECONDS,
                Math.max(copy / 0.01, Math.min(Goodput.bestInterval(copy, faults, ranks), 10 * STEP_SECONDS)));
        return new Goodput(
                        ranks,
                        PER_NODE,
                        faults,
                        every,
                        copy,
                        recoverySeconds,
                        CHECKPOINT_EVERY_SECONDS,
                        RESTART_SECONDS)
                .share(DAYS, seed);
    }

    private static double restart(int ranks, double faults, long seed) {
        return new Goodput(
                        ranks,
                        PER_NODE,
                        faults,
                        Goodput.bestInterval(CHECKPOINT_SECONDS, faults, ranks),
                        CHECKPOINT_SECONDS,
                        RESTART_SECONDS,
                        0,
                        RESTART_SECONDS)
                .share(DAYS, seed);
    }
}
