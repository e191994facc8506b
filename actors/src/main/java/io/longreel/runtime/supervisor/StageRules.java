package io.longreel.runtime.supervisor;

import io.longreel.model.checkpoint.PeftAdapter;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.protocol.RankCommand.BeginStage;
import io.longreel.runtime.protocol.RankCommand.EndStage;
import io.longreel.runtime.protocol.RankCommand.ExportModel;
import io.longreel.runtime.protocol.RankCommand.PrepareModel;
import io.longreel.runtime.protocol.RankCommand.RestoreCheckpoint;
import io.longreel.runtime.protocol.RankCommand.RestoreSnapshot;
import io.longreel.runtime.protocol.RankReport.ModelExported;
import io.longreel.runtime.protocol.RankReport.Prepared;
import io.longreel.runtime.protocol.RankReport.StageBegun;
import io.longreel.runtime.protocol.RankReport.StageEnded;

/**
 * What lies around the training steps: weights, the borders of stages, the exported model (LongVILA, section 3: each
 * stage starts from the last one's weights).
 */
final class StageRules {
    private StageRules() {}

    static void load(Turn turn, Source source) {
        SupervisorState state = turn.state();
        turn.enter(new Phase.Loading(state.allRanks(), source));
        switch (source) {
            case Source.Memory memory -> turn.tellAll(new RestoreSnapshot(state.at(), memory.snapshot()));
            case Source.Disk disk -> turn.tellAll(new RestoreCheckpoint(state.at(), disk.directory()));
            case Source.Beginning beginning -> turn.tellAll(new PrepareModel(state.at()));
        }
    }

    static void prepared(Turn turn, Prepared prepared) {
        turn.lastAnswer(prepared, Phase.Loading.class).ifPresent(all -> loaded(turn, all.source()));
    }

    private static void loaded(Turn turn, Source source) {
        MembershipRules.dismissLeavers(turn);
        if (turn.plan().serves()) {
            ServingRules.start(turn);
            return;
        }
        if (source instanceof Source.Beginning) {
            beginStage(turn);
            return;
        }
        Position position = turn.state().reached();
        turn.journal(new JournalEntry.Restored(
                turn.state().generation(), position.stage(), position.step(), position.globalStep(), source.text()));
        announceStage(turn); // restoring has begun the stage
        TrainingRules.snapshotHeld(turn);
        TrainingRules.start(turn);
    }

    private static void beginStage(Turn turn) {
        SupervisorState state = turn.state();
        announceStage(turn);
        turn.enter(new Phase.BeginningStage(state.allRanks())).tellAll(new BeginStage(state.at()));
    }

    private static void announceStage(Turn turn) {
        SupervisorState state = turn.state();
        JobPlan.StagePlan stage = turn.plan().stage(state.reached());
        turn.journal(new JournalEntry.StageBegan(
                        state.generation(), state.reached().stage(), stage.name(), stage.steps()))
                .announce(new RunNews.StageStarted(state.reached(), stage.name()));
    }

    static void stageBegun(Turn turn, StageBegun begun) {
        turn.lastAnswer(begun, Phase.BeginningStage.class).ifPresent(all -> {
            TrainingRules.snapshotHeld(turn);
            TrainingRules.start(turn);
        });
    }

    static void endStage(Turn turn) {
        SupervisorState state = turn.state();
        turn.enter(new Phase.EndingStage(state.allRanks())).tellAll(new EndStage(state.at(), adapterDirectory(turn)));
    }

    private static String adapterDirectory(Turn turn) {
        SupervisorState state = turn.state();
        boolean isExported = turn.plan().stage(state.reached()).exports();
        return isExported && !state.progress().isReplaying()
                ? turn.plan().modelDirectory(state.reached().stage()) + "/" + PeftAdapter.FOLDER
                : "";
    }

    static void stageEnded(Turn turn, StageEnded ended) {
        turn.lastAnswer(ended, Phase.EndingStage.class).ifPresent(all -> evaluateOrGoOn(turn));
    }

    private static void evaluateOrGoOn(Turn turn) {
        SupervisorState state = turn.state();
        int stage = state.reached().stage();
        JobPlan.StagePlan plan = turn.plan().stage(state.reached());
        turn.journal(new JournalEntry.StageEnded(stage, plan.name()));
        if (plan.evaluation().isPresent() && !state.progress().evaluated().contains(stage)) {
            EvaluationRules.start(turn);
        } else {
            exportOrGoOn(turn);
        }
    }

    /** Behind the end of a stage and its evaluation. Stages whose successors have been trained before a fault have left their model then. */
    static void exportOrGoOn(Turn turn) {
        SupervisorState state = turn.state();
        int stage = state.reached().stage();
        boolean leavesModel = turn.plan().stage(state.reached()).exports()
                && stage + 1 < turn.plan().stages().size();
        if (leavesModel && !state.progress().isReplaying() && state.stop().isEmpty()) {
            turn.enter(new Phase.ExportingStage(state.allRanks()))
                    .announce(new RunNews.Exporting())
                    .tellAll(new ExportModel(state.at(), turn.plan().modelDirectory(stage)));
        } else {
            nextStage(turn);
        }
    }

    private static void nextStage(Turn turn) {
        SupervisorState state = turn.state();
        if (state.stop().isPresent() && !state.progress().isReplaying()) {
            TrainingRules.start(turn); // which saves what is not saved yet, and ends
        } else if (state.reached().stage() + 1 < turn.plan().stages().size()) {
            turn.become(state.with(state.progress().at(state.reached().atNextStage())));
            beginStage(turn);
        } else {
            turn.enter(new Phase.Exporting(state.allRanks()))
                    .announce(new RunNews.Exporting())
                    .tellAll(new ExportModel(state.at(), turn.plan().modelDirectory()));
        }
    }

    static void modelExported(Turn turn, ModelExported exported) {
        if (turn.state().phase() instanceof Phase.ExportingStage) {
            stageExported(turn, exported);
            return;
        }
        turn.lastAnswer(exported, Phase.Exporting.class).ifPresent(all -> {
            RecoveryRules.overcome(turn);
            turn.enter(new Phase.Closing(false))
                    .journal(new JournalEntry.ModelExported(turn.plan().modelDirectory()))
                    .effect(new Effect.WriteReport());
        });
    }

    private static void stageExported(Turn turn, ModelExported exported) {
        turn.lastAnswer(exported, Phase.ExportingStage.class).ifPresent(all -> {
            int stage = turn.state().reached().stage();
            String name = turn.plan().stage(turn.state().reached()).name();
            turn.journal(new JournalEntry.StageExported(stage, name, turn.plan().modelDirectory(stage)));
            nextStage(turn);
        });
    }
}
