package io.longreel.runtime.web;

import io.longreel.config.RunConfig;
import io.longreel.runtime.dashboard.RunProgress;
import io.longreel.runtime.dashboard.TroubleLine;
import io.longreel.runtime.metrics.Reading;
import io.longreel.runtime.metrics.RunNumbers;
import io.longreel.runtime.metrics.StepWork;
import io.longreel.runtime.supervisor.CellOutcome;
import io.longreel.runtime.supervisor.CommittedStep;
import io.longreel.runtime.supervisor.RunNews;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * What is known of a run, for those who ask. Taking news in costs the recorder's thread some sums and waking whoever waits; nobody's queue grows, as everybody
 * comes for what is newest when he is done with what he had. Any thread.
 */
public final class RunBoard implements Consumer<RunNews>, AutoCloseable {
    private final String runName;
    private final RunNumbers numbers;
    private final RunProgress progress;
    private final MeshPicture mesh;
    private final StageTimeline stages;
    private final Curve curve = new Curve();
    private final RecentSteps recent = new RecentSteps();
    private final EventLog log = new EventLog();
    private final Map<String, List<CellOutcome>> evaluations = new TreeMap<>();
    private final InstantSource clock;
    private final CountDownLatch closed = new CountDownLatch(1);
    private Optional<RunNews.EvaluationProgressed> evaluating = Optional.empty();
    private RunPhase phase = RunPhase.STARTING;
    /** Whether the run stands still, or will. */
    private boolean isPausing;

    private long version;
    /** Opened by the next change. */
    private CountDownLatch newer = new CountDownLatch(1);

    /**
     * How far somebody has been told.
     *
     * @param logFrom number of the first entry that he does not know
     */
    record Cursor(Curve.Mark curve, long logFrom) {
        static final Cursor NOTHING = new Cursor(Curve.Mark.NOTHING, 0);
    }

    /**
     * What somebody who has read up to a cursor needs to know all there is.
     *
     * @param version by which to wait for the next one
     * @param isLast whether nothing comes behind it
     */
    record Update(
            String runName,
            RunPhase phase,
            boolean isPausing,
            String doing,
            long nowMs,
            OptionalLong leftMs,
            Reading reading,
            MeshPicture.View mesh,
            RecentSteps.View recent,
            List<StageTimeline.Stage> stages,
            Optional<RunNews.EvaluationProgressed> evaluating,
            Map<String, List<CellOutcome>> evaluations,
            Curve.Part curve,
            List<EventLog.Entry> log,
            Cursor next,
            long version,
            boolean isLast) {}

    /**
     * @param tokensPerFrame of the run's model, for the time that remains
     */
    public RunBoard(RunConfig config, int tokensPerFrame, InstantSource clock) {
        this(config, tokensPerFrame, StepWork.UNKNOWN, clock);
    }

    /**
     * @param work what steps compute
     */
    public RunBoard(RunConfig config, int tokensPerFrame, StepWork work, InstantSource clock) {
        this.runName = config.name();
        this.numbers = new RunNumbers(config.mesh().worldSize(), work);
        this.progress = new RunProgress(config, tokensPerFrame);
        this.mesh = new MeshPicture(config.mesh());
        this.stages = new StageTimeline(config);
        this.clock = clock;
    }

    @Override
    public synchronized void accept(RunNews news) {
        long nowMs = clock.millis();
        numbers.learn(news, nowMs);
        progress.learn(news, nowMs);
        mesh.learn(news);
        stages.learn(news, nowMs);
        phase = phase.after(news);
        keep(news, nowMs);
        changed();
    }

    private void keep(RunNews news, long nowMs) {
        switch (news) {
            case RunNews.StepCommitted committed -> {
                evaluating = Optional.empty();
                curve.add(point(committed.step()));
                recent.add(committed.step());
            }
            case RunNews.EvaluationProgressed progressed -> evaluating = Optional.of(progressed);
            case RunNews.EvaluationFinished finished -> {
                evaluating = Optional.empty();
                evaluations.put(finished.name(), finished.cells());
            }
            case RunNews.PauseOrdered ordered -> isPausing = true;
            case RunNews.Paused paused -> isPausing = true;
            case RunNews.Resumed resumed -> isPausing = false;
            default -> {} // nothing to draw
        }
        kindOf(news).ifPresent(kind -> log.add(nowMs, kind, textOf(news)));
    }

