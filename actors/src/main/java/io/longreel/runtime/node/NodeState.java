package io.longreel.runtime.node;

import io.longreel.runtime.protocol.NodeCommand.StartRanks;
import io.longreel.runtime.protocol.NodeCommand.WriteSlices;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Everything a node's core knows. Immutable; only {@link NodeCore} makes the next one.
 *
 * @param generation newest mesh incarnation that the node has heard of; 0 before the first
 * @param leaving the process is to end, and has asked to be replaced first
 */
public record NodeState(
        NodeIdentity identity, NodePhase phase, int generation, Ranks ranks, Writes writes, Optional<Leaving> leaving) {

    /**
     * The ranks that live in the process: all of one generation.
     *
     * @param generation of the ranks that live, or lived last; 0 before the first
     * @param stop they were told to stop
     * @param next starts when the last one has stopped
     */
    public record Ranks(int generation, SortedSet<Integer> living, Optional<Stop> stop, Optional<StartRanks> next) {
        public Ranks {
            living = Collections.unmodifiableSortedSet(new TreeSet<>(living));
        }

        static Ranks none() {
            return new Ranks(0, Collections.emptySortedSet(), Optional.empty(), Optional.empty());
        }

        Ranks started(int newGeneration, SortedSet<Integer> ranks) {
            return new Ranks(newGeneration, ranks, Optional.empty(), Optional.empty());
        }

        Ranks without(int rank) {
            SortedSet<Integer> rest = new TreeSet<>(living);
            rest.remove(rank);
            return new Ranks(generation, rest, stop, next);
        }

        Ranks stopping(Stop how) {
            return new Ranks(generation, living, Optional.of(how), next);
        }

        Ranks stopped() {
            return new Ranks(generation, living, Optional.empty(), next);
        }

        Ranks then(Optional<StartRanks> start) {
            return new Ranks(generation, living, stop, start);
        }
    }

    /**
     * Ranks were told to stop.
     *
     * @param answer generation that is answered with RanksStopped when the last one has; 0: nobody asked
     * @param dropsSnapshots forget what they leave behind
     * @param deadlineMs who lives then is stuck
     */
    public record Stop(int answer, boolean dropsSnapshots, long deadlineMs) {
        Stop answering(int generation) {
            return new Stop(generation, dropsSnapshots, deadlineMs);
        }

        Stop dropping() {
            return new Stop(answer, true, deadlineMs);
        }
    }

    /**
     * Slices to write.
     *
     * @param queue the first one is being written
     * @param isStale nobody waits for what is being written any more
     */
    public record Writes(List<WriteSlices> queue, boolean isStale) {
        public Writes {
            queue = List.copyOf(queue);
        }

        static Writes none() {
            return new Writes(List.of(), false);
        }
    }

    /** Asked to be replaced; asks again at that time. */
    public record Leaving(String reason, long askAtMs) {}

    /** The state in which a worker process begins. */
    public static NodeState initial(NodeIdentity identity, long nowMs) {
        return new NodeState(
                identity,
                new NodePhase.Looking(nowMs, nowMs + identity.joinTimeout().toMillis()),
                0,
                Ranks.none(),
                Writes.none(),
                Optional.empty());
    }

    String processId() {
        return identity.processId();
    }

    NodeState in(NodePhase next) {
        return new NodeState(identity, next, generation, ranks, writes, leaving);
    }

    NodeState heardOf(int newer) {
        return new NodeState(identity, phase, Math.max(generation, newer), ranks, writes, leaving);
    }

    NodeState with(Ranks next) {
        return new NodeState(identity, phase, generation, next, writes, leaving);
    }

    NodeState with(Writes next) {
        return new NodeState(identity, phase, generation, ranks, next, leaving);
    }

    NodeState with(Leaving next) {
        return new NodeState(identity, phase, generation, ranks, writes, Optional.of(next));
    }
}
