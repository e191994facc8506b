package io.longreel.runtime.dashboard;

import io.longreel.config.RunConfig;
import io.longreel.runtime.supervisor.CellOutcome;
import io.longreel.runtime.supervisor.CommittedStep;
import io.longreel.runtime.supervisor.RunNews;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What is known of a run that goes on, and the one line that says it. Fed with news in order; {@code nowMs} is the time
 * at which they came. Also keeps what the closing summary tells.
 */
public final class RunProgress {
    private static final int BAR_CELLS = 12;
    private static final long TOKENS_WINDOW_MS = 10_000;
    private static final long WORK_WINDOW_MS = 60_000;
    /** Waiting for samples is worth a word from here on. */
    private static final double DATA_SHARE_SHOWN = 0.1;

    private static final double NEWEST_SHARE = 0.1;

    /** What is kept of a stage. */
    static final class StageLog {
        final String name;
        final long startMs;
        long endMs;
        int steps;
        double loss = Double.NaN;
        long tokens;
        long sequences;
        /** Sequences by how full they were. */
        double filled;

        long frames;
        long framesReused;

        StageLog(String name, long startMs) {
            this.name = name;
            this.startMs = startMs;
            this.endMs = startMs;
        }

        void add(CommittedStep step, long nowMs) {
            endMs = nowMs;
            steps++;
            loss = step.result().loss();
            tokens += step.result().tokens();
            sequences += step.data().sequences();
            filled += step.data().fill() * step.data().sequences();
            frames += step.data().frames();
            framesReused += step.data().framesReused();
        }
    }

    private final RunConfig config;
    private final Workload workload;
    private final Rate tokenRate = new Rate(TOKENS_WINDOW_MS);
    private final Rate workRate = new Rate(WORK_WINDOW_MS);
    private final SortedMap<Integer, StageLog> stages = new TreeMap<>();
    private final Map<String, List<CellOutcome>> evaluations = new TreeMap<>();
    private String doing = "starting";
    private int stage;
    private int step;
    private int cells;
    private int cellsTotal;
    private double loss = Double.NaN;
    private long tokens;
    /** Of the time of recent steps: waiting for samples. */
    private double dataShare;

    /**
     * @param tokensPerFrame of the run's model, for the time that remains
     */
    public RunProgress(RunConfig config, int tokensPerFrame) {
        this.config = config;
        this.workload = Workload.of(config, tokensPerFrame);
    }

    /** Takes news in. */
    public void learn(RunNews news, long nowMs) {
        switch (news) {
            case RunNews.NodesJoined joined ->
                doing = "%d of %d nodes are ready".formatted(joined.ready(), joined.wanted());
            case RunNews.RanksConnecting connecting ->
                doing = connecting.nodeIds().size() + " ranks connect";
            case RunNews.StageStarted started -> {
                stage = started.position().stage();
                step = started.position().step();
                cells = 0;
                cellsTotal = 0;
                doing = started.name();
                stages.computeIfAbsent(stage, index -> new StageLog(started.name(), nowMs)); // again after a recovery
                workRate.reach(nowMs, workload.before(stage, step, 0));
                tokenRate.reach(nowMs, (double) tokens);
            }
            case RunNews.StepCommitted committed -> {
                step = committed.step().position().step();
                loss = committed.step().result().loss();
                tokens += committed.step().result().tokens();
                dataShare = smoothed(dataShare, committed.step());
                StageLog log = stages.get(stage);
                if (log != null) {
                    log.add(committed.step(), nowMs);
                }
                tokenRate.reach(nowMs, (double) tokens);
                workRate.reach(nowMs, workload.before(stage, step, 0));
            }
            case RunNews.CheckpointWritten written -> {}
            case RunNews.SpareReady spare -> {}
            case RunNews.EvaluationProgressed progressed -> {
                doing = progressed.name();
                cells = progressed.done();
                cellsTotal = progressed.cells();
                workRate.reach(nowMs, workload.before(stage, step, cells));
            }
            case RunNews.EvaluationFinished finished -> evaluations.put(finished.name(), finished.cells());
            case RunNews.Serving serving -> doing = "answering";
            case RunNews.ControlAccepted control -> {}
            case RunNews.PauseOrdered ordered -> {}
            case RunNews.Paused paused ->
                doing = "paused behind step %d".formatted(paused.position().globalStep());
            case RunNews.Resumed resumed -> doing = config.stages().get(stage).name();
            case RunNews.Exporting exporting -> doing = "writing the model";
            case RunNews.Stopping stopping -> doing = "stopping (%s)".formatted(stopping.reason());
            case RunNews.RecoveryStarted started -> doing = "recovering";
            case RunNews.Trouble trouble -> {} // a line of its own
            case RunNews.Closed closed -> doing = "done";
        }
    }

