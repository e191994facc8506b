package io.longreel.runtime.launch;

import io.longreel.config.RunConfig;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.StageSettings.Rope;
import io.longreel.curriculum.stage.RunPlan;
import io.longreel.model.ModelConfig;
import io.longreel.model.TrainSession.SliceFile;
import io.longreel.model.checkpoint.CheckpointManifest;
import io.longreel.model.checkpoint.CheckpointStore;
import io.longreel.model.disk.Disk;
import io.longreel.model.disk.DiskReserve;
import io.longreel.runtime.journal.Journal;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.metrics.StepWork;
import io.longreel.runtime.protocol.RecordReport;
import io.longreel.runtime.supervisor.CommittedStep;
import io.longreel.runtime.supervisor.Effect;
import io.longreel.runtime.supervisor.Position;
import io.longreel.runtime.supervisor.RunNews;
import io.longreel.runtime.supervisor.RunRecorder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * The files of a run as the supervisor's effects write them: journal, metrics, manifests, results. Used by the
 * recorder's thread, opened before it starts. News are passed on to the screen.
 */
public final class RunFiles implements RunRecorder {
    /** Room for thousands of entries of the journal. */
    private static final int RESERVE_BYTES = 1 << 20;

    private final RunConfig config;
    private final Journal journal;
    private final MetricsFile metrics;
    private final CheckpointStore checkpoints;
    private final Retention retention;
    private final DiskReserve reserve;
    private final RunProvenance provenance;
    private final RopeInForce ropeInForce;
    private final StepWork work;
    private final ResultFiles results;
    private final Consumer<RunNews> screen;
    private final InstantSource clock;

    /** RoPE in force at a position, which the manifest names; nothing in it is empty. */
    @FunctionalInterface
    interface RopeInForce {
        Rope at(int stage, int step);
    }

    private RunFiles(
            RunConfig config,
            CheckpointStore checkpoints,
            Journal journal,
            MetricsFile metrics,
            DiskReserve reserve,
            RopeInForce ropeInForce,
            StepWork work,
            ResultFiles results,
            Consumer<RunNews> screen,
            InstantSource clock) {
        this.config = config;
        this.journal = journal;
        this.metrics = metrics;
        this.reserve = reserve;
        this.checkpoints = checkpoints;
        this.retention = new Retention(checkpoints, config.checkpoint().keep());
        this.provenance = RunProvenance.of(config);
        this.ropeInForce = ropeInForce;
        this.work = work;
        this.results = results;
        this.screen = screen;
        this.clock = clock;
    }

    /**
     * Opens the files of a run that goes on behind {@code globalStep}, and with them a new term of the supervisor.
     *
     * @param holder the process that hosts the supervisor, for people
     */
    static RunFiles open(
            RunConfig config,
            RunDirectory directory,
            String holder,
            long globalStep,
            RopeInForce ropeInForce,
            StepWork work,
            ResultFiles results,
            Consumer<RunNews> screen) {
        try {
            InstantSource clock = InstantSource.system();
            Journal journal = Journal.begin(directory.root(), holder, clock);
            MetricsFile metrics = MetricsFile.openBehind(directory.metricsFile(), globalStep);
            DiskReserve reserve = DiskReserve.hold(Disk.system(), directory.reserveFile(), RESERVE_BYTES);
            return new RunFiles(
                    config,
                    CheckpointStore.of(directory.root()),
                    journal,
                    metrics,
                    reserve,
                    ropeInForce,
                    work,
                    results,
                    screen,
                    clock);
        } catch (IOException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.CONFIG,
                    "the run directory %s cannot be written: %s".formatted(directory.root(), e),
                    e);
        }
    }

    /**
     * Opens the files of a run whose supervisor is gone, with a new term. Committed steps that have no line in the metrics get one, and lines of
     * steps that were not committed go.
     */
    static RunFiles takeOver(
            RunConfig config,
            RunDirectory directory,
            Journal journal,
            long committedSteps,
            RopeInForce ropeInForce,
            StepWork work,
            ResultFiles results,
            Consumer<RunNews> screen)
            throws IOException {
        MetricsFile metrics = MetricsFile.openBehind(directory.metricsFile(), committedSteps);
        metrics.addMissing(journal.history(), config.stages());
        return new RunFiles(
                config,
                CheckpointStore.of(directory.root()),
                journal,
                metrics,
                DiskReserve.hold(Disk.system(), directory.reserveFile(), RESERVE_BYTES),
                ropeInForce,
                work,
                results,
                screen,
                InstantSource.system());
    }

    /** The RoPE of a run's schedule. */
    static RopeInForce rope(RunConfig config, ModelConfig model) {
        RunPlan steps = RunPlan.of(config.stages());
        Rope own = new Rope(
                Optional.of(model.llm().ropeTheta()), Optional.of(model.llm().ropeScale()));
        return (stage, step) -> (step < config.stages().get(stage).steps()
                        ? steps.at(stage, step).rope()
                        : steps.ropeAfter(stage))
                .over(own);
    }

    @Override
    public void journal(JournalEntry entry) {
        reserve.around(() -> journal.append(entry));
    }

    @Override
    public void step(CommittedStep step) {
        journal.requireNewest();
        metrics.append(step, work, clock.instant());
    }

    @Override
    public void prepareCheckpoint(Position position) {
        journal.requireNewest();
        checkpoints.prepare(position.globalStep());
    }

    @Override
    public void discardCheckpoint(Position position) {
        journal.requireNewest();
        checkpoints.discard(position.globalStep());
    }

    @Override
    public void manifest(Effect.WriteManifest manifest) {
        journal.requireNewest();
        Position position = manifest.position();
        Rope rope = ropeInForce.at(position.stage(), position.step());
        List<SliceFile> slices = manifest.slices().stream()
                .map(slice -> new SliceFile(slice.name(), slice.sizeBytes(), slice.sha256()))
                .toList();
        checkpoints.seal(new CheckpointManifest(
                config.name(),
                config.seed(),
                config.stages().get(position.stage()).name(),
                position.step(),
                position.globalStep(),
                manifest.mesh(),
                rope.theta().orElseThrow(),
                rope.scale().orElseThrow(),
                slices,
                Optional.of(provenance.at(position, manifest.generation(), manifest.skipped()))));
        retention.checkpointAdded();
        reserve.refill();
    }

    @Override
    public RecordReport.CheckpointFound findCheckpoint() {
        CheckpointStore.Choice choice = checkpoints.choose();
        String refused =
                choice.refused().stream().map(CheckpointStore.Refused::line).collect(Collectors.joining("; "));
        return choice.stored()
                .map(stored -> {
                    Position position = ResumePoint.positionOf(config, stored.manifest());
                    return new RecordReport.CheckpointFound(
                            stored.directory().toAbsolutePath().toString(), position.stage(), position.step(), refused);
                })
                .orElseGet(() -> new RecordReport.CheckpointFound("", 0, 0, refused));
    }

    @Override
    public void evaluation(Effect.WriteEvaluation evaluation) {
        journal.requireNewest();
        results.evaluation(evaluation);
    }

    @Override
    public void report() {
        journal.requireNewest();
        results.report();
    }

    @Override
    public void announce(RunNews news) {
        screen.accept(news);
    }

    @Override
    public void close() {
        try (journal;
                metrics;
                retention;
                reserve) {
            screen.accept(new RunNews.Closed());
        } catch (IOException e) {
            throw new UncheckedIOException("the run's files cannot be closed: " + e.getMessage(), e);
        }
    }
}
