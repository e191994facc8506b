package io.longreel.chaos.sim;

import io.longreel.runtime.journal.Journal;
import io.longreel.runtime.journal.TermSuperseded;
import io.longreel.runtime.protocol.NodeCommand;
import io.longreel.runtime.protocol.RecordReport;
import io.longreel.runtime.supervisor.Decision;
import io.longreel.runtime.supervisor.Effect;
import io.longreel.runtime.supervisor.Event;
import io.longreel.runtime.supervisor.SupervisorCore;
import io.longreel.runtime.supervisor.SupervisorState;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One term of the supervisor: the production core and journal, and the shell's rules: who is known by what it said, effects in order on a
 * recorder that takes its time, and nothing behind an entry that could not be written.
 */
final class SimSupervisor {
    private static final long TICK_MS = 100;

    /** An effect with those it concerns, who were known when it was decided. */
    private record Task(
            Effect effect, List<SimRank> ranks, @Nullable SimRank sender) {}

    private final SimCluster cluster;
    private final String host;
    private final Journal journal;
    private final Chance chance;
    private final Set<String> nodes = new HashSet<>();
    private final Map<Integer, SimRank> ranks = new HashMap<>();
    private final Deque<Task> tasks = new ArrayDeque<>();
    private final Deque<Runnable> inbox = new ArrayDeque<>();
    private SupervisorState state;
    private boolean isAlive = true;
    private boolean isPaused;
    private boolean isRecording;
    private boolean isBroken;

    SimSupervisor(SimCluster cluster, String host, Journal journal, SupervisorState state) {
        this.cluster = cluster;
        this.host = host;
        this.journal = journal;
        this.state = state;
        this.chance = cluster.chance("supervisor-" + journal.term());
    }

    void start() {
        post(() -> {
            deliver(() -> new Event.TimePassed(cluster.time().nowMs()), null);
            cluster.time().afterMs(TICK_MS, this::start);
        });
    }

    String host() {
        return host;
    }

    int term() {
        return journal.term();
    }

    SupervisorState state() {
        return state;
    }

    boolean isAlive() {
        return isAlive;
    }

    void post(Runnable act) {
        if (isAlive && !isPaused) {
            act.run();
        } else if (isAlive) {
            inbox.add(act);
        }
    }

    boolean isPaused() {
        return isPaused;
    }

    void pause() {
        isPaused = true;
    }

    void resume() {
        isPaused = false;
        while (isAlive && !isPaused && !inbox.isEmpty()) {
            inbox.poll().run();
        }
    }

    void kill() {
        isAlive = false;
        inbox.clear();
        tasks.clear();
    }

    /** Effects that are decided and not carried out, for the first entry of a run or of a term. */
    void perform(List<Effect> effects) {
        effects.forEach(effect -> add(effect, null));
    }

    void knows(String processId) {
        nodes.add(processId);
    }

    /** A rank speaks: from then on it can be told something. */
    void hear(SimRank rank) {
        if (rank.generation() == state.generation()) {
            ranks.put(rank.rank(), rank);
        }
    }

    /** Something happened. */
    void deliver(Supplier<Event> event, @Nullable SimRank sender) {
        if (!isAlive) {
            return;
        }
        for (Event changed : cluster.mutant().events(state, event.get())) {
            Decision decision = cluster.mutant().decide(state, SupervisorCore.apply(state, changed));
            cluster.watch(this, state, changed, decision);
            if (decision.state().generation() != state.generation()) {
                ranks.clear();
            }
            state = decision.state();
            decision.effects().forEach(effect -> add(effect, sender));
        }
    }

    private void add(Effect effect, @Nullable SimRank sender) {
        List<SimRank> all = effect instanceof Effect.TellAllRanks ? List.copyOf(ranks.values()) : List.of();
        tasks.add(new Task(effect, all, sender));
        record();
    }

