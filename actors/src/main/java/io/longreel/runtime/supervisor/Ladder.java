package io.longreel.runtime.supervisor;

import io.longreel.runtime.protocol.HeldSlice;
import io.longreel.runtime.protocol.SnapshotId;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where the state is to come from: the newest snapshot of which every slice lies in the memory of some process that will host ranks; else the
 * newest whole checkpoint; else the run's beginning.
 */
final class Ladder {
    private Ladder() {}

    /**
     * What is known without a look at the disk; empty when one is needed.
     *
     * @param held what each process has in memory
     * @param hosts processes that will host ranks
     */
    static Optional<Source> best(SupervisorState state, Map<String, List<HeldSlice>> held, Collection<String> hosts) {
        boolean mayBeWrong = state.suspicion().map(Suspicion::distrustsMemory).orElse(false);
        Optional<Source> memory = mayBeWrong
                ? Optional.empty()
                : newestWhole(state.progress(), held, hosts)
                        .map(id -> new Source.Memory(id, state.plan().position(id.stage(), id.step())));
        if (memory.isPresent()) {
            return memory;
        }
        boolean nothingIsNew = state.committed().equals(state.plan().start().position());
        return nothingIsNew ? Optional.of(beginning(state.plan())) : Optional.empty();
    }

    /** Where the run began, in this process. */
    static Source beginning(JobPlan plan) {
        return plan.start()
                .checkpoint()
                .<Source>map(
                        directory -> new Source.Disk(directory, plan.start().position()))
                .orElseGet(Source.Beginning::new);
    }

    private static Optional<SnapshotId> newestWhole(
            Progress progress, Map<String, List<HeldSlice>> held, Collection<String> hosts) {
        Map<SnapshotId, BitSet> missing = new HashMap<>();
        for (String host : hosts) {
            for (HeldSlice slice : held.getOrDefault(host, List.of())) {
                missing.computeIfAbsent(slice.snapshot(), id -> all(slice.worldSize()))
                        .clear(slice.rank());
            }
        }
        return missing.entrySet().stream()
                .filter(entry -> entry.getValue().isEmpty())
                .map(Map.Entry::getKey)
                .filter(progress::trusts)
                .max(Comparator.comparingInt(SnapshotId::stage)
                        .thenComparingInt(SnapshotId::step)
                        .thenComparingInt(SnapshotId::generation));
    }

    private static BitSet all(int worldSize) {
        BitSet ranks = new BitSet(worldSize);
        ranks.set(0, worldSize);
        return ranks;
    }
}
