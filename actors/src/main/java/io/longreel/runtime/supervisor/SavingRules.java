package io.longreel.runtime.supervisor;

import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.protocol.NodeCommand.WriteSlices;
import io.longreel.runtime.protocol.NodeReport.SlicesFailed;
import io.longreel.runtime.protocol.NodeReport.SlicesWritten;
import io.longreel.runtime.protocol.RecordReport.ManifestWritten;
import io.longreel.runtime.protocol.RecordReport.SavingFailed;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Checkpoints, written by the nodes from their snapshots while the training goes on. A checkpoint that cannot be written costs nothing but
 * itself: the one before it stays, and the next one is tried when it is due.
 */
final class SavingRules {
    private static final long ASK_AGAIN_MS = 10_000;
    private static final long TOLD_EVERY_MS = 60_000;
    /** A disk that hangs must not hold the run at the end of a stage for ever. */
    private static final long ABANDONED_AFTER_MS = 1_800_000;

    private SavingRules() {}

    static boolean isDue(SupervisorState state, long globalStep) {
        int every = state.plan().checkpointEverySteps();
        return every > 0 && globalStep % every == 0;
    }

    /** Begins a checkpoint of the position that the ranks have reached and hold a snapshot of. */
    static void begin(Turn turn) {
        SupervisorState state = turn.state();
        Saving saving = new Saving(
                state.progress().keepFrom(),
                state.reached(),
                state.generation(),
                state.mesh(),
                state.placedIds(),
                state.placedIds(),
                new TreeMap<>(),
                false,
                turn.nowMs(),
                turn.nowMs());
        turn.become(state.saving(Optional.of(saving)).with(state.orders().wantingCheckpoint(false)))
                .effect(new Effect.PrepareCheckpoint(saving.position()));
        ask(turn, saving);
    }

    private static void ask(Turn turn, Saving saving) {
        String directory = turn.plan().checkpointDirectory(saving.position());
        saving.awaited()
                .forEach(id -> turn.effect(new Effect.TellNode(id, new WriteSlices(saving.snapshot(), directory))));
    }

    /** The order or its answer may have been lost; who is still writing ignores that it comes again. */
    static void askAgainWhenLate(Turn turn) {
        turn.state()
                .saving()
                .filter(saving -> !saving.isSealing() && turn.nowMs() - saving.askedMs() >= ASK_AGAIN_MS)
                .ifPresent(saving -> {
                    long forMs = turn.nowMs() - saving.beganMs();
                    if (forMs >= ABANDONED_AFTER_MS) {
                        abandon(turn, "its slices were not there after %d s".formatted(forMs / 1000));
                        return;
                    }
                    if (forMs / TOLD_EVERY_MS > (saving.askedMs() - saving.beganMs()) / TOLD_EVERY_MS) {
                        turn.announce(new RunNews.CheckpointFailed(
                                "the checkpoint of step %d has been on its way to the disk for %d s, the disk is slow"
                                        .formatted(saving.position().globalStep(), forMs / 1000)));
                    }
                    turn.become(turn.state().saving(Optional.of(saving.askedAgain(turn.nowMs()))));
                    ask(turn, saving);
                });
    }

    /** A checkpoint is due while the one before it is still being written. */
    static void skip(Turn turn, Saving running) {
        turn.announce(new RunNews.CheckpointFailed(
                "the checkpoint of step %d is skipped: that of step %d is still being written, the disk is slow"
                        .formatted(
                                turn.state().reached().globalStep(),
                                running.position().globalStep())));
    }

    static void slicesWritten(Turn turn, SlicesWritten written) {
        Optional<Saving> known = turn.state().saving();
        boolean isOurs = known.isPresent()
                && known.get().snapshot().equals(written.snapshot())
                && known.get().writers().contains(written.processId())
                && !known.get().isSealing();
        if (!isOurs) {
            turn.ignore(written);
            return;
        }
        Saving saving = known.get().with(written.processId(), written.slices());
        turn.become(turn.state().saving(Optional.of(saving)));
        if (!saving.isWhole()) {
            if (saving.awaited().isEmpty()) {
                abandon(turn, "ranks %s have no slice in any memory".formatted(saving.missing()));
            }
            return;
        }
        Position position = saving.position();
        String name = JobPlan.checkpointName(position);
        turn.become(turn.state().saving(Optional.of(saving.sealing())))
                .journal(new JournalEntry.SlicesSaved(
                        saving.generation(), name, position.stage(), position.step(), position.globalStep()))
                .effect(new Effect.WriteManifest(
                        name,
                        saving.generation(),
                        saving.mesh(),
                        position,
                        turn.state().progress().skipped(),
                        List.copyOf(saving.slices().values())));
    }

    static void slicesFailed(Turn turn, SlicesFailed failed) {
        boolean isOurs = turn.state()
                .saving()
                .filter(saving -> saving.snapshot().equals(failed.snapshot()) && !saving.isSealing())
                .isPresent();
        if (isOurs) {
            abandon(turn, failed.message());
        } else {
            turn.ignore(failed);
        }
    }

    static void savingFailed(Turn turn, SavingFailed failed) {
        boolean isOurs = turn.state()
                .saving()
                .filter(saving -> JobPlan.checkpointName(saving.position()).equals(failed.checkpoint()))
                .isPresent();
        if (isOurs) {
            abandon(turn, failed.message());
        } else {
            turn.ignore(failed);
        }
    }

    /** A process is gone that was to write. */
    static void writerLost(Turn turn, String processId) {
        Optional<Saving> saving = turn.state().saving();
        if (saving.isPresent()
                && saving.get().writers().contains(processId)
                && !saving.get().isSealing()) {
            giveUp(turn, "a node was lost that was writing");
        }
    }

    private static void abandon(Turn turn, String reason) {
        giveUp(turn, reason);
        if (turn.state().stop().isPresent() && isStandingStill(turn)) {
            EndingRules.endUnsaved(turn, reason);
        } else {
            TrainingRules.goOnIfTraining(turn);
            EndingRules.closeWhenAllIsWritten(turn);
        }
    }

    private static void giveUp(Turn turn, String reason) {
        Saving saving = turn.state().saving().orElseThrow();
        long step = saving.position().globalStep();
        turn.become(turn.state().saving(Optional.empty()))
                .effect(new Effect.DiscardCheckpoint(saving.position()))
                .announce(new RunNews.CheckpointFailed(
                        "the checkpoint of step %d was not written: %s".formatted(step, reason)));
    }

    /** Whether the ranks have nothing left to do but to see their state saved. */
    private static boolean isStandingStill(Turn turn) {
        return turn.state().phase() instanceof Phase.Training training
                && training.votes().nothingInFlight();
    }

    static void manifestWritten(Turn turn, ManifestWritten written) {
        Optional<Saving> saving = turn.state().saving();
        if (saving.isEmpty() || !JobPlan.checkpointName(saving.get().position()).equals(written.checkpoint())) {
            turn.ignore(written);
            return;
        }
        Position position = saving.get().position();
        turn.become(turn.state()
                        .saving(Optional.empty())
                        .with(turn.state().progress().saved(position.globalStep())))
                .journal(new JournalEntry.CheckpointCommitted(
                        written.checkpoint(), position.stage(), position.step(), position.globalStep()))
                .announce(new RunNews.CheckpointWritten(written.checkpoint(), position));
        TrainingRules.goOnIfTraining(turn);
        EndingRules.closeWhenAllIsWritten(turn);
    }
}
