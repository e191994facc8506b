package io.longreel.chaos.sim;

import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.journal.JournalHistory;
import io.longreel.runtime.journal.JournalLine;
import io.longreel.runtime.protocol.NodeCommand;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankReport;
import io.longreel.runtime.protocol.RankReport.StepFinished;
import io.longreel.runtime.protocol.SnapshotId;
import io.longreel.runtime.protocol.StepId;
import io.longreel.runtime.protocol.StepResult;
import io.longreel.runtime.supervisor.Decision;
import io.longreel.runtime.supervisor.Effect;
import io.longreel.runtime.supervisor.Event;
import io.longreel.runtime.supervisor.Phase;
import io.longreel.runtime.supervisor.Position;
import io.longreel.runtime.supervisor.Progress;
import io.longreel.runtime.supervisor.SupervisorState;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * A protocol that is broken on purpose, by what stands between the cores and their world: what the checkers are worth is what they catch of
 * these. The production code is the same.
 */
enum Mutant {
    NONE,

    /** What a rank of an earlier mesh incarnation says counts as if it were of the current one. */
    DROPPED_FENCE {
        @Override
        List<Event> events(SupervisorState state, Event event) {
            return event instanceof Event.RankReported reported && reported.report() instanceof StepFinished step
                    ? List.of(new Event.RankReported(
                            event.atMs(),
                            new StepFinished(
                                    new StepId(
                                            state.generation(),
                                            step.at().stage(),
                                            step.at().step()),
                                    step.rank(),
                                    step.result(),
                                    step.times(),
                                    step.sent())))
                    : List.of(event);
        }
    },

    /** One vote is as good as two. */
    COMMIT_WITHOUT_ALL_VOTES {
        @Override
        List<Event> events(SupervisorState state, Event event) {
            if (event instanceof Event.RankReported reported && reported.report() instanceof StepFinished step) {
                int other = (step.rank() + 1) % state.mesh().worldSize();
                RankReport copy = new StepFinished(step.at(), other, step.result(), step.times(), step.sent());
                return List.of(event, new Event.RankReported(event.atMs(), copy));
            }
            return List.of(event);
        }
    },

    /** What ranks say about a step is taken to be the same: that of the rank that says it first is made up. */
    VOTES_NOT_COMPARED {
        @Override
        List<Event> events(SupervisorState state, Event event) {
            if (event instanceof Event.RankReported reported && reported.report() instanceof StepFinished step) {
                StepResult same = new StepResult(0.5, 100, 100, 1, 1e-3, true);
                return List.of(new Event.RankReported(
                        event.atMs(), new StepFinished(step.at(), step.rank(), same, step.times(), step.sent())));
            }
            return List.of(event);
        }
    },

    /** A step counts first and is written down later. */
    COMMIT_BEFORE_JOURNAL {
        @Override
        Decision decide(SupervisorState before, Decision decision) {
            List<Effect> first = new ArrayList<>();
            List<Effect> last = new ArrayList<>();
            for (Effect effect : decision.effects()) {
                boolean isCommit = effect instanceof Effect.WriteJournal write
                        && write.entry() instanceof JournalEntry.StepCommitted;
                (isCommit ? last : first).add(effect);
            }
            first.addAll(last);
            return new Decision(decision.state(), first);
        }
    },

    /** Ranks are told to forget the snapshot that counts when the next one is only asked for. */
    SNAPSHOT_DROPPED_EARLY {
        @Override
        Decision decide(SupervisorState before, Decision decision) {
            return mapped(decision, effect -> {
                if (effect instanceof Effect.TellAllRanks tell
                        && tell.command() instanceof RankCommand.RunStep step
                        && step.takesSnapshot()) {
                    StepId at = step.at();
                    SnapshotId next = new SnapshotId(at.generation(), at.stage(), at.step() + 1);
                    return new Effect.TellAllRanks(new RankCommand.RunStep(at, true, next));
                }
                return effect;
            });
        }
    },

    /** Ranks answer before their peers hold their slices. */
    SNAPSHOT_NOT_SENT,

    /** Every snapshot is as good as one that counts. */
    RESTORED_FROM_UNCOMMITTED {
        @Override
        Decision decide(SupervisorState before, Decision decision) {
            Progress progress = decision.state().progress();
            SortedMap<Integer, Position> limits = new TreeMap<>(progress.limits());
            limits.replaceAll((generation, limit) -> new Position(limit.stage(), limit.step() + 1000, 1_000_000));
            return new Decision(
                    with(decision.state(), copy(progress, progress.reached(), progress.committed(), limits)),
                    decision.effects());
        }
    },

