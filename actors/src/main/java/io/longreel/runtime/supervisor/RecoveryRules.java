package io.longreel.runtime.supervisor;

import io.longreel.config.RuntimeFailure.Category;
import io.longreel.config.topology.Placement;
import io.longreel.config.topology.Placement.RankSite;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.protocol.NodeCommand.StartRanks;
import io.longreel.runtime.protocol.NodeCommand.StopRanks;
import io.longreel.runtime.protocol.NodeReport.Beat;
import io.longreel.runtime.protocol.NodeReport.RanksStopped;
import io.longreel.runtime.protocol.RankReport.RankConnected;
import io.longreel.runtime.protocol.RecordReport.CheckpointFound;
import io.longreel.runtime.supervisor.Phase.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * From one mesh incarnation to the next: stop the ranks that are left, look for places and for the state, start again. Also how the first
 * incarnation gets its places.
 */
final class RecoveryRules {
    /** A rank's thread that does not end by then is stuck, and its process with it. */
    static final long STOP_RANKS_MS = 10_000;

    private RecoveryRules() {}

    /** The current incarnation is lost. */
    static void begin(Turn turn, Failure failure) {
        SupervisorState state = turn.state();
        if (state.phase() instanceof Phase.Stopping || state.phase() instanceof Phase.Seeking) {
            note(turn, failure);
            return;
        }
        Recovery recovery = ongoing(turn);
        state = state.with(state.watch().with(state.watch().pace().faulted(turn.nowMs())));
        turn.become(state.recovering(Optional.of(recovery.with(failure).oneMoreAttempt())));
        if (recovery.attempts() >= turn.plan().recovery().attemptsMax()) {
            EndingRules.exhausted(turn);
            return;
        }
        // A doubted step is not waited for: it is tried elsewhere.
        int attempt = recovery.attempts() + 1;
        long pauseMs = state.suspicion().isPresent() ? 0 : Recovery.backOffMs(attempt);
        stopRanks(turn, failure.message(), false, pauseMs);
        if (pauseMs > 0) {
            turn.announce(new RunNews.RecoveryPaused(attempt, pauseMs));
        }
    }

    /** The ranks are to be elsewhere; nothing is wrong. */
    static void move(Turn turn, String reason) {
        turn.become(turn.state().recovering(Optional.of(ongoing(turn))));
        stopRanks(turn, reason, true, 0);
    }

    static void note(Turn turn, Failure failure) {
        turn.become(turn.state().recovering(Optional.of(ongoing(turn).with(failure))));
    }

    private static Recovery ongoing(Turn turn) {
        return turn.state().recovery().orElseGet(() -> Recovery.begun(turn.nowMs()));
    }

    private static void stopRanks(Turn turn, String reason, boolean isPlanned, long pauseMs) {
        if (turn.plan().serves()) {
            turn.effect(new Effect.TellEngine(new EngineNews.Lost(reason)));
        }
        SupervisorState state = turn.state().nextGeneration();
        List<String> ready = state.crew().readyIds();
        Position committed = state.committed();
        turn.become(state)
                .enter(new Phase.Stopping(new TreeSet<>(ready), Map.of(), pauseMs, turn.nowMs() + STOP_RANKS_MS))
                .journal(new JournalEntry.Recovering(
                        state.generation(), committed.stage(), committed.step(), committed.globalStep(), reason))
                .announce(new RunNews.RecoveryStarted(state.generation(), reason, isPlanned));
        ready.forEach(id -> turn.effect(new Effect.TellNode(id, new StopRanks(state.generation(), reason))));
        stoppedWhenAllAnswered(turn);
    }

    static void ranksStopped(Turn turn, RanksStopped stopped) {
        SupervisorState state = turn.state();
        if (!(state.phase() instanceof Phase.Stopping stopping)
                || stopped.generation() != state.generation()
                || !stopping.waiting().contains(stopped.processId())) {
            turn.ignore(stopped);
            return;
        }
        turn.enter(stopping.heard(stopped.processId(), stopped.held()));
        stoppedWhenAllAnswered(turn);
    }

    /** The process is gone: neither its answer nor what it holds is there any more. */
    static void notAwaited(Turn turn, String processId) {
        switch (turn.state().phase()) {
            case Phase.Stopping stopping -> {
                turn.enter(stopping.lost(processId));
                stoppedWhenAllAnswered(turn);
            }
            case Phase.Seeking seeking -> {
                turn.enter(seeking.lost(processId));
                seek(turn);
            }
            default -> {}
        }
    }

    static void stoppedWhenAllAnswered(Turn turn) {
        if (turn.state().phase() instanceof Phase.Stopping stopping
                && stopping.waiting().isEmpty()) {
            turn.enter(stopping.over(
                    turn.nowMs(), turn.plan().recovery().waitForNodes().toMillis()));
            seek(turn);
        }
    }

    /** Whether there are places and a state for the ranks now; otherwise the next node, loss or tick asks again. */
    static void seek(Turn turn) {
        SupervisorState state = turn.state();
        if (!(state.phase() instanceof Phase.Seeking found) || found.isReadingDisk() || found.isPausing(turn.nowMs())) {
            return;
        }
        Phase.Seeking seeking = found.withoutPause();
        turn.enter(seeking);
        Optional<Places> places = Places.find(state, turn.nowMs() >= seeking.deadlineMs());
        if (places.isPresent()) {
            Optional<Source> source =
                    Ladder.best(state, seeking.held(), places.get().processIds());
            if (source.isPresent()) {
                place(turn, places.get(), source.get());
            } else {
                turn.enter(seeking.readingDisk(true)).effect(new Effect.FindCheckpoint());
            }
        } else if (turn.nowMs() >= seeking.deadlineMs()) {
            EndingRules.fail(
                    turn,
                    Category.RETRYABLE,
                    "only %d of %d nodes are left after %d s%s"
                            .formatted(
                                    state.crew().available().size(),
                                    turn.plan().nodes(),
                                    turn.plan().recovery().waitForNodes().toSeconds(),
                                    state.recovery()
                                            .filter(recovery ->
                                                    !recovery.failures().isEmpty())
                                            .map(recovery ->
                                                    ": " + recovery.best().message())
                                            .orElse("")));
        } else {
            turn.announce(new RunNews.NodesAwaited(
                    state.crew().available().size(), turn.plan().nodes()));
        }
    }

