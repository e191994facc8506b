package io.longreel.runtime.supervisor;

import io.longreel.config.RecoverySettings;
import io.longreel.config.StageSettings.Needle;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.curriculum.engine.TickResult;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.protocol.HeldSlice;
import io.longreel.runtime.protocol.NodeCommand;
import io.longreel.runtime.protocol.NodeReport;
import io.longreel.runtime.protocol.NodeReport.Beat;
import io.longreel.runtime.protocol.NodeReport.JoinRequested;
import io.longreel.runtime.protocol.NodeReport.NodeReady;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankPulse;
import io.longreel.runtime.protocol.RankReport;
import io.longreel.runtime.protocol.RankReport.CellEvaluated;
import io.longreel.runtime.protocol.RankReport.ModelExported;
import io.longreel.runtime.protocol.RankReport.Prepared;
import io.longreel.runtime.protocol.RankReport.RankConnected;
import io.longreel.runtime.protocol.RankReport.SnapshotTaken;
import io.longreel.runtime.protocol.RankReport.StageBegun;
import io.longreel.runtime.protocol.RankReport.StageEnded;
import io.longreel.runtime.protocol.RankReport.StepFinished;
import io.longreel.runtime.protocol.RecordReport;
import io.longreel.runtime.protocol.SentBytes;
import io.longreel.runtime.protocol.SnapshotId;
import io.longreel.runtime.protocol.StepId;
import io.longreel.runtime.protocol.StepResult;
import io.longreel.runtime.protocol.StepTimes;
import io.longreel.runtime.protocol.TestAnswer;
import io.longreel.runtime.protocol.WrittenSlice;
import io.longreel.runtime.supervisor.JobPlan.StagePlan;
import io.longreel.runtime.supervisor.JobPlan.Start;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Plays the cluster for the core in tests: keeps the state, collects effects, and can answer for well-behaved nodes, ranks and files. Nodes hold
 * the snapshots that their ranks took, and those of the node before them.
 */
final class CoreDriver {
    static final Needle NEEDLE = new Needle("needle-short", List.of(8, 16), 3, 2);
    static final SentBytes SENT = new SentBytes(0, 1, 2);

    /**
     * Something that somebody will say.
     *
     * @param trigger what it answers: a command or an effect
     * @param speaker who says it; what one says comes in its order
     */
    record Pending(Object trigger, String speaker, Event event) {}

    final List<Effect> effects = new ArrayList<>();
    final List<Pending> pending = new ArrayList<>();
    final Map<String, Set<HeldSlice>> held = new TreeMap<>();
    final Set<String> dead = new LinkedHashSet<>();
    SupervisorState state;
    long nowMs = 1_000;
    /** Steps whose results differ on one rank, and how often they still will. */
    final Map<Long, Integer> differing = new TreeMap<>();

    /** Process on which no result is finite, in the global step {@link #sickStep}. */
    String sick = "";

    long sickStep;

    boolean recorderIsSlow;
    String checkpoint = "";
    Position checkpointAt = Position.START;

    CoreDriver(JobPlan plan) {
        state = SupervisorState.initial(plan, nowMs);
    }

    static RecoverySettings recovery(int attemptsMax, int spares) {
        return new RecoverySettings(
                attemptsMax,
                spares,
                Duration.ofMillis(1_500),
                Duration.ofSeconds(60),
                Duration.ofSeconds(5),
                true,
                1,
                1,
                0.01,
                new RecoverySettings.Quarantine(3, Duration.ofSeconds(60), Duration.ofSeconds(30)),
                new RecoverySettings.Guard(true, 0, 0));
    }

    /** Two nodes of two ranks; stages of 3 (with a needle test) and 2 steps. */
    static JobPlan plan(int commitWindow, int checkpointEverySteps, Start start) {
        return plan(commitWindow, checkpointEverySteps, start, recovery(5, 0));
    }

    static JobPlan plan(int commitWindow, int checkpointEverySteps, Start start, RecoverySettings recovery) {
        return plan(commitWindow, checkpointEverySteps, start, recovery, List.of());
    }

    /** @param planned meshes over one node and over both; none where the mesh is the user's */
    static JobPlan plan(
            int commitWindow, int checkpointEverySteps, Start start, RecoverySettings recovery, List<Mesh> planned) {
        return new JobPlan(
                "test",
                new Mesh(1, 2, 2),
                2,
                2,
                commitWindow,
                checkpointEverySteps,
                10_000,
                recovery,
                4,
                1,
                "longreel {}",
                0,
                "/runs/test",
                List.of(
                        new StagePlan("short", 3, Optional.of(NEEDLE), true),
                        new StagePlan("long", 2, Optional.empty(), true)),
                start,
                true,
                planned);
    }

