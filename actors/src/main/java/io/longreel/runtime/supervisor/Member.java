package io.longreel.runtime.supervisor;

import io.longreel.runtime.protocol.RankPulse;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A worker process. Immutable.
 *
 * @param isReady whether it can host ranks
 * @param knownSinceMs when it said something first, under whatever part of the run
 * @param heardMs when it said something last
 * @param isLeaving whether it asked to be replaced
 * @param pulses of its ranks, by rank
 */
public record Member(
        String processId,
        String nodeId,
        boolean isReady,
        String dataEndpoint,
        String driverDirectory,
        long knownSinceMs,
        long heardMs,
        boolean isLeaving,
        SortedMap<Integer, Pulse> pulses) {

    public Member {
        pulses = Collections.unmodifiableSortedMap(pulses);
    }

    /** A rank's progress, and since when it has stood still. */
    record Pulse(long progress, boolean isWaiting, long sinceMs) {}

    static Member joining(String processId, String nodeId, long knownSinceMs, long nowMs) {
        return new Member(processId, nodeId, false, "", "", knownSinceMs, nowMs, false, new TreeMap<>());
    }

    Member ready(String endpoint, String directory, long nowMs) {
        return new Member(processId, nodeId, true, endpoint, directory, knownSinceMs, nowMs, isLeaving, pulses);
    }

    Member leaving() {
        return new Member(
                processId, nodeId, isReady, dataEndpoint, driverDirectory, knownSinceMs, heardMs, true, pulses);
    }

    Member heard(long nowMs, List<RankPulse> ranks) {
        SortedMap<Integer, Pulse> next = new TreeMap<>();
        for (RankPulse rank : ranks) {
            Pulse known = pulses.get(rank.rank());
            boolean stands = known != null && known.progress() == rank.progress() && !rank.isWaiting();
            next.put(
                    rank.rank(),
                    new Pulse(rank.progress(), rank.isWaiting(), stands && known != null ? known.sinceMs() : nowMs));
        }
        return new Member(
                processId, nodeId, isReady, dataEndpoint, driverDirectory, knownSinceMs, nowMs, isLeaving, next);
    }

    /** As if all of it had been heard so much later, but not later than now: the listener was away. */
    Member later(long ms, long nowMs) {
        SortedMap<Integer, Pulse> shifted = new TreeMap<>(pulses);
        shifted.replaceAll(
                (rank, pulse) -> new Pulse(pulse.progress(), pulse.isWaiting(), Math.min(nowMs, pulse.sinceMs() + ms)));
        return new Member(
                processId,
                nodeId,
                isReady,
                dataEndpoint,
                driverDirectory,
                knownSinceMs,
                Math.min(nowMs, heardMs + ms),
                isLeaving,
                shifted);
    }
}
