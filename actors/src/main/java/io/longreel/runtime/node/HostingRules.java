package io.longreel.runtime.node;

import io.longreel.config.RuntimeFailure.Category;
import io.longreel.config.topology.Placement.RankSite;
import io.longreel.runtime.node.NodeState.Ranks;
import io.longreel.runtime.node.NodeState.Stop;
import io.longreel.runtime.node.NodeState.Writes;
import io.longreel.runtime.protocol.NodeCommand.StartRanks;
import io.longreel.runtime.protocol.NodeCommand.StopRanks;
import io.longreel.runtime.protocol.NodeCommand.WriteSlices;
import io.longreel.runtime.protocol.NodeReport;
import io.longreel.runtime.protocol.NodeReport.NodeFailed;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Ranks of one mesh incarnation after the other. No rank of a generation starts before the last one of the generation before has freed what it
 * held; what was said about an earlier generation than the newest one heard of has no effect.
 */
final class HostingRules {
    /** From the order to stop until a rank counts as stuck. Waits end at once, so this is for one long computation. */
    static final long STOP_TIMEOUT_MS = 5_000;

    /** A job that forms has its ranks placed by then. */
    static final long IDLE_MS = 2_000;

    private HostingRules() {}

    /** A spare. It computes as fast as the others from its first step on if its code is compiled by then. */
    static void warmUpWhenIdle(NodeTurn turn) {
        NodeState state = turn.state();
        if (state.phase() instanceof NodePhase.Ready ready
                && ready.warmUpAtMs().isPresent()
                && turn.nowMs() >= ready.warmUpAtMs().getAsLong()) {
            turn.enter(ready.warm());
            boolean hasHostedRanks = state.ranks().generation() > 0;
            if (!hasHostedRanks) {
                turn.effect(new NodeEffect.WarmUp());
            }
        }
    }

    static void startRanks(NodeTurn turn, StartRanks start) {
        NodeState state = turn.state();
        int generation = start.at().generation();
        if (!(state.phase() instanceof NodePhase.Ready)) {
            turn.ignore(start.at(), "the node takes no part");
        } else if (generation < state.generation()) {
            turn.ignore(start.at(), "a generation that is over");
        } else if (generation == state.ranks().generation()) {
            turn.ignore(start.at(), "started before");
        } else if (state.ranks().living().isEmpty()) {
            begin(turn, start);
        } else {
            turn.become(state.heardOf(generation).with(state.ranks().then(Optional.of(start))));
            stop(turn, 0, "generation %d begins".formatted(generation));
        }
    }

    private static void begin(NodeTurn turn, StartRanks start) {
        int generation = start.at().generation();
        SortedSet<Integer> ranks = new TreeSet<>();
        for (RankSite site : start.sitesOf(turn.state().processId())) {
            ranks.add(site.rank());
            turn.effect(new NodeEffect.StartRank(start.at(), start.placement(), site.rank()));
        }
        NodeState next = turn.state().heardOf(generation);
        turn.become(next.with(next.ranks().started(generation, ranks)));
    }

    /** An order that comes again, or a newer one while ranks still stop, is answered once all have stopped. */
    static void stopRanks(NodeTurn turn, StopRanks stop) {
        NodeState state = turn.state();
        if (stop.nextGeneration() < state.generation()) {
            turn.ignore(stop, "a generation that is over");
            return;
        }
        NodeState next = state.heardOf(stop.nextGeneration());
        Optional<StartRanks> start = next.ranks().next().filter(s -> s.at().generation() >= stop.nextGeneration());
        turn.become(next.with(next.ranks().then(start)));
        boolean concernsTheLiving = next.ranks().generation() < stop.nextGeneration()
                && !next.ranks().living().isEmpty();
        if (concernsTheLiving) {
            stop(turn, stop.nextGeneration(), stop.reason());
        } else {
            turn.effect(new NodeEffect.SayStopped(stop.nextGeneration()));
        }
    }

    private static void stop(NodeTurn turn, int answer, String reason) {
        Ranks ranks = turn.state().ranks();
        if (ranks.stop().isEmpty()) {
            turn.effect(new NodeEffect.StopAllRanks(reason));
        }
        Stop stop = ranks.stop().orElse(new Stop(0, false, turn.nowMs() + STOP_TIMEOUT_MS));
        turn.become(turn.state().with(ranks.stopping(answer == 0 ? stop : stop.answering(answer))));
    }