    static CoreDriver fresh() {
        return new CoreDriver(plan(1, 0, Start.fresh(1)));
    }

    /** A run that the first loss ends. */
    static CoreDriver withoutRecovery() {
        return new CoreDriver(plan(1, 0, Start.fresh(1), recovery(0, 0)));
    }

    /** A run that has trained until this many steps are committed. */
    static CoreDriver trained(JobPlan plan, int steps) {
        CoreDriver run = new CoreDriver(plan).connect();
        while (run.committed().size() < steps) {
            run.happen(0);
        }
        return run;
    }

    static CoreDriver trained(int steps) {
        return trained(plan(1, 0, Start.fresh(1)), steps);
    }

    static Beat beat(String process, String node, int generation, List<RankPulse> ranks) {
        return new Beat(process, node, "127.0.0.1:46", "/dev/shm/" + process, generation, ranks);
    }

    /** Lets time pass in which this node alone is heard of. */
    void liveOn(long ms, String process, String node) {
        for (long passed = 0; passed <= ms; passed += 100) {
            nowMs += 100;
            node(beat(process, node, 1, List.of()));
            on(new Event.TimePassed(nowMs));
        }
    }

    CoreDriver on(Event event) {
        Decision decision = SupervisorCore.apply(state, event);
        state = decision.state();
        for (Effect effect : decision.effects()) {
            effects.add(effect);
            switch (effect) {
                case Effect.TellAllRanks tell -> toRanks(tell.command());
                case Effect.TellNode tell -> toNode(tell.processId(), tell.command());
                case Effect.WriteManifest write -> {
                    checkpoint = write.checkpoint();
                    checkpointAt = write.position();
                    file(write, new RecordReport.ManifestWritten(write.checkpoint()));
                }
                case Effect.WriteEvaluation write -> file(write, new RecordReport.EvaluationWritten(write.stage()));
                case Effect.AskCaughtUp ask -> {
                    if (!recorderIsSlow) {
                        on(new Event.FilesRecorded(nowMs, new RecordReport.CaughtUp()));
                    }
                }
                case Effect.WriteReport write -> file(write, new RecordReport.ReportWritten());
                case Effect.FindCheckpoint find ->
                    file(
                            find,
                            new RecordReport.CheckpointFound(
                                    checkpoint, checkpointAt.stage(), checkpointAt.step(), ""));
                case Effect.WriteJournal e -> {}
                case Effect.AnswerSender e -> {}
                case Effect.AnswerControl e -> {}
                case Effect.PrepareCheckpoint e -> {}
                case Effect.DiscardCheckpoint e -> {}
                case Effect.RecordStep e -> {}
                case Effect.Announce e -> {}
                case Effect.Note e -> {}
                case Effect.TellEngine e -> {}
                case Effect.Finish e -> {}
            }
        }
        return this;
    }

    private void file(Effect effect, RecordReport report) {
        pending.add(new Pending(effect, "files", new Event.FilesRecorded(nowMs, report)));
    }

    private void toRanks(RankCommand.FromSupervisor command) {
        for (int rank = 0; rank < state.worldSize(); rank++) {
            Optional<RankReport> report = answerOf(command, rank);
            if (report.isPresent() && !dead.contains(processOf(rank))) {
                pending.add(new Pending(command, "rank " + rank, new Event.RankReported(nowMs, report.get())));
            }
        }
    }

    private void toNode(String processId, NodeCommand.FromSupervisor command) {
        if (dead.contains(processId)) {
            return;
        }
        switch (command) {
            case NodeCommand.StartRanks start ->
                start.sitesOf(processId)
                        .forEach(site -> pending.add(new Pending(
                                command,
                                "rank " + site.rank(),
                                new Event.RankReported(nowMs, new RankConnected(start.at(), site.rank())))));
            case NodeCommand.StopRanks stop ->
                say(
                        command,
                        new NodeReport.RanksStopped(
                                processId, stop.nextGeneration(), List.copyOf(held.getOrDefault(processId, Set.of()))));
            case NodeCommand.WriteSlices write ->
                say(command, new NodeReport.SlicesWritten(processId, write.snapshot(), ownSlices(processId)));
            case NodeCommand.Welcome welcome -> {} // tests say when it is ready
            case NodeCommand.StopNode stop -> {}
            case NodeCommand.NodeFenced fenced -> held.remove(processId);
            case NodeCommand.JoinLater later -> {}
            case NodeCommand.LeaveAsked leave -> {} // it says what the supervisor knows already
            case NodeCommand.KillProcess kill -> {} // tests say when its end is noticed
        }
    }

