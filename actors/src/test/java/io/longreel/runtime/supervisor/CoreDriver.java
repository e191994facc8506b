package io.longreel.runtime.supervisor;

import io.longreel.config.StageSettings.Needle;
import io.longreel.config.topology.Mesh;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.protocol.NodeReport.JoinRequested;
import io.longreel.runtime.protocol.NodeReport.NodeReady;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankReport;
import io.longreel.runtime.protocol.RankReport.CellEvaluated;
import io.longreel.runtime.protocol.RankReport.ModelExported;
import io.longreel.runtime.protocol.RankReport.Prepared;
import io.longreel.runtime.protocol.RankReport.RankConnected;
import io.longreel.runtime.protocol.RankReport.SliceSaved;
import io.longreel.runtime.protocol.RankReport.StageBegun;
import io.longreel.runtime.protocol.RankReport.StageEnded;
import io.longreel.runtime.protocol.RankReport.StepFinished;
import io.longreel.runtime.protocol.RecordReport;
import io.longreel.runtime.protocol.SentBytes;
import io.longreel.runtime.protocol.StepResult;
import io.longreel.runtime.protocol.TestAnswer;
import io.longreel.runtime.supervisor.JobPlan.StagePlan;
import io.longreel.runtime.supervisor.JobPlan.Start;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Plays the cluster for the core in tests: keeps the state, collects effects, and can answer for well-behaved ranks and
 * files.
 */
final class CoreDriver {
    static final Needle NEEDLE = new Needle("needle-short", List.of(8, 16), 3, 2);

    final List<Effect> effects = new ArrayList<>();
    final Deque<RankCommand.FromSupervisor> toRanks = new ArrayDeque<>();
    final Deque<Effect> toFiles = new ArrayDeque<>();
    SupervisorState state;
    long nowMs = 1_000;

    CoreDriver(JobPlan plan) {
        state = SupervisorState.initial(plan, nowMs);
    }

    /** Two nodes of two ranks; stages of 3 (with a needle test) and 2 steps. */
    static JobPlan plan(int commitWindow, int checkpointEverySteps, Start start) {
        return new JobPlan(
                "test",
                new Mesh(1, 2, 2),
                2,
                2,
                commitWindow,
                checkpointEverySteps,
                10_000,
                "longreel {}",
                "/runs/test",
                List.of(new StagePlan("short", 3, Optional.of(NEEDLE)), new StagePlan("long", 2, Optional.empty())),
                start);
    }

    static CoreDriver fresh() {
        return new CoreDriver(plan(1, 0, Start.fresh(1)));
    }

    CoreDriver on(Event event) {
        Decision decision = SupervisorCore.apply(state, event);
        state = decision.state();
        for (Effect effect : decision.effects()) {
            effects.add(effect);
            switch (effect) {
                case Effect.TellAllRanks tell -> toRanks.add(tell.command());
                case Effect.WriteManifest write -> toFiles.add(write);
                case Effect.WriteEvaluation write -> toFiles.add(write);
                case Effect.WriteReport write -> toFiles.add(write);
                case Effect.WriteJournal e -> {}
                case Effect.TellNode e -> {}
                case Effect.AnswerSender e -> {}
                case Effect.PrepareCheckpoint e -> {}
                case Effect.RecordStep e -> {}
                case Effect.Announce e -> {}
                case Effect.Note e -> {}
                case Effect.Finish e -> {}
            }
        }
        return this;
    }

    CoreDriver rank(RankReport report) {
        return on(new Event.RankReported(nowMs, report));
    }

    CoreDriver stop() {
        return on(new Event.StopAsked(nowMs, "asked"));
    }

    CoreDriver join(String processId, String nodeId) {
        return on(new Event.NodeReported(nowMs, new JoinRequested(processId, nodeId)));
    }

    CoreDriver ready(String processId, String nodeId) {
        return on(new Event.NodeReported(
                nowMs, new NodeReady(processId, nodeId, "127.0.0.1:4" + nodeId.length(), "/dev/shm/" + processId)));
    }