    /** After a restore the ranks go on where they were, whatever they were given. */
    REPLAY_LEFT_OUT {
        @Override
        Decision decide(SupervisorState before, Decision decision) {
            Progress progress = decision.state().progress();
            boolean isPlaced = decision.state().phase() instanceof Phase.Connecting
                    && !(before.phase() instanceof Phase.Connecting);
            return isPlaced
                    ? new Decision(
                            with(
                                    decision.state(),
                                    copy(progress, progress.committed(), progress.committed(), progress.limits())),
                            decision.effects())
                    : decision;
        }
    },

    /** Steps that are computed again count again. */
    REPLAY_COUNTED_AGAIN {
        @Override
        Decision decide(SupervisorState before, Decision decision) {
            Progress progress = decision.state().progress();
            return new Decision(
                    with(decision.state(), copy(progress, progress.reached(), progress.reached(), progress.limits())),
                    decision.effects());
        }
    },

    /** Steps that are computed again are not compared with what they gave before. */
    REPLAY_NOT_COMPARED {
        @Override
        Decision decide(SupervisorState before, Decision decision) {
            return new Decision(with(decision.state(), withoutLog(decision.state())), decision.effects());
        }
    },

    /** Who was lost too often never comes back. */
    QUARANTINE_NEVER_ENDS {
        @Override
        Decision decide(SupervisorState before, Decision decision) {
            return mapped(decision, effect -> {
                if (effect instanceof Effect.TellNode tell
                        && tell.command() instanceof NodeCommand.JoinLater later
                        && later.reason().contains("too often")) {
                    return new Effect.TellNode(
                            tell.processId(), new NodeCommand.JoinLater(1_000_000_000, later.reason()));
                }
                return effect;
            });
        }
    },

    /** Nobody notices that all wait. */
    STALL_NOT_NOTICED {
        @Override
        Decision decide(SupervisorState before, Decision decision) {
            boolean isStall = decision.effects().stream()
                    .anyMatch(effect -> effect instanceof Effect.WriteJournal write
                            && write.entry() instanceof JournalEntry.Recovering recovering
                            && recovering.cause().startsWith("all ranks have waited"));
            return isStall ? new Decision(before, List.of()) : decision;
        }
    },

    /** A supervisor that was replaced goes on writing. */
    OLD_TERM_WRITES,

    /** A supervisor that takes over misses the newest committed step. */
    TAKEOVER_FORGETS {
        @Override
        JournalHistory history(JournalHistory history) {
            List<JournalLine> lines = new ArrayList<>(history.lines());
            for (int i = lines.size() - 1; i >= 0; i--) {
                if (lines.get(i).entry() instanceof JournalEntry.StepCommitted) {
                    lines.remove(i);
                    break;
                }
            }
            return new JournalHistory(history.term(), lines, history.superseded(), history.damagedBytes());
        }
    };

    /** What the core gets to hear instead of an event. */
    List<Event> events(SupervisorState state, Event event) {
        return List.of(event);
    }

    /** What is done instead of what the core decided. */
    Decision decide(SupervisorState before, Decision decision) {
        return decision;
    }

    /** What a supervisor reads when it takes over. */
    JournalHistory history(JournalHistory history) {
        return history;
    }

    private static Decision mapped(Decision decision, UnaryOperator<Effect> change) {
        return new Decision(
                decision.state(), decision.effects().stream().map(change).toList());
    }

    private static Progress copy(
            Progress progress, Position reached, Position committed, SortedMap<Integer, Position> limits) {
        return new Progress(
                reached,
                committed,
                progress.log(),
                progress.evaluated(),
                progress.savedGlobalStep(),
                progress.keepFrom(),
                limits,
                progress.skipped(),
                progress.unappliedInARow());
    }

    private static Progress withoutLog(SupervisorState state) {
        Progress progress = state.progress();
        return new Progress(
                progress.reached(),
                progress.committed(),
                SupervisorState.initial(state.plan(), 0).progress().log(),
                progress.evaluated(),
                progress.savedGlobalStep(),
                progress.keepFrom(),
                progress.limits(),
                progress.skipped(),
                progress.unappliedInARow());
    }

    private static SupervisorState with(SupervisorState state, Progress progress) {
        return new SupervisorState(
                state.plan(),
                state.generation(),
                state.crew(),
                state.placement(),
                progress,
                state.phase(),
                state.stop(),
                state.recovery(),
                state.saving(),
                state.suspicion(),
                state.move(),
                state.orders(),
                state.watch(),
                state.fencedCount());
    }
}
