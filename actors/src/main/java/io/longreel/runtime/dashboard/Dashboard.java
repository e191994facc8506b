package io.longreel.runtime.dashboard;

import io.longreel.config.RunConfig;
import io.longreel.runtime.supervisor.RunNews;
import io.longreel.runtime.trace.TraceFile;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.function.Consumer;

/**
 * Shows a run while it goes: on a terminal one line that is drawn over again, elsewhere a plain line now and then.
 * Stages that are over and results stay. News come from the recorder's thread; the summary is printed by the main
 * thread when the recorder has ended.
 */
public final class Dashboard implements Consumer<RunNews> {
    private static final long TERMINAL_INTERVAL_MS = 100;

    /** A line that wraps could not be drawn over; the width that every terminal has. */
    private static final int TERMINAL_COLUMNS = 80;

    private static final long PLAIN_INTERVAL_MS = 10_000;
    private static final String REDRAW = "\r\u001b[K";

    private final RunProgress progress;
    private final PrintWriter out;
    private final InstantSource clock;
    private final boolean isTerminal;
    private long shownMs;

    /**
     * @param tokensPerFrame of the run's model, for the time that remains
     */
    public Dashboard(RunConfig config, int tokensPerFrame, PrintWriter out, boolean isTerminal, InstantSource clock) {
        this.progress = new RunProgress(config, tokensPerFrame);
        this.out = out;
        this.clock = clock;
        this.isTerminal = isTerminal;
    }

    @Override
    public synchronized void accept(RunNews news) {
        long nowMs = clock.millis();
        progress.learn(news, nowMs);
        switch (news) {
            case RunNews.StepCommitted step -> {
                if (progress.isStageTrained()) {
                    keep(progress.stageLine());
                }
                show(nowMs, false);
            }
            case RunNews.EvaluationProgressed cell -> show(nowMs, false);
            case RunNews.CheckpointWritten checkpoint -> {}
            case RunNews.SpareReady spare -> {}
            case RunNews.EvaluationFinished finished ->
                NeedleTable.of(finished.name(), finished.cells()).forEach(this::keep);
            case RunNews.Closed closed -> clear();
            case RunNews.NodesJoined joined -> show(nowMs, true);
            case RunNews.RanksConnecting connecting -> show(nowMs, true);
            case RunNews.Serving serving -> show(nowMs, true);
            case RunNews.StageStarted started -> show(nowMs, true);
            case RunNews.ControlAccepted control -> keep("asked for: " + control.text());
            case RunNews.PauseOrdered ordered -> {}
            case RunNews.Paused paused ->
                keep("paused behind step %d".formatted(paused.position().globalStep()));
            case RunNews.Resumed resumed -> {}
            case RunNews.Exporting exporting -> show(nowMs, true);
            case RunNews.Stopping stopping -> show(nowMs, true);
            case RunNews.Trouble trouble -> keep(TroubleLine.of(trouble));
        }
    }

    /** A line that stays. */
    public synchronized void keep(String line) {
        if (line.isEmpty()) {
            return;
        }
        clear();
        out.println(line);
        out.flush();
    }

    /** What became of a run that has ended well; printed last. */
    public synchronized void summary(Path root) {
        clear();
        progress.stageLines().forEach(out::println);
        progress.evaluations()
                .forEach(
                        (name, cells) -> out.println(NeedleTable.of(name, cells).getFirst()));
        out.println("files in " + root);
        out.println("  model/         the trained model, opens in Hugging Face");
        out.println("  report.html    everything on one page");
        progress.evaluations().keySet().forEach(name -> out.println("  %s.{json,png}".formatted(name)));
        out.println("  metrics.jsonl  one line per step");
        if (Files.exists(root.resolve(TraceFile.NAME))) {
            out.println("  trace.json     what the ranks did, opens in ui.perfetto.dev");
        }
        Path model = root.resolve("model");
        if (Files.isDirectory(model)) {
            out.println("ask it:   bin/longreel generate --model %s --video FILE --prompt TEXT".formatted(model));
            out.println("serve it: bin/longreel serve --model %s --media-root DIR".formatted(model));
        }
        out.flush();
    }

    private void show(long nowMs, boolean atOnce) {
        long interval = isTerminal ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS;
        if (!atOnce && nowMs - shownMs < interval) {
            return;
        }
        shownMs = nowMs;
        if (isTerminal) {
            String line = progress.line();
            out.print(REDRAW + line.substring(0, Math.min(line.length(), TERMINAL_COLUMNS - 1)));
        } else {
            out.println(progress.line());
        }
        out.flush();
    }

    private void clear() {
        if (isTerminal) {
            out.print(REDRAW);
            out.flush();
        }
    }
}
