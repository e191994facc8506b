package io.longreel.runtime.rank;

import io.longreel.config.ChaosSettings.Phase;
import io.longreel.model.PackedBatch;
import io.longreel.model.TrainSession;
import io.longreel.model.TrainSession.SliceFile;
import io.longreel.model.TrainSession.StepReport;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankReport;
import io.longreel.runtime.protocol.SentBytes;
import io.longreel.runtime.protocol.StepId;
import io.longreel.runtime.protocol.StepResult;
import io.longreel.runtime.protocol.TestAnswer;
import io.longreel.runtime.rank.RankWork.Question;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * What a rank does for each command, as plain sequential code: no actor, no queue, no thread of its own. Used by the
 * compute thread only. All ranks run the same commands in the same order, which is what the session's collectives rely
 * on.
 */
final class RankProgram {
    private final int rank;
    private final RankWork work;
    private final TrainSession session;
    private final RankInstruments instruments;
    private final LongSupplier clockNs;
    private Optional<Double> ropeTheta = Optional.empty();

    /** Connects the rank; waits for the others. */
    RankProgram(StepId at, int rank, RankWork work, LongSupplier clockNs) {
        this.rank = rank;
        this.work = work;
        this.clockNs = clockNs;
        this.instruments = work.instruments();
        instruments.reached(at, Phase.CONNECT);
        this.session = work.connect();
    }

    RankReport run(RankCommand.FromSupervisor command) {
        StepId at = command.at();
        return switch (command) {
            case RankCommand.PrepareModel prepare -> {
                work.prepare(session);
                yield new RankReport.Prepared(at, rank);
            }
            case RankCommand.RestoreCheckpoint restore -> {
                // The seed and the model's origin are not part of a checkpoint: they come from the configuration, as at
                // first.
                work.prepare(session);
                work.beginStage(session, at.stage());
                instruments.reached(at, Phase.RESTORE);
                session.restore(Path.of(restore.directory()));
                applyRopeTheta(at);
                yield new RankReport.Prepared(at, rank);
            }
            case RankCommand.BeginStage begin -> {
                work.beginStage(session, at.stage());
                yield new RankReport.StageBegun(at, rank);
            }
            case RankCommand.RunStep step -> runStep(at);
            case RankCommand.SaveSlice save -> {
                instruments.reached(at, Phase.CHECKPOINT);
                SliceFile slice = session.saveSlice(Path.of(save.directory()));
                yield new RankReport.SliceSaved(at, rank, slice.name(), slice.sizeBytes(), slice.sha256());
            }
            case RankCommand.EndStage end -> {
                session.endStage();
                yield new RankReport.StageEnded(at, rank);
            }
            case RankCommand.EvaluateCell evaluate -> {
                instruments.reached(at, Phase.EVALUATE);
                List<TestAnswer> answers = new ArrayList<>();
                for (Question question : work.questions(at.stage(), evaluate.cell())) {
                    answers.add(answer(question));
                }
                yield new RankReport.CellEvaluated(at, rank, evaluate.cell(), answers);
            }
            case RankCommand.ExportModel export -> {
                session.exportModel(Path.of(export.directory()));
                yield new RankReport.ModelExported(at, rank);
            }
            case RankCommand.AbortGeneration abort -> throw notCompute(command);
            case RankCommand.Fenced fenced -> throw notCompute(command);
        };
    }

    private RankReport runStep(StepId at) {
        long startNs = clockNs.getAsLong();
        SentBytes before = work.sentBytes();
        instruments.reached(at, Phase.IDLE);
        applyRopeTheta(at);
        instruments.reached(at, Phase.DATA);
        List<PackedBatch> batches = work.batches(at.stage(), at.step());
        double learningRate = work.learningRate(at.stage(), at.step());
        StepReport report = session.step(batches, learningRate);
        StepResult result = new StepResult(
                report.loss(),
                report.labelledTokens(),
                report.tokens(),
                report.gradientNorm(),
                learningRate,
                report.applied());
        instruments.reached(at, Phase.VOTE);
        return new RankReport.StepFinished(
                at,
                rank,
                result,
                Math.max(0, clockNs.getAsLong() - startNs),
                work.sentBytes().since(before));
    }

    /**
     * A restored run starts in the middle of a phase, so the base is looked up each time instead of being set at the
     * first step of its phase.
     */
    private void applyRopeTheta(StepId at) {
        Optional<Double> wanted = work.ropeTheta(at.stage(), at.step());
        if (wanted.isPresent() && !wanted.equals(ropeTheta)) {
            session.ropeTheta(wanted);
            ropeTheta = wanted;
        }
    }

    private TestAnswer answer(Question question) {
        List<Integer> tokens =
                Arrays.stream(session.answer(question.batch())).boxed().toList();
        return new TestAnswer(tokens, tokens.equals(question.expected()));
    }

    private static IllegalArgumentException notCompute(RankCommand.FromSupervisor command) {
        return new IllegalArgumentException("the actor handles this command itself: " + command);
    }
}