    private void say(NodeCommand command, NodeReport report) {
        pending.add(new Pending(command, report.processId(), new Event.NodeReported(nowMs, report)));
    }

    private List<WrittenSlice> ownSlices(String processId) {
        return placement().ranks().stream()
                .filter(site -> site.processId().equals(processId))
                .map(site -> new WrittenSlice(site.rank(), "rank-" + site.rank(), 10, "ab" + site.rank()))
                .toList();
    }

    private Placement placement() {
        return state.placement().orElseThrow();
    }

    String processOf(int rank) {
        return placement().site(rank).processId();
    }

    CoreDriver rank(RankReport report) {
        return on(new Event.RankReported(nowMs, report));
    }

    CoreDriver node(NodeReport report) {
        return on(new Event.NodeReported(nowMs, report));
    }

    CoreDriver stop() {
        return on(new Event.StopAsked(nowMs, "asked"));
    }

    CoreDriver join(String processId, String nodeId) {
        return node(new JoinRequested(processId, nodeId));
    }

    CoreDriver ready(String processId, String nodeId) {
        return node(new NodeReady(processId, nodeId, "127.0.0.1:4" + nodeId.length(), "/dev/shm/" + processId));
    }

    /** A process dies; what it had to say is not said any more, and what it held is gone. */
    CoreDriver kill(String processId) {
        dead.add(processId);
        held.remove(processId);
        Set<String> silent = new LinkedHashSet<>(Set.of(processId));
        state.placement()
                .ifPresent(p -> p.ranks().stream()
                        .filter(site -> site.processId().equals(processId))
                        .forEach(site -> silent.add("rank " + site.rank())));
        pending.removeIf(said -> silent.contains(said.speaker()));
        return on(new Event.NodeLost(nowMs, processId, "exit code 137", true));
    }

    /** Both nodes join and are ready; the second by name comes first. */
    CoreDriver form() {
        return join("p-b", "node-b")
                .ready("p-b", "node-b")
                .join("p-a", "node-a")
                .ready("p-a", "node-a");
    }

    CoreDriver connect() {
        return form().runUntil(RankCommand.PrepareModel.class, RankCommand.RestoreCheckpoint.class);
    }

    /**
     * Says what is pending, one after the other, until an answer to one of these types is next or nothing is left.
     */
    CoreDriver runUntil(Class<?>... types) {
        while (isAnythingPending()) {
            Object trigger = pending.getFirst().trigger();
            for (Class<?> type : types) {
                if (type.isInstance(trigger)) {
                    return this;
                }
            }
            happen(0);
        }
        return this;
    }

    /** A pause between two attempts passes at once when nobody has anything to say. */
    boolean isAnythingPending() {
        if (pending.isEmpty()
                && state.phase() instanceof Phase.Seeking seeking
                && seeking.notBeforeMs().isPresent()) {
            nowMs = Math.max(nowMs, seeking.notBeforeMs().getAsLong());
            on(new Event.TimePassed(nowMs));
        }
        return !pending.isEmpty();
    }

    CoreDriver runToEnd() {
        return runUntil(Void.class);
    }

    /** Says all that answers the command or effect whose answer is next. */
    CoreDriver answerNext() {
        Object trigger = pending.getFirst().trigger();
        while (!pending.isEmpty() && pending.getFirst().trigger().equals(trigger)) {
            happen(0);
        }
        return this;
    }

    /** What is pending at {@code index} is said now. */
    Event happen(int index) {
        Pending next = pending.remove(index);
        if (next.event() instanceof Event.RankReported reported) {
            hold(next.trigger(), reported.report());
        }
        on(next.event());
        return next.event();
    }

    /** A rank's report about a position of which it took a snapshot: its process holds it, and that of its peer. */
    private void hold(Object trigger, RankReport report) {
        StepId at = report.at();
        boolean isCurrent = at.generation() == state.generation();
        if (!isCurrent) {
            return;
        }
        switch (trigger) {
            case RankCommand.RunStep step -> holdIf(step.takesSnapshot(), at, report.rank());
            case RankCommand.SkipStep step -> holdIf(step.takesSnapshot(), at, report.rank());
            case RankCommand.BeginStage begin -> hold(SnapshotId.at(at), report.rank());
            case RankCommand.RestoreCheckpoint restore -> hold(SnapshotId.at(at), report.rank());
            case RankCommand.RestoreSnapshot restore -> hold(SnapshotId.at(at), report.rank());
            case RankCommand.TakeSnapshot take -> hold(SnapshotId.at(at), report.rank());
            default -> {}
        }
    }