    /** What ranks leave behind is of no use: the run goes on without this process. */
    static void stopAndForget(NodeTurn turn, String reason) {
        if (turn.state().ranks().living().isEmpty()) {
            turn.effect(new NodeEffect.DropSnapshots());
            JoiningRules.askAgain(turn);
            return;
        }
        stop(turn, 0, reason);
        Ranks ranks = turn.state().ranks();
        turn.become(turn.state()
                .with(ranks.stopping(ranks.stop().orElseThrow().dropping().answering(0))));
    }

    static void rankStopped(NodeTurn turn, int rank) {
        turn.become(turn.state().with(turn.state().ranks().without(rank)));
        if (!turn.state().ranks().living().isEmpty()) {
            return;
        }
        Ranks ranks = turn.state().ranks();
        turn.become(turn.state().with(ranks.stopped().then(Optional.empty())));
        if (turn.state().phase() instanceof NodePhase.Ending ending) {
            turn.effect(new NodeEffect.Free(ending.end()));
            return;
        }
        ranks.stop().ifPresent(stop -> afterStop(turn, stop));
        ranks.next().ifPresent(next -> begin(turn, next));
    }

    private static void afterStop(NodeTurn turn, Stop stop) {
        if (stop.dropsSnapshots()) {
            turn.effect(new NodeEffect.DropSnapshots());
        }
        if (stop.answer() > 0) {
            turn.effect(new NodeEffect.SayStopped(stop.answer()));
        }
        JoiningRules.askAgain(turn);
    }

    /** A computation that does not end holds memory and links: only the end of the process frees them. */
    static void watchStuckRanks(NodeTurn turn) {
        Ranks ranks = turn.state().ranks();
        if (ranks.stop().isEmpty() || turn.nowMs() < ranks.stop().get().deadlineMs()) {
            return;
        }
        String text = "ranks %s did not stop within %d s and hold the process: it ends"
                .formatted(ranks.living(), STOP_TIMEOUT_MS / 1000);
        unusable(turn, text);
    }

    /** Another process in its place can do what this one cannot any more. */
    static void unusable(NodeTurn turn, String text) {
        turn.effect(new NodeEffect.Warn(text))
                .effect(new NodeEffect.Say(new NodeFailed(turn.state().processId(), Category.RETRYABLE, text)));
        end(turn, new NodeEnd(NodeEnd.UNUSABLE, text));
    }

    /** One at a time: the next waits until the first has been answered. */
    static void writeSlices(NodeTurn turn, WriteSlices write) {
        NodeState state = turn.state();
        List<WriteSlices> queue = new ArrayList<>(state.writes().queue());
        if (!(state.phase() instanceof NodePhase.Ready) || (queue.contains(write) && !isFirstStale(state, write))) {
            turn.ignore(write, "asked before, or the node takes no part");
            return;
        }
        queue.add(write);
        turn.become(state.with(new Writes(queue, state.writes().isStale())));
        if (queue.size() == 1) {
            turn.effect(new NodeEffect.WriteSlices(write.snapshot(), write.directory()));
        }
    }

    private static boolean isFirstStale(NodeState state, WriteSlices write) {
        List<WriteSlices> queue = state.writes().queue();
        return state.writes().isStale() && queue.indexOf(write) == 0 && queue.lastIndexOf(write) == 0;
    }

    static void slowWorkDone(NodeTurn turn, NodeReport report) {
        Writes writes = turn.state().writes();
        if (writes.isStale()) {
            turn.ignore(report, "nobody waits for it any more");
        } else {
            turn.effect(new NodeEffect.Say(report));
        }
        List<WriteSlices> rest = writes.queue().subList(1, writes.queue().size());
        turn.become(turn.state().with(new Writes(rest, false)));
        if (!rest.isEmpty()) {
            turn.effect(new NodeEffect.WriteSlices(
                    rest.getFirst().snapshot(), rest.getFirst().directory()));
        }
    }

    static void end(NodeTurn turn, NodeEnd end) {
        NodeState state = turn.state();
        turn.enter(new NodePhase.Ending(end)).effect(new NodeEffect.End(end));
        if (state.ranks().living().isEmpty()) {
            turn.effect(new NodeEffect.Free(end));
        } else if (state.ranks().stop().isEmpty()) {
            turn.effect(new NodeEffect.StopAllRanks(end.reason()));
        }
    }
}
