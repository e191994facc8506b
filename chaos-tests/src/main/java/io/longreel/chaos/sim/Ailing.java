package io.longreel.chaos.sim;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Which steps go wrong where, by the schedule. One thread. */
final class Ailing {
    private final List<Fault.NotFinite> notFinite;
    private final List<Fault.FlipBit> flips;
    private final Map<Fault, Set<Long>> struck = new HashMap<>();

    Ailing(Schedule schedule) {
        this.notFinite = schedule.faults().stream()
                .filter(Fault.NotFinite.class::isInstance)
                .map(Fault.NotFinite.class::cast)
                .toList();
        this.flips = schedule.faults().stream()
                .filter(Fault.FlipBit.class::isInstance)
                .map(Fault.FlipBit.class::cast)
                .toList();
    }

    /** Steps of the run whose samples are harmful wherever they are computed. */
    Set<Long> harmful(Schedule schedule) {
        Set<Long> steps = new TreeSet<>();
        for (Fault.NotFinite fault : notFinite) {
            if (fault.host().isEmpty()) {
                steps.add(schedule.steps().subList(0, fault.stage()).stream()
                                .mapToLong(Integer::longValue)
                                .sum()
                        + fault.step());
            }
        }
        return steps;
    }

    /** Whether any rank of the mesh sees a value that is not finite; all of them know, as they sum it up. */
    boolean isNotFinite(SimMesh mesh, int stage, int step) {
        return notFinite.stream()
                .filter(fault -> fault.stage() == stage && fault.step() == step)
                .anyMatch(fault -> fault.host().isEmpty()
                        || (mesh.isOn(fault.host()) && strikes(fault, mesh.generation(), fault.times())));
    }

    /** Whether a bit flips in this rank, which is the first one on its host. */
    boolean flipsABit(SimMesh mesh, int rank, int stage, int step) {
        return flips.stream()
                .filter(fault -> fault.stage() == stage && fault.step() == step)
                .anyMatch(fault -> mesh.worldSize() > 1 // nobody could tell
                        && mesh.firstRankOn(fault.host()) == rank
                        && strikes(fault, mesh.generation(), 1));
    }

    /** Once in a generation means for all ranks of it. */
    private boolean strikes(Fault fault, int generation, int times) {
        Set<Long> generations = struck.computeIfAbsent(fault, f -> new TreeSet<>());
        if (!generations.contains((long) generation) && generations.size() < times) {
            generations.add((long) generation);
        }
        return generations.contains((long) generation);
    }
}