    private void holdIf(boolean takesSnapshot, StepId at, int rank) {
        if (takesSnapshot) {
            hold(new SnapshotId(at.generation(), at.stage(), at.step() + 1), rank);
        }
    }

    private void hold(SnapshotId id, int rank) {
        HeldSlice slice = new HeldSlice(id, rank, state.worldSize());
        List<String> processes = placement().ranks().stream()
                .map(Placement.RankSite::processId)
                .distinct()
                .toList();
        String own = processOf(rank);
        String peer = processes.get((processes.indexOf(own) + 1) % processes.size());
        for (String process : new LinkedHashSet<>(List.of(own, peer))) {
            if (!dead.contains(process)) {
                held.computeIfAbsent(process, p -> new LinkedHashSet<>()).add(slice);
            }
        }
    }

    private Optional<RankReport> answerOf(RankCommand.FromSupervisor command, int rank) {
        return switch (command) {
            case RankCommand.PrepareModel c -> Optional.of(new Prepared(c.at(), rank));
            case RankCommand.RestoreCheckpoint c -> Optional.of(new Prepared(c.at(), rank));
            case RankCommand.RestoreSnapshot c -> Optional.of(new Prepared(c.at(), rank));
            case RankCommand.BeginStage c -> Optional.of(new StageBegun(c.at(), rank));
            case RankCommand.RunStep c -> Optional.of(finished(c.at(), rank, resultOf(c.at(), rank)));
            case RankCommand.SkipStep c -> Optional.of(finished(c.at(), rank, new StepResult(0, 0, 0, 0, 1e-3, false)));
            case RankCommand.TakeSnapshot c -> Optional.of(new SnapshotTaken(c.at(), rank));
            case RankCommand.EndStage c -> Optional.of(new StageEnded(c.at(), rank));
            case RankCommand.EvaluateCell c ->
                Optional.of(new CellEvaluated(
                        c.at(),
                        rank,
                        c.cell(),
                        List.of(new TestAnswer(List.of(c.cell()), true), new TestAnswer(List.of(7), false))));
            case RankCommand.ExportModel c -> Optional.of(new ModelExported(c.at(), rank));
            case RankCommand.RunTick c ->
                Optional.of(new RankReport.TickDone(
                        c.at(), rank, new TickResult(c.tick().number(), List.of(), List.of(), List.of())));
            case RankCommand.AbortGeneration c -> Optional.empty();
            case RankCommand.Fenced c -> Optional.empty();
        };
    }

    private StepResult resultOf(StepId at, int rank) {
        long globalStep = state.plan().position(at.stage(), at.step()).globalStep();
        StepResult right = result(at.stage() * 10 + at.step());
        boolean isSick = state.worldSize() > 0
                && globalStep == sickStep
                && IntStream.range(0, state.worldSize())
                        .anyMatch(r -> processOf(r).equals(sick));
        if (isSick) {
            return new StepResult(Double.NaN, 10, 100, Double.NaN, 1e-3, false);
        }
        if (rank != 2 || differing.getOrDefault(globalStep, 0) == 0) {
            return right;
        }
        differing.merge(globalStep, -1, Integer::sum);
        return new StepResult(Math.nextUp(right.loss()), 10, 100, 1.5, 1e-3, true);
    }

    static StepFinished finished(StepId at, int rank, StepResult result) {
        return new StepFinished(at, rank, result, new StepTimes(1_000_000L * (rank + 1), 0, 1_000), SENT);
    }

    static StepResult result(int step) {
        return new StepResult(4.0 / (step + 1), 10, 100, 1.5, 1e-3, true);
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

    <C> List<C> toldNodes(Class<C> type) {
        return all(Effect.TellNode.class).stream()
                .map(Effect.TellNode::command)
                .filter(type::isInstance)
                .map(type::cast)
                .toList();
    }

    <N> List<N> news(Class<N> type) {
        return all(Effect.Announce.class).stream()
                .map(Effect.Announce::news)
                .filter(type::isInstance)
                .map(type::cast)
                .toList();
    }

    /** Steps of the run that were committed, in order. */
    List<Long> committed() {
        return all(Effect.RecordStep.class).stream()
                .map(record -> record.step().position().globalStep())
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
            throw new AssertionError("a run ends once: " + finishes + " phase=" + state.phase());
        }
        return finishes.getFirst();
    }
}
