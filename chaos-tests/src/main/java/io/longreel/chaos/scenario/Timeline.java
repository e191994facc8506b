package io.longreel.chaos.scenario;

import io.longreel.chaos.fault.Strike;
import io.longreel.chaos.process.Job.Intervention;
import io.longreel.chaos.process.ObservedRun;
import io.longreel.config.ChaosSettings.Action;
import io.longreel.config.Words;
import io.longreel.curriculum.eval.StepMetrics;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.journal.JournalLine;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What the journal says about each fault: when it was noticed, when state was back, when training went on. Faults are put in the order in which they
 * struck; what lies between one and the next belongs to it. Pure.
 */
public final class Timeline {
    private Timeline() {}

    /** A fault, wherever it came from. */
    private record Blow(String what, long atMs) {}

    /** Every fault of a run that is over, in order. */
    public static List<Incident> of(ObservedRun run, List<Intervention> interventions) {
        List<Blow> blows = new ArrayList<>();
        run.strikes().stream()
                .filter(strike -> strike.action() != Action.SLOW) // nothing to be noticed, restored or committed
                .forEach(strike -> blows.add(new Blow(nameOf(strike), strike.atMs())));
        interventions.forEach(done -> blows.add(new Blow(done.what(), done.atMs())));
        blows.sort(Comparator.comparingLong(Blow::atMs));
        List<JournalLine> journal = run.journal();
        List<StepMetrics> steps = run.steps();
        List<Incident> incidents = new ArrayList<>();
        for (int i = 0; i < blows.size(); i++) {
            long endMs = i + 1 < blows.size() ? blows.get(i + 1).atMs() : Long.MAX_VALUE;
            incidents.add(incident(blows.get(i), endMs, journal, steps));
        }
        return incidents;
    }

    private static String nameOf(Strike strike) {
        return "%s rank %d at step %d, %s"
                .formatted(Words.of(strike.action()), strike.rank(), strike.step(), Words.of(strike.phase()));
    }

    private static Incident incident(Blow blow, long endMs, List<JournalLine> journal, List<StepMetrics> steps) {
        Optional<JournalLine> noticed = journal.stream()
                .filter(line -> isBetween(line, blow.atMs(), endMs) && isNotice(line.entry()))
                .findFirst();
        if (noticed.isEmpty()) {
            return new Incident(
                    blow.what(),
                    blow.atMs(),
                    OptionalLong.empty(),
                    OptionalLong.empty(),
                    OptionalLong.empty(),
                    0,
                    0,
                    0);
        }
        long noticedMs = noticed.get().time().toEpochMilli();
        Optional<JournalLine> restored = journal.stream()
                .filter(line -> isBetween(line, noticedMs, endMs) && line.entry() instanceof JournalEntry.Restored)
                .reduce((earlier, later) -> later);
        OptionalLong committed = restored.stream()
                .flatMap(after -> journal.stream()
                        .filter(line -> line.sequence() > after.sequence()
                                && line.entry() instanceof JournalEntry.StepCommitted))
                .mapToLong(line -> line.time().toEpochMilli())
                .findFirst();
        long committedBefore = journal.stream()
                .filter(line -> line.sequence() <= noticed.get().sequence())
                .mapToLong(line -> line.entry() instanceof JournalEntry.StepCommitted step ? step.globalStep() : 0)
                .max()
                .orElse(0);
        long from = restored.map(line -> ((JournalEntry.Restored) line.entry()).globalStep())
                .orElse(committedBefore);
        return new Incident(
                blow.what(),
                blow.atMs(),
                OptionalLong.of(noticedMs),
                restored.stream().mapToLong(line -> line.time().toEpochMilli()).findFirst(),
                committed,
                lost(committedBefore, steps),
                (int) Math.max(0, committedBefore - from),
                bytes(steps, from, committedBefore));
    }

    private static boolean isBetween(JournalLine line, long fromMs, long toMs) {
        long atMs = line.time().toEpochMilli();
        return atMs >= fromMs && atMs < toMs;
    }

    private static boolean isNotice(JournalEntry entry) {
        return entry instanceof JournalEntry.Recovering
                || entry instanceof JournalEntry.NodeLost
                || entry instanceof JournalEntry.TermBegan;
    }

    /** Steps that were committed and of which the run knows nothing at its end. */
    private static int lost(long committedBefore, List<StepMetrics> steps) {
        long known = steps.stream()
                .filter(step -> step.globalStep() < committedBefore)
                .count();
        return (int) (committedBefore - known);
    }

    private static long bytes(List<StepMetrics> steps, long from, long to) {
        return steps.stream()
                .filter(step -> step.globalStep() >= from && step.globalStep() < to)
                .mapToLong(step -> step.localBytes() + step.intraNodeBytes() + step.interNodeBytes())
                .sum();
    }
}