    /** The recorder: one effect after the other, files take their time. */
    private void record() {
        while (isAlive && !isRecording && !tasks.isEmpty()) {
            Task task = tasks.poll();
            long ms = millisFor(task.effect());
            if (ms == 0) {
                carryOut(task);
            } else {
                isRecording = true;
                cluster.time()
                        .afterMs(
                                ms,
                                () -> post(() -> {
                                    isRecording = false;
                                    carryOut(task);
                                    record();
                                }));
            }
        }
    }

    private long millisFor(Effect effect) {
        return switch (effect) {
            case Effect.WriteJournal write ->
                cluster.disk().journalMs(write.entry().mustBeSynced());
            case Effect.WriteManifest write -> cluster.disk().writeMs();
            case Effect.FindCheckpoint find -> chance.between(5, 200);
            case Effect.WriteEvaluation write -> chance.between(1, 50);
            case Effect.WriteReport write -> chance.between(1, 50);
            default -> 0;
        };
    }

    private void carryOut(Task task) {
        boolean endsTheRun =
                task.effect() instanceof Effect.TellNode tell && tell.command() instanceof NodeCommand.StopNode;
        if (isBroken && !endsTheRun && !(task.effect() instanceof Effect.Finish)) {
            return;
        }
        try {
            carryOut(task.effect(), task);
        } catch (TermSuperseded e) {
            superseded(e);
        }
    }

    private void carryOut(Effect effect, Task task) {
        switch (effect) {
            case Effect.TellNode tell -> {
                if (nodes.contains(tell.processId())) {
                    cluster.checks().sent(term(), tell.command());
                    cluster.tellNode(this, tell.processId(), tell.command());
                }
            }
            case Effect.TellAllRanks tell -> {
                cluster.checks().sent(tell.command());
                task.ranks().forEach(rank -> cluster.tellRank(this, rank, tell.command()));
            }
            case Effect.AnswerSender answer -> {
                if (task.sender() != null) {
                    cluster.tellRank(this, task.sender(), answer.command());
                }
            }
            case Effect.AnswerControl answer -> cluster.trace("supervisor %d answers %s", term(), answer.answer());
            case Effect.WriteJournal write -> {
                boolean isBlind = cluster.mutant() == Mutant.OLD_TERM_WRITES && cluster.term() > term();
                if (!isBlind) {
                    journal.append(write.entry());
                }
                cluster.checks().journaled(term(), write.entry());
            }
            case Effect.RecordStep step ->
                cluster.checks().recorded(step.step().position().globalStep());
            case Effect.PrepareCheckpoint prepare -> cluster.disk().prepareCheckpoint(prepare.position());
            case Effect.DiscardCheckpoint discard -> cluster.disk().discardCheckpoint(discard.position());
            case Effect.WriteManifest manifest -> {
                cluster.checks()
                        .sealed(
                                manifest.checkpoint(),
                                manifest.slices().size(),
                                manifest.mesh().worldSize());
                report(cluster.disk().writeManifest(manifest));
            }
            case Effect.FindCheckpoint find -> report(cluster.disk().findCheckpoint());
            case Effect.WriteEvaluation evaluation -> report(new RecordReport.EvaluationWritten(evaluation.stage()));
            case Effect.AskCaughtUp ask -> report(new RecordReport.CaughtUp());
            case Effect.WriteReport write -> report(new RecordReport.ReportWritten());
            case Effect.Announce announce -> cluster.trace("supervisor %d announces %s", term(), announce.news());
            case Effect.TellEngine tell -> throw new IllegalStateException("simulated jobs train: " + tell);
            case Effect.Note note -> cluster.trace("supervisor %d notes %s", term(), note.text());
            case Effect.Finish finish -> cluster.ended(this, finish.exitCode(), finish.message());
        }
    }

    private void report(RecordReport report) {
        cluster.time()
                .afterUs(
                        10,
                        () -> post(() -> deliver(
                                () -> new Event.FilesRecorded(cluster.time().nowMs(), report), null)));
    }

    /** Another supervisor has begun: this one is over, and nothing of it gets out any more. */
    private void superseded(TermSuperseded e) {
        cluster.trace("supervisor %d is superseded: %s", term(), e.getMessage());
        kill();
    }
}
