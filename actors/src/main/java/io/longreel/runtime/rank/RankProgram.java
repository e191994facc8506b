package io.longreel.runtime.rank;

import io.longreel.config.ChaosSettings.Phase;
import io.longreel.config.LearningRates;
import io.longreel.config.StageSettings.Rope;
import io.longreel.curriculum.StepSamples;
import io.longreel.curriculum.records.SkippedRecord;
import io.longreel.model.FrameUse;
import io.longreel.model.PackedBatch;
import io.longreel.model.TrainSession;
import io.longreel.model.TrainSession.StepReport;
import io.longreel.runtime.protocol.LinkWaits;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankReport;
import io.longreel.runtime.protocol.RankUsage;
import io.longreel.runtime.protocol.SentBytes;
import io.longreel.runtime.protocol.SkippedSample;
import io.longreel.runtime.protocol.SnapshotId;
import io.longreel.runtime.protocol.StepId;
import io.longreel.runtime.protocol.StepIntake;
import io.longreel.runtime.protocol.StepResult;
import io.longreel.runtime.protocol.StepTimes;
import io.longreel.runtime.protocol.TestAnswer;
import io.longreel.runtime.rank.RankWork.Question;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * What a rank does for each command, as plain sequential code: no actor, no queue, no thread of its own. Used by the
 * compute thread, or by a simulation that knows when all ranks would have got there. All ranks run the same commands in
 * the same order, which is what the session's collectives rely on.
 */
public final class RankProgram implements RankJob.Program {
    /** A message stays small however many records of a step are damaged. */
    private static final int SKIPPED_TOLD_MAX = 16;

    private final int rank;
    private final RankWork work;
    private final TrainSession session;
    private final RankInstruments instruments;
    private final LongSupplier clockNs;
    private Rope rope = Rope.UNCHANGED;

    /** Connects the rank; waits for the others. */
    public RankProgram(StepId at, int rank, RankWork work, LongSupplier clockNs) {
        this.rank = rank;
        this.work = work;
        this.clockNs = clockNs;
        this.instruments = work.instruments();
        instruments.reached(at, Phase.CONNECT);
        this.session = work.connect();
    }

    @Override
    public RankReport run(RankCommand.FromSupervisor command) {
        StepId at = command.at();
        return switch (command) {
            case RankCommand.PrepareModel prepare -> {
                work.prepare(session);
                yield new RankReport.Prepared(at, rank);
            }
            case RankCommand.RestoreCheckpoint restore -> {
                // The seed and the model's origin are not part of a checkpoint: they come from the configuration, as at
                // first.
                work.adopt(session);
                work.beginStage(session, at.stage());
                instruments.reached(at, Phase.RESTORE);
                session.restore(Path.of(restore.directory()));
                yield restored(at);
            }
            case RankCommand.RestoreSnapshot restore -> {
                work.adopt(session);
                work.beginStage(session, at.stage());
                instruments.reached(at, Phase.RESTORE);
                work.restoreSnapshot(session, restore.source());
                yield restored(at);
            }
            case RankCommand.BeginStage begin -> {
                work.beginStage(session, at.stage());
                takeSnapshot(at, SnapshotId.at(at));
                yield new RankReport.StageBegun(at, rank);
            }
            case RankCommand.RunStep step -> runStep(step);
            case RankCommand.SkipStep skip -> skipStep(skip);
            case RankCommand.TakeSnapshot take -> {
                takeSnapshot(at, SnapshotId.at(at));
                yield new RankReport.SnapshotTaken(at, rank);
            }
            case RankCommand.EndStage end -> {
                if (!end.adapterDirectory().isEmpty()) {
                    work.exportAdapter(session, at.stage(), Path.of(end.adapterDirectory()));
                }
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
                session.exportModel(Path.of(export.directory()), work.attachments());
                yield new RankReport.ModelExported(at, rank);
            }
            case RankCommand.RunTick tick ->
                throw new IllegalArgumentException("a rank that trains answers nothing: " + command);
            case RankCommand.AbortGeneration abort -> throw notCompute(command);
            case RankCommand.Fenced fenced -> throw notCompute(command);
        };
    }

    /** The new mesh has to hold in its own memories what it was restored from, before the old copies may go. */
    private RankReport restored(StepId at) {
        applyRope(at);
        takeSnapshot(at, SnapshotId.at(at));
        return new RankReport.Prepared(at, rank);
    }

    private void takeSnapshot(StepId at, SnapshotId id) {
        instruments.reached(at, Phase.SNAPSHOT);
        work.snapshot(session, id);
    }

