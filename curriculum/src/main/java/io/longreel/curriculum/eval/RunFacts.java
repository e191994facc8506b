package io.longreel.curriculum.eval;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SequencedMap;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a page tells of a run besides its steps: how it ended, what happened to it, where it ran.
 *
 * @param outcome how it ended, in a sentence; empty while it goes on
 * @param isFinished whether it came to its end
 * @param wallSeconds from its start to its end, pauses between processes included
 * @param goodput 1 - time that recoveries took / time since training began
 * @param faults in order
 * @param peakBytes most memory that each process had, by its name; of those that said so
 * @param environment where it ran: what is named, and its value
 * @param commands by which it is repeated, or goes on
 */
public record RunFacts(
        String outcome,
        boolean isFinished,
        double wallSeconds,
        OptionalDouble goodput,
        List<Fault> faults,
        SortedMap<String, Long> peakBytes,
        SequencedMap<String, String> environment,
        List<String> commands) {

    /** Of a run of which nothing but its steps is known. */
    public static final RunFacts UNKNOWN = new RunFacts(
            "", true, 0, OptionalDouble.empty(), List.of(), new TreeMap<>(), new LinkedHashMap<>(), List.of());

    /**
     * @param kind as the dashboard counts it
     */
    public record Fault(Instant at, String kind, String text) {}

    public RunFacts {
        faults = List.copyOf(faults);
        commands = List.copyOf(commands);
        peakBytes = Collections.unmodifiableSortedMap(new TreeMap<>(peakBytes));
        environment = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(environment));
    }

    /** Faults by kind. */
    public SortedMap<String, Integer> faultCounts() {
        SortedMap<String, Integer> counts = new TreeMap<>();
        faults.forEach(fault -> counts.merge(fault.kind(), 1, Integer::sum));
        return counts;
    }

    /** Faults by kind in words. */
    public String faultText() {
        Map<String, Integer> counts = faultCounts();
        return counts.isEmpty()
                ? "none"
                : String.join(
                        ", ",
                        counts.entrySet().stream()
                                .map(kind -> kind.getKey() + " " + kind.getValue())
                                .toList());
    }
}