    static void checkpointFound(Turn turn, CheckpointFound found) {
        SupervisorState state = turn.state();
        if (!(state.phase() instanceof Phase.Seeking seeking) || !seeking.isReadingDisk()) {
            turn.ignore(found);
            return;
        }
        turn.enter(seeking.readingDisk(false));
        if (!found.refused().isEmpty()) {
            turn.announce(new RunNews.CheckpointFailed(found.refused()));
        }
        Source source = found.directory().isEmpty()
                ? Ladder.beginning(turn.plan())
                : new Source.Disk(found.directory(), turn.plan().position(found.stage(), found.step()));
        // Newer ones that do not load save nothing: what they hold is written again when it is due.
        turn.become(turn.state()
                .with(turn.state().progress().savedOnlyUpTo(source.position().globalStep())));
        Optional<Places> places = Places.find(turn.state(), turn.nowMs() >= seeking.deadlineMs());
        if (places.isPresent()) {
            place(turn, places.get(), source);
        } else {
            seek(turn); // a node was lost meanwhile
        }
    }

    /** All nodes that the run wants are there. */
    static void placeFirst(Turn turn) {
        Places places = Places.find(turn.state(), false)
                .orElseThrow(() -> new IllegalStateException("asked only when all nodes are ready"));
        place(turn, places, Ladder.beginning(turn.plan()));
    }

    private static void place(Turn turn, Places places, Source source) {
        SupervisorState state = turn.state();
        List<RankSite> sites = new ArrayList<>();
        for (int rank = 0; rank < places.mesh().worldSize(); rank++) {
            Member node = places.nodes().get(rank / turn.plan().ranksPerNode());
            sites.add(new RankSite(rank, node.nodeId(), node.processId(), node.dataEndpoint(), node.driverDirectory()));
        }
        Placement placement = new Placement(turn.plan().runToken(), state.generation(), places.mesh(), sites);
        boolean isOtherMesh = !state.mesh().equals(places.mesh());
        boolean isSmaller = !places.mesh().equals(turn.plan().mesh());
        Progress progress = state.progress().at(source.position());
        turn.become(state.placed(placement).with(isOtherMesh ? progress.withoutLog() : progress))
                .enter(new Phase.Connecting(new TreeSet<>(places.mesh().worldGroup()), source))
                .journal(new JournalEntry.Placed(
                        state.generation(),
                        sites.stream().map(RankSite::nodeId).toList(),
                        places.mesh().toString()))
                .announce(connecting(state, placement));
        if (state.recovery().isPresent()) {
            turn.announce(new RunNews.Placed(state.generation(), places.mesh(), isSmaller, source.text()));
        }
        turn.become(turn.state().with(turn.state().watch().with(Stragglers.none())));
        places.processIds()
                .forEach(id -> turn.effect(
                        new Effect.TellNode(id, new StartRanks(turn.state().at(), placement))));
    }

    private static RunNews connecting(SupervisorState state, Placement placement) {
        List<String> hosts = placement.ranks().stream().map(RankSite::nodeId).toList();
        List<String> spares = state.crew().available().stream()
                .map(Member::nodeId)
                .filter(id -> !hosts.contains(id))
                .toList();
        return new RunNews.RanksConnecting(placement.mesh(), hosts, spares);
    }

    static void rankConnected(Turn turn, RankConnected connected) {
        turn.lastAnswer(connected, Phase.Connecting.class).ifPresent(all -> StageRules.load(turn, all.source()));
    }

    /** A node of the run that is taken over makes itself known. */
    static void found(Turn turn, Beat beat) {
        SupervisorState state = turn.state();
        if (!(state.phase() instanceof Phase.Gathering gathering)) {
            throw new IllegalStateException("only a supervisor that takes over adopts nodes: " + state.phase());
        }
        Member member = state.crew()
                .joining(beat.processId(), beat.nodeId(), turn.nowMs())
                .ready(beat.dataEndpoint(), beat.driverDirectory(), turn.nowMs());
        turn.become(state.with(state.crew().with(member)))
                .enter(new Phase.Gathering(Phase.without(gathering.expected(), beat.nodeId()), gathering.deadlineMs()));
        gatheredWhenComplete(turn, false);
    }

    static void gatheredWhenComplete(Turn turn, boolean isLate) {
        if (turn.state().phase() instanceof Phase.Gathering gathering
                && (gathering.expected().isEmpty() || isLate)) {
            move(turn, "another process has taken the supervisor's part");
        }
    }

    /** Something new counts: what was wrong is over. */
    static void overcome(Turn turn) {
        SupervisorState state = turn.state();
        state.recovery().ifPresent(recovery -> {
            String cause = recovery.failures().isEmpty()
                    ? "a planned move"
                    : recovery.best().message();
            turn.become(state.recovering(Optional.empty()))
                    .announce(new RunNews.Recovered(
                            state.generation(), turn.nowMs() - recovery.sinceMs(), recovery.replayed(), cause));
        });
    }
}