    /** Both nodes join and are ready; the second by name comes first. */
    CoreDriver form() {
        return join("p-b", "node-b")
                .ready("p-b", "node-b")
                .join("p-a", "node-a")
                .ready("p-a", "node-a");
    }

    CoreDriver connect() {
        form();
        for (int rank = 0; rank < state.worldSize(); rank++) {
            rank(new RankConnected(state.at(), rank));
        }
        return this;
    }

    /** Answers commands and file effects, one after the other, until one of this type is next or nothing is left. */
    CoreDriver runUntil(Class<?> type) {
        while (!toRanks.isEmpty() || !toFiles.isEmpty()) {
            if (!toRanks.isEmpty()) {
                if (type.isInstance(toRanks.getFirst())) {
                    return this;
                }
                answer(toRanks.removeFirst());
            } else {
                if (type.isInstance(toFiles.getFirst())) {
                    return this;
                }
                record(toFiles.removeFirst());
            }
        }
        return this;
    }

    CoreDriver runToEnd() {
        return runUntil(Void.class);
    }

    void answer(RankCommand.FromSupervisor command) {
        for (int rank = 0; rank < state.worldSize(); rank++) {
            Optional<RankReport> report = answerOf(command, rank);
            report.ifPresent(this::rank);
        }
    }

    static Optional<RankReport> answerOf(RankCommand.FromSupervisor command, int rank) {
        return switch (command) {
            case RankCommand.PrepareModel c -> Optional.of(new Prepared(c.at(), rank));
            case RankCommand.RestoreCheckpoint c -> Optional.of(new Prepared(c.at(), rank));
            case RankCommand.BeginStage c -> Optional.of(new StageBegun(c.at(), rank));
            case RankCommand.RunStep c ->
                Optional.of(new StepFinished(
                        c.at(), rank, result(c.at().step()), 1_000_000L * (rank + 1), new SentBytes(0, 1, 2)));
            case RankCommand.SaveSlice c -> Optional.of(new SliceSaved(c.at(), rank, "rank-" + rank, 10, "ab" + rank));
            case RankCommand.EndStage c -> Optional.of(new StageEnded(c.at(), rank));
            case RankCommand.EvaluateCell c ->
                Optional.of(new CellEvaluated(
                        c.at(),
                        rank,
                        c.cell(),
                        List.of(new TestAnswer(List.of(c.cell()), true), new TestAnswer(List.of(7), false))));
            case RankCommand.ExportModel c -> Optional.of(new ModelExported(c.at(), rank));
            case RankCommand.AbortGeneration c -> Optional.empty();
            case RankCommand.Fenced c -> Optional.empty();
        };
    }

    static StepResult result(int step) {
        return new StepResult(4.0 / (step + 1), 10, 100, 1.5, 1e-3, true);
    }

    private void record(Effect effect) {
        RecordReport report = switch (effect) {
            case Effect.WriteManifest write -> new RecordReport.ManifestWritten(write.checkpoint());
            case Effect.WriteEvaluation write -> new RecordReport.EvaluationWritten(write.stage());
            case Effect.WriteReport write -> new RecordReport.ReportWritten();
            default -> throw new IllegalArgumentException("not a file effect: " + effect);
        };
        on(new Event.FilesRecorded(nowMs, report));
    }

    <E> List<E> all(Class<E> type) {
        return effects.stream().filter(type::isInstance).map(type::cast).toList();
    }

    <C> List<C> told(Class<C> type) {
        return effects.stream()
                .filter(Effect.TellAllRanks.class::isInstance)
                .map(effect -> ((Effect.TellAllRanks) effect).command())
                .filter(type::isInstance)
                .map(type::cast)
                .toList();
    }

    List<JournalEntry> journal() {
        return all(Effect.WriteJournal.class).stream()
                .map(Effect.WriteJournal::entry)
                .toList();
    }

    Effect.Finish finish() {
        List<Effect.Finish> finishes = all(Effect.Finish.class);
        if (finishes.size() != 1) {
            throw new AssertionError("a run ends once: " + finishes);
        }
        return finishes.getFirst();
    }
}
