package io.longreel.runtime.supervisor;

import io.longreel.config.RuntimeFailure.Category;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.protocol.NodeCommand.NodeFenced;
import io.longreel.runtime.protocol.NodeReport.NodeFailed;
import io.longreel.runtime.protocol.RankReport.RankFailed;
import io.longreel.runtime.supervisor.Phase.Failure;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** What went wrong, and whether the run gets over it. */
final class FailureRules {
    private FailureRules() {}

    static void rankFailed(Turn turn, RankFailed failed) {
        SupervisorState state = turn.state();
        Failure failure = failureOf(turn, failed);
        if (state.phase() instanceof Phase.Serving) {
            RecoveryRules.begin(turn, failure); // one question must not end the answers of all others
            return;
        }
        boolean isTheUsers = failed.category() == Category.CONFIG || failed.category() == Category.DATA;
        Position at = turn.plan().position(failed.at().stage(), failed.at().step());
        // What cannot be read from the start on is a wrong path or format rather than a damaged sample.
        boolean isFirst = at.globalStep() <= turn.plan().start().position().globalStep();
        if (state.phase() instanceof Phase.Closing) {
            turn.ignore(failed); // the model is written
        } else if (failed.category() == Category.DATA && at.isBefore(state.committed())) {
            RecoveryRules.begin(turn, failure); // they could be read before, and what was committed is not skipped
        } else if (failed.category() == Category.DATA && !isFirst && state.phase() instanceof Phase.Training) {
            GuardRules.badSamples(turn, at, failure);
        } else if (isTheUsers) {
            EndingRules.fail(turn, failure);
        } else {
            RecoveryRules.begin(turn, failure);
        }
    }

    /** Ranks of the incarnation that is being stopped say why it had to be. */
    static void rankFailedBefore(Turn turn, RankFailed failed) {
        turn.state()
                .recovery()
                .ifPresent(recovery ->
                        turn.become(turn.state().recovering(Optional.of(recovery.with(failureOf(turn, failed))))));
    }

    /** A wait that was given up, or a link that broke, only follows from something else. */
    private static Failure failureOf(Turn turn, RankFailed failed) {
        return new Failure(failed.category(), textOf(turn, failed), failed.category() != Category.RETRYABLE);
    }

    private static String textOf(Turn turn, RankFailed failed) {
        String node = turn.state()
                .placement()
                .filter(placement -> failed.rank() < placement.ranks().size())
                .map(placement -> placement.site(failed.rank()).nodeId())
                .orElse("?");
        if (turn.plan().serves()) {
            return "rank %d on %s failed: %s".formatted(failed.rank(), node, failed.message());
        }
        String stage = turn.plan().stages().get(failed.at().stage()).name();
        return "rank %d on %s failed in stage %s, step %d: %s"
                .formatted(failed.rank(), node, stage, failed.at().step(), failed.message());
    }

    /** A node that cannot take part. While the run forms that is the user's to mend; later it is a node less. */
    static void nodeFailed(Turn turn, NodeFailed failed, Member member) {
        String text = "%s (on node %s)".formatted(failed.message(), member.nodeId());
        if (turn.state().phase() instanceof Phase.Forming) {
            EndingRules.fail(turn, new Failure(failed.category(), text, true));
        } else {
            lose(turn, member, failed.message());
        }
    }

    static void nodeLost(Turn turn, Event.NodeLost lost) {
        Member member = turn.state().crew().members().get(lost.processId());
        if (member != null) {
            lose(turn, member, lost.reason());
        } else if (lost.isFinal() && turn.state().phase() instanceof Phase.Forming) {
            EndingRules.fail(
                    turn,
                    Category.FATAL,
                    "worker %s ended before it joined: %s".formatted(lost.processId(), lost.reason()));
        } else {
            turn.effect(new Effect.Note("a process that is no member is gone: processId=" + lost.processId()));
        }
    }

    /** The process is not one of us any more, whether it lives or not; its ranks get other places. */
    static void lose(Turn turn, Member member, String reason) {
        SupervisorState state = turn.state();
        if (state.phase() instanceof Phase.Ended) {
            return;
        }
        String id = member.processId();
        Crew crew = state.crew()
                .without(id)
                .noteLoss(member.nodeId(), turn.nowMs(), turn.plan().recovery().quarantine());
        turn.become(state.with(crew))
                .journal(new JournalEntry.NodeLost(member.nodeId(), id, reason))
                .announce(new RunNews.NodeLost(member.nodeId(), reason))
                .effect(new Effect.TellNode(
                        id,
                        new NodeFenced(
                                state.generation(),
                                "process %s was declared lost in generation %d: %s"
                                        .formatted(id, state.generation(), reason))));
        long quarantineMs = crew.quarantineMs(member.nodeId(), turn.nowMs());
        if (quarantineMs > 0) {
            turn.journal(new JournalEntry.NodeQuarantined(member.nodeId(), quarantineMs))
                    .announce(new RunNews.NodeQuarantined(member.nodeId(), quarantineMs));
        }
        SavingRules.writerLost(turn, id);
        goOnWithout(
                turn,
                state.placedIds().contains(id),
                id,
                new Failure(Category.RETRYABLE, "node %s was lost: %s".formatted(member.nodeId(), reason), true));
    }

    private static void goOnWithout(Turn turn, boolean wasPlaced, String processId, Failure failure) {
        switch (turn.state().phase()) {
            case Phase.Forming forming -> {}
            case Phase.Gathering gathering -> {}
            case Phase.Stopping stopping -> {
                RecoveryRules.note(turn, failure);
                RecoveryRules.notAwaited(turn, processId);
            }
            case Phase.Seeking seeking -> {
                RecoveryRules.note(turn, failure);
                RecoveryRules.notAwaited(turn, processId);
            }
            case Phase.Closing closing -> EndingRules.closeWhenAllIsWritten(turn); // no rank is needed any more
            default -> { // whatever the ranks were doing, they cannot go on
                if (wasPlaced) {
                    RecoveryRules.begin(turn, failure);
                } else {
                    TrainingRules.goOnIfTraining(turn); // perhaps its part of a checkpoint was waited for
                    ServingRules.goOn(turn);
                }
            }
        }
    }

    /** Which processes differ from most others; empty when there is no majority. */
    static <R> Set<String> minority(Turn turn, Map<R, List<Integer>> camps) {
        int worldSize = turn.state().worldSize();
        Set<String> processes = new TreeSet<>();
        boolean hasMajority = camps.values().stream().anyMatch(ranks -> ranks.size() * 2 > worldSize);
        if (hasMajority) {
            camps.values().stream()
                    .filter(ranks -> ranks.size() * 2 <= worldSize)
                    .flatMap(List::stream)
                    .forEach(rank -> turn.state()
                            .placement()
                            .ifPresent(placement ->
                                    processes.add(placement.site(rank).processId())));
        }
        return processes;
    }
}
