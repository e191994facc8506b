package io.longreel.chaos.sim;

import java.util.List;

/**
 * A run and what goes wrong in it.
 *
 * @param nodes that the run wants
 * @param spares more nodes than that, from the start
 * @param steps of each stage
 * @param evaluated whether stages end with a needle test
 * @param checkpointEvery steps; 0: only at the ends of stages
 * @param snapshotEvery steps; 0: as often as costs allow
 * @param stepUs longest computation of a step
 * @param isElastic whether the mesh may shrink; otherwise the run may end because nodes stay away
 */
record Schedule(
        long seed,
        int nodes,
        int ranksPerNode,
        int spares,
        int replicas,
        List<Integer> steps,
        boolean evaluated,
        int commitWindow,
        int checkpointEvery,
        int snapshotEvery,
        long stepUs,
        boolean isElastic,
        List<Fault> faults) {

    Schedule {
        steps = List.copyOf(steps);
        faults = List.copyOf(faults);
    }

    static String host(int node) {
        return "node-%02d".formatted(node);
    }

    int worldSize() {
        return nodes * ranksPerNode;
    }

    int totalSteps() {
        return steps.stream().mapToInt(Integer::intValue).sum();
    }

    /** When the last fault is over. */
    long healedMs() {
        return faults.stream().mapToLong(Fault::healedMs).max().orElse(0);
    }

    Schedule with(List<Fault> others) {
        return new Schedule(
                seed,
                nodes,
                ranksPerNode,
                spares,
                replicas,
                steps,
                evaluated,
                commitWindow,
                checkpointEvery,
                snapshotEvery,
                stepUs,
                isElastic,
                others);
    }
}