    private static Curve.Point point(CommittedStep step) {
        double durationMs = step.cost().durationMs();
        return new Curve.Point(
                step.position().globalStep(),
                step.position().stage(),
                step.result().loss(),
                step.result().gradientNorm(),
                durationMs > 0 ? step.result().tokens() * 1e3 / durationMs : Double.NaN);
    }

    /** Empty for what comes too often to be written down. */
    private static Optional<EventLog.Kind> kindOf(RunNews news) {
        return switch (news) {
            case RunNews.StepCommitted step -> Optional.empty();
            case RunNews.EvaluationProgressed progressed -> Optional.empty();
            case RunNews.PauseOrdered ordered -> Optional.empty(); // told by who ordered it
            case RunNews.Resumed resumed -> Optional.empty();
            case RunNews.Recovered recovered -> Optional.of(EventLog.Kind.RECOVERY);
            case RunNews.Placed placed -> Optional.of(EventLog.Kind.RECOVERY);
            case RunNews.FilesCaughtUp done -> Optional.of(EventLog.Kind.RECOVERY);
            case RunNews.Trouble trouble -> Optional.of(EventLog.Kind.FAULT);
            default -> Optional.of(EventLog.Kind.PROGRESS);
        };
    }

    private static String textOf(RunNews news) {
        return switch (news) {
            case RunNews.Trouble trouble -> TroubleLine.of(trouble);
            case RunNews.NodesJoined joined -> "%d of %d nodes are ready".formatted(joined.ready(), joined.wanted());
            case RunNews.RanksConnecting connecting ->
                "%d ranks connect, mesh %s".formatted(connecting.nodeIds().size(), connecting.mesh());
            case RunNews.SpareReady spare -> "node %s can step in".formatted(spare.nodeId());
            case RunNews.StageStarted started ->
                "stage %s goes on behind step %d"
                        .formatted(started.name(), started.position().step());
            case RunNews.CheckpointWritten written -> "checkpoint %s is written".formatted(written.checkpoint());
            case RunNews.EvaluationFinished finished -> "needle test %s is done".formatted(finished.name());
            case RunNews.Serving serving -> "%d ranks answer".formatted(serving.worldSize());
            case RunNews.ControlAccepted control -> "asked for: " + control.text();
            case RunNews.Paused paused ->
                "paused behind step %d".formatted(paused.position().globalStep());
            case RunNews.Exporting exporting -> "the model is written";
            case RunNews.Stopping stopping -> "stopping: " + stopping.reason();
            case RunNews.Closed closed -> "the run's files are closed";
            case RunNews.StepCommitted step -> "";
            case RunNews.EvaluationProgressed progressed -> "";
            case RunNews.PauseOrdered ordered -> "";
            case RunNews.Resumed resumed -> "";
        };
    }

    String runName() {
        return runName;
    }

    synchronized RunPhase phase() {
        return phase;
    }

    /** The run's numbers now. */
    public Reading reading() {
        return numbers.reading(clock.millis());
    }

    /** What is new behind a cursor. */
    synchronized Update since(Cursor cursor) {
        long nowMs = clock.millis();
        Curve.Part part = curve.since(cursor.curve());
        return new Update(
                runName,
                phase,
                isPausing,
                progress.doing(),
                nowMs,
                progress.leftMs(),
                numbers.reading(nowMs),
                mesh.view(),
                recent.view(),
                stages.stages(),
                evaluating,
                new TreeMap<>(evaluations),
                part,
                log.from(cursor.logFrom()),
                new Cursor(part.mark(), log.next()),
                version,
                isClosed());
    }

    /** Waits for something newer than {@code seen}, at most so long. False: there is nothing. */
    boolean awaitNewer(long seen, long atMostMs) throws InterruptedException {
        CountDownLatch next;
        synchronized (this) {
            if (version != seen || isClosed()) {
                return true;
            }
            next = newer;
        }
        return next.await(atMostMs, TimeUnit.MILLISECONDS);
    }

    /** Lets time pass in which nobody is told anything; ends early when nothing new will come. */
    void rest(long forMs) throws InterruptedException {
        var unused = closed.await(forMs, TimeUnit.MILLISECONDS);
    }

    private boolean isClosed() {
        return closed.getCount() == 0;
    }

    private synchronized void changed() {
        version++;
        newer.countDown();
        newer = new CountDownLatch(1);
    }

    /** Nothing new will come: who waits is told the last state. */
    @Override
    public void close() {
        closed.countDown();
        changed();
    }
}