    /** One line about now. */
    String line() {
        StringBuilder line = new StringBuilder();
        if (stages.isEmpty()) {
            return doing;
        }
        line.append("[%d/%d] %s ".formatted(stage + 1, config.stages().size(), doing));
        if (cellsTotal > 0) {
            line.append(bar(cells, cellsTotal)).append(" cell %d/%d".formatted(cells, cellsTotal));
        } else {
            int steps = config.stages().get(stage).steps();
            line.append(bar(step, steps)).append(" %d/%d".formatted(step, steps));
            if (!Double.isNaN(loss)) {
                line.append(String.format(Locale.ROOT, "  loss %.4f", loss));
            }
            line.append("  %s tokens/s".formatted(count(tokenRate.perSecond())));
            if (dataShare >= DATA_SHARE_SHOWN) {
                line.append(String.format(Locale.ROOT, "  data %.0f%%", 100 * dataShare));
            }
        }
        leftMs().ifPresent(ms -> line.append("  ETA ").append(duration(ms)));
        return line.toString();
    }

    /** Time that remains, by the speed of the last minute; empty when nothing is known of it. */
    public OptionalLong leftMs() {
        double rate = workRate.perSecond();
        if (rate <= 0) {
            return OptionalLong.empty();
        }
        return OptionalLong.of((long) ((workload.total() - workload.before(stage, step, cells)) / rate * 1000));
    }

    /** What the run does now, in words. */
    public String doing() {
        return doing;
    }

    private static double smoothed(double before, CommittedStep step) {
        double durationMs = step.cost().durationMs();
        double share = durationMs > 0 ? Math.min(1, step.data().waitMs() / durationMs) : 0;
        return (1 - NEWEST_SHARE) * before + NEWEST_SHARE * share;
    }

    /** What the stages did, one line each. */
    List<String> stageLines() {
        int width = stages.values().stream()
                .mapToInt(log -> log.name.length())
                .max()
                .orElse(0);
        List<String> lines = new ArrayList<>();
        stages.forEach((index, log) -> lines.add(stageLine(index, log, width)));
        return lines;
    }

    /** The current stage in one line. */
    String stageLine() {
        StageLog log = stages.get(stage);
        return log == null ? "" : stageLine(stage, log, log.name.length());
    }

    /** Whether the last step of the current stage is committed. */
    boolean isStageTrained() {
        return step == config.stages().get(stage).steps();
    }

    private String stageLine(int index, StageLog log, int width) {
        String name = String.format(Locale.ROOT, "%-" + Math.max(1, width) + "s", log.name);
        return String.format(
                Locale.ROOT,
                "stage %d/%d  %s  %5d steps  %8s  %7s tokens  final loss %.4f%s%s",
                index + 1,
                config.stages().size(),
                name,
                log.steps,
                duration(log.endMs - log.startMs),
                count((double) log.tokens),
                log.loss,
                log.sequences == 0 ? "" : String.format(Locale.ROOT, "  fill %.0f%%", 100 * log.filled / log.sequences),
                log.framesReused == 0
                        ? ""
                        : String.format(Locale.ROOT, "  frames reused %.0f%%", 100.0 * log.framesReused / log.frames));
    }

    Map<String, List<CellOutcome>> evaluations() {
        return evaluations;
    }

    static String bar(int done, int total) {
        int full = total == 0 ? BAR_CELLS : (int) ((long) BAR_CELLS * done / total);
        return "█".repeat(full) + "░".repeat(BAR_CELLS - full);
    }

    /** Such as {@code 1:05} or {@code 2:01:05}. */
    public static String duration(long durationMs) {
        long seconds = Math.max(0, Math.round(durationMs / 1000.0));
        return seconds >= 3600
                ? "%d:%02d:%02d".formatted(seconds / 3600, seconds / 60 % 60, seconds % 60)
                : "%d:%02d".formatted(seconds / 60, seconds % 60);
    }

    /** In a few characters, such as {@code 1.2 M}. */
    public static String count(double value) {
        return value >= 1e6
                ? String.format(Locale.ROOT, "%.1f M", value / 1e6)
                : value >= 1e4
                        ? String.format(Locale.ROOT, "%.0f k", value / 1e3)
                        : String.format(Locale.ROOT, "%.0f", value);
    }
}