    private RankReport runStep(RankCommand.RunStep step) {
        StepId at = step.at();
        Stopwatch watch = new Stopwatch();
        work.dropSnapshotsBefore(step.keepFrom());
        instruments.reached(at, Phase.IDLE);
        applyRope(at);
        instruments.reached(at, Phase.DATA);
        StepSamples samples = work.samples(at.stage(), at.step());
        LearningRates rates = work.learningRates(at.stage(), at.step());
        StepReport report = session.step(samples.batches(), rates);
        StepResult result = new StepResult(
                report.loss(),
                report.labelledTokens(),
                report.tokens(),
                report.gradientNorm(),
                rates.common(),
                report.applied());
        List<SkippedSample> skipped = told(samples.skipped());
        return watch.finished(at, result, step.takesSnapshot(), intake(samples), skipped, squaredTokens(samples));
    }

    /** Not more than a message should hold; the last one says how many more there are. */
    private static List<SkippedSample> told(List<SkippedRecord> skipped) {
        List<SkippedSample> told = new ArrayList<>();
        for (SkippedRecord record : skipped.subList(0, Math.min(skipped.size(), SKIPPED_TOLD_MAX))) {
            boolean isLast = told.size() == SKIPPED_TOLD_MAX - 1 && skipped.size() > SKIPPED_TOLD_MAX;
            String more =
                    isLast ? "(and %d more records of this step) ".formatted(skipped.size() - SKIPPED_TOLD_MAX) : "";
            told.add(new SkippedSample(record.sample(), record.dataset(), record.record(), more + record.reason()));
        }
        return told;
    }

    /** The state stays as it is; only the position moves on. */
    private RankReport skipStep(RankCommand.SkipStep skip) {
        StepId at = skip.at();
        Stopwatch watch = new Stopwatch();
        work.dropSnapshotsBefore(skip.keepFrom());
        StepResult result = new StepResult(
                0, 0, 0, 0, work.learningRates(at.stage(), at.step()).common(), false);
        return watch.finished(at, result, skip.takesSnapshot(), StepIntake.NONE, List.of(), 0);
    }

    /** Each document attends to itself only, so its part of the work grows with the square of its length. */
    private double squaredTokens(StepSamples samples) {
        if (!work.countsForReplica()) {
            return 0;
        }
        double sum = 0;
        for (PackedBatch batch : samples.batches()) {
            int[] starts = batch.cuSeqlens();
            for (int document = 1; document < starts.length; document++) {
                double tokens = starts[document] - starts[document - 1];
                sum += tokens * tokens;
            }
        }
        return sum;
    }

    private StepIntake intake(StepSamples samples) {
        FrameUse frames = session.frameUse();
        boolean counts = work.countsForReplica();
        long documents = samples.batches().stream()
                .mapToLong(batch -> batch.cuSeqlens().length - 1L)
                .sum();
        return new StepIntake(
                counts ? documents : 0,
                counts ? samples.batches().size() : 0,
                counts ? samples.roomTokens() : 0,
                frames.encoded(),
                frames.reused(),
                samples.preparedNs());
    }

    /** Where the time and the bytes of one step go. */
    private final class Stopwatch {
        private final long startNs = clockNs.getAsLong();
        private final long waitedBeforeNs = work.waitedNs();
        private final long dataBeforeNs = work.dataWaitedNs();
        private final SentBytes sentBefore = work.sentBytes();
        private final LinkWaits linksBefore = work.usage(session).waits();

        RankReport finished(
                StepId at,
                StepResult result,
                boolean takesSnapshot,
                StepIntake intake,
                List<SkippedSample> skipped,
                double squaredTokens) {
            long computedNs = clockNs.getAsLong();
            long waitedNs = work.waitedNs() - waitedBeforeNs; // waits of the snapshot are its own
            RankUsage used = usage(squaredTokens);
            if (takesSnapshot) {
                takeSnapshot(at, new SnapshotId(at.generation(), at.stage(), at.step() + 1));
            }
            long endNs = clockNs.getAsLong();
            instruments.reached(at, Phase.VOTE);
            StepTimes times = new StepTimes(
                    Math.max(0, endNs - startNs),
                    Math.max(0, waitedNs),
                    Math.max(0, endNs - computedNs),
                    Math.max(0, work.dataWaitedNs() - dataBeforeNs));
            return new RankReport.StepFinished(
                    at, rank, result, times, work.sentBytes().since(sentBefore), intake, skipped, used);
        }

        private RankUsage usage(double squaredTokens) {
            RankUsage now = work.usage(session);
            return new RankUsage(
                    now.arenaBytes(),
                    now.residentBytes(),
                    now.peakBytes(),
                    now.waits().since(linksBefore),
                    squaredTokens);
        }
    }

    /**
     * A restored run starts in the middle of a phase, so RoPE is looked up each time instead of being set at the
     * first step of its phase.
     */
    private void applyRope(StepId at) {
        Rope wanted = work.rope(at.stage(), at.step());
        if (!wanted.equals(rope)) {
            session.rope(wanted);
            rope = wanted;
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
