package io.longreel.runtime.supervisor;

import io.longreel.config.topology.Mesh;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;

/** Where ranks can live: as many nodes as the mesh needs, in the order of their slots. */
record Places(Mesh mesh, List<Member> nodes) {
    Places {
        nodes = List.copyOf(nodes);
    }

    List<String> processIds() {
        return nodes.stream().map(Member::processId).toList();
    }

    /**
     * The whole mesh where there are nodes enough; otherwise, when it is no use to wait, the nearest one over what is left.
     */
    static Optional<Places> find(SupervisorState state, boolean isLate) {
        List<Member> available = state.crew().available();
        JobPlan plan = state.plan();
        if (available.size() >= plan.nodes()) {
            return Optional.of(new Places(plan.mesh(), slots(state, available, plan.nodes())));
        }
        boolean isLeave = state.crew().members().values().stream().anyMatch(Member::isLeaving)
                && state.recovery().map(r -> r.failures().isEmpty()).orElse(true);
        boolean mayShrink = plan.recovery().isElastic() && !available.isEmpty() && (isLate || isLeave);
        if (!mayShrink) {
            return Optional.empty();
        }
        return plan.meshOver(available.size()).map(mesh -> new Places(mesh, slots(state, available, available.size())));
    }

    /** Who hosted ranks keeps them where possible, so that survivors find their state at home; the first placement follows the node ids. */
    private static List<Member> slots(SupervisorState state, List<Member> available, int count) {
        Map<Integer, Member> bySlot = new TreeMap<>();
        List<Member> rest = new ArrayList<>(available);
        int perNode = state.plan().ranksPerNode();
        state.placement().ifPresent(placement -> {
            for (int slot = 0; slot < placement.ranks().size() / perNode; slot++) {
                String processId = placement.site(slot * perNode).processId();
                int free = bySlot.size() < count && slot < count ? slot : -1;
                Optional<Member> same = rest.stream()
                        .filter(member -> member.processId().equals(processId))
                        .findFirst();
                if (free >= 0 && same.isPresent()) {
                    bySlot.put(free, same.get());
                    rest.remove(same.get());
                }
            }
            // Of those that have no slot yet, those that hold state come first, then those that have been here longest:
            // a process that was
            // started in place of a lost one is cold for a while, and would hold up the whole mesh if the next fault
            // meets it there.
            SortedSet<String> placed = state.placedIds();
            rest.sort(Comparator.comparing((Member member) -> !placed.contains(member.processId()))
                    .thenComparingLong(Member::knownSinceMs)
                    .thenComparing(Member::nodeId));
        });
        for (int slot = 0; slot < count; slot++) {
            if (!bySlot.containsKey(slot)) {
                bySlot.put(slot, rest.removeFirst());
            }
        }
        List<Member> nodes = new ArrayList<>(bySlot.values());
        return state.suspicion()
                .filter(Suspicion::needsOtherPlaces)
                .map(suspicion -> elsewhere(nodes, available, suspicion.trials()))
                .orElse(nodes);
    }

    /** With nodes to spare others are left out at each trial, until each has been; without any the ranks at least change their places. */
    private static List<Member> elsewhere(List<Member> nodes, List<Member> available, int trials) {
        int spares = available.size() - nodes.size();
        if (spares == 0) {
            List<Member> moved = new ArrayList<>(nodes);
            Collections.rotate(moved, 1);
            return moved;
        }
        List<Member> turned = new ArrayList<>(available);
        turned.sort(Comparator.comparing(Member::nodeId));
        Collections.rotate(turned, -spares * (trials - 1));
        return List.copyOf(turned.subList(0, nodes.size()));
    }
}
