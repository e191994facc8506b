package io.longreel.runtime.journal;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What faults have cost a run, as its journal has it, over all processes that supervised it. Time in which nobody worked on the run counts nowhere.
 *
 * @param faults newest last
 * @param trained time since training began, in which some process worked on the run
 * @param lost of it: from each notice of a fault to the first new step behind it
 * @param began when the first process took the run up
 * @param last newest line, or the moment of asking while the run goes on
 */
public record RunAccount(
        List<Fault> faults, Duration trained, Duration lost, Optional<Instant> began, Optional<Instant> last) {

    /**
     * @param kind in the words of the dashboard's {@code ft/faults}, as far as the journal tells them; and {@code takeover}
     */
    public record Fault(Instant at, String kind, String text) {}

    public RunAccount {
        faults = List.copyOf(faults);
    }

    /**
     * @param now while a process works on the run; otherwise the newest line is its end
     */
    public static RunAccount of(JournalHistory journal, Optional<Instant> now) {
        Sum sum = new Sum();
        journal.lines().forEach(sum::add);
        return sum.end(now);
    }

    /** Faults by kind. */
    public SortedMap<String, Integer> counts() {
        SortedMap<String, Integer> counts = new TreeMap<>();
        faults.forEach(fault -> counts.merge(fault.kind(), 1, Integer::sum));
        return counts;
    }

    /** 1 - lost / trained; empty before training has begun. */
    public OptionalDouble goodput() {
        return trained.isZero()
                ? OptionalDouble.empty()
                : OptionalDouble.of(Math.clamp(1 - (double) lost.toMillis() / Math.max(1, trained.toMillis()), 0, 1));
    }

    /** From the first line to the last. */
    public Duration wall() {
        return began.flatMap(from -> last.map(to -> Duration.between(from, to))).orElse(Duration.ZERO);
    }

    private static final class Sum {
        private final List<Fault> faults = new ArrayList<>();
        private Duration trained = Duration.ZERO;
        private Duration lost = Duration.ZERO;
        private @Nullable Instant began;
        private @Nullable Instant last;
        private @Nullable Instant training;
        private @Nullable Instant recovering;
        private JournalEntry.@Nullable TermBegan unexplained;
        private @Nullable Instant beforeTerm;
        private long committed;

        void add(JournalLine line) {
            Instant at = line.time();
            if (line.entry() instanceof JournalEntry.RunStarted) {
                pause(unexplained == null ? last : beforeTerm);
            } else if (unexplained != null) {
                faults.add(new Fault(at, "takeover", "%s supervises from here".formatted(unexplained.holder())));
            }
            unexplained = null;
            began = began == null ? at : began;
            beforeTerm = line.entry() instanceof JournalEntry.TermBegan ? last : beforeTerm;
            last = at;
            switch (line.entry()) {
                case JournalEntry.TermBegan term -> unexplained = term;
                case JournalEntry.RunStarted started -> committed = started.globalStep();
                case JournalEntry.StageBegan stage -> training = training == null ? at : training;
                case JournalEntry.Recovering fault -> {
                    recovering = recovering == null ? at : recovering;
                    faults.add(new Fault(at, "recovery", fault.cause()));
                }
                case JournalEntry.NodeLost node ->
                    faults.add(new Fault(at, "node_lost", node.nodeId() + ": " + node.reason()));
                case JournalEntry.NodeQuarantined node ->
                    faults.add(new Fault(
                            at, "node_quarantined", "%s for %d s".formatted(node.nodeId(), node.forMs() / 1000)));
                case JournalEntry.SamplesQuarantined samples ->
                    faults.add(new Fault(at, "doubt", "step %d: %s".formatted(samples.globalStep(), samples.reason())));
                case JournalEntry.StepCommitted step -> commit(step, at);
                default -> {} // neither a fault nor its end
            }
        }

        private void commit(JournalEntry.StepCommitted step, Instant at) {
            step.skipped()
                    .forEach(record -> faults.add(
                            new Fault(at, "record_skipped", "step %d: %s".formatted(step.globalStep(), record))));
            if (step.globalStep() > committed) {
                committed = step.globalStep();
                if (recovering != null) {
                    lost = lost.plus(Duration.between(recovering, at));
                    recovering = null;
                }
            }
        }

        /** The process that worked on the run is gone; {@code end} is its last sign of life. */
        private void pause(@Nullable Instant end) {
            if (end != null && training != null) {
                trained = trained.plus(Duration.between(training, end));
            }
            if (end != null && recovering != null) {
                lost = lost.plus(Duration.between(recovering, end));
            }
            training = null;
            recovering = null;
        }

        RunAccount end(Optional<Instant> now) {
            if (last != null) {
                last = now.filter(last::isBefore).orElse(last);
            }
            pause(last);
            return new RunAccount(faults, trained, lost, Optional.ofNullable(began), Optional.ofNullable(last));
        }
    }
}
