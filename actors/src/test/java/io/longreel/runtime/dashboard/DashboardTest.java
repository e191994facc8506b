package io.longreel.runtime.dashboard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import io.longreel.runtime.protocol.SentBytes;
import io.longreel.runtime.protocol.StepResult;
import io.longreel.runtime.protocol.TestAnswer;
import io.longreel.runtime.supervisor.CellOutcome;
import io.longreel.runtime.supervisor.CommittedStep;
import io.longreel.runtime.supervisor.Position;
import io.longreel.runtime.supervisor.RunNews;
import io.longreel.runtime.supervisor.StepCost;
import io.longreel.runtime.supervisor.StepData;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DashboardTest {
    private static final RunConfig CONFIG = RunConfigLoader.parse("""
            longreel {
              stages = [
                { name = short, phases = [{ steps = 10, samples-per-step = 2, source.kind = captions }]
                  evaluation { name = needle-short, frames = [8, 16], depths = 2, needles = 5 } }
                { name = long, phases = [{ steps = 10, source { kind = passkeys, tokens-min = 1000, tokens-max = 3000 } }] }
              ]
            }
            """, "test", List.of());

    private final StringWriter text = new StringWriter();
    private long nowMs = 1_000;

    private Dashboard dashboard(boolean isTerminal) {
        return new Dashboard(CONFIG, 4, new PrintWriter(text, true), isTerminal, () -> Instant.ofEpochMilli(nowMs));
    }

    private static RunNews.StepCommitted step(int stage, int step) {
        Position position = new Position(stage, step, stage * 10L + step);
        return new RunNews.StepCommitted(new CommittedStep(
                position,
                stage == 0 ? "short" : "long",
                new StepResult(2.0 / step, 4, 500, 1, 1e-3, true),
                new StepCost(100, 0.1, 0, 1),
                SentBytes.NONE));
    }

    private static List<CellOutcome> cells() {
        List<CellOutcome> cells = new ArrayList<>();
        for (int frames : List.of(8, 16)) {
            for (double depth : List.of(0.0, 1.0)) {
                cells.add(new CellOutcome(
                        frames,
                        depth,
                        List.of(new TestAnswer(List.of(1), true), new TestAnswer(List.of(2), frames == 8))));
            }
        }
        return cells;
    }

    @Test
    void shouldSayStageStepLossSpeedAndTimeThatRemainsOnOneLine() {
        RunProgress progress = new RunProgress(CONFIG, 4);
        progress.learn(new RunNews.StageStarted(Position.START, "short"), 0);
        for (int i = 1; i <= 5; i++) {
            progress.learn(step(0, i), i * 1_000L);
        }
        Workload work = Workload.of(CONFIG, 4);
        long left = Math.round((work.total() - work.before(0, 5, 0)) / work.before(0, 5, 0) * 5);
        assertEquals(
                "[1/2] short ██████░░░░░░ 5/10  loss 0.4000  500 tokens/s  ETA " + RunProgress.duration(left * 1000),
                progress.line());
    }

    @Test
    void shouldSayHowLongStepsWaitForSamplesAndHowFullTheirSequencesAre() {
        RunProgress progress = new RunProgress(CONFIG, 4);
        progress.learn(new RunNews.StageStarted(Position.START, "short"), 0);
        for (int i = 1; i <= 10; i++) {
            CommittedStep plain = step(0, i).step();
            StepData data = new StepData(6, 2, i % 2 == 0 ? 0.5 : 0.75, 8, 2, 6, 70, 40);
            CommittedStep step = new CommittedStep(
                    plain.position(), plain.stageName(), plain.result(), plain.cost(), plain.sent(), data);
            progress.learn(new RunNews.StepCommitted(step), i * 1_000L);
        }
        assertTrue(progress.line().contains(" tokens/s  data 26%  ETA"), progress.line());
        assertTrue(
                progress.stageLine().endsWith("final loss 0.2000  fill 63%  frames reused 75%"), progress.stageLine());
    }

    @Test
    void shouldWeighStepsByTheirTokens() {
        Workload work = Workload.of(CONFIG, 4);
        double captionStep = work.before(0, 1, 0);
        double passkeyStep = work.before(1, 1, 0) - work.before(1, 0, 0);
        assertEquals(60 + 2 * (4 + 30), captionStep);
        assertEquals(60 + 2000 + 30, passkeyStep);
        double evaluation = work.before(0, 10, 4) - work.before(0, 10, 0);
        assertEquals(2 * 5 * (8 * 4 + 30 + 16 * 4 + 30) / 3.0, evaluation, 1e-9);
        assertEquals(work.total(), work.before(1, 10, 0), 1e-9);
    }

    @Test
    void shouldDrawOverOneLineOnATerminalAndKeepStagesThatAreOver() {
        Dashboard dashboard = dashboard(true);
        dashboard.accept(new RunNews.StageStarted(Position.START, "short"));
        for (int i = 1; i <= 10; i++) {
            nowMs += 30;
            dashboard.accept(step(0, i));
        }
        String[] lines = text.toString().split("\n", -1);
        assertEquals(2, lines.length, "one line stays: " + text);
        assertTrue(
                lines[0].endsWith("stage 1/2  short     10 steps      0:00     5000 tokens  final loss 0.2000"),
                lines[0]);
        assertEquals(5, text.toString().split("\r", -1).length, "drawn ten times a second at most: " + text);
    }

    @Test
    void shouldWritePlainLinesNowAndThenElsewhere() {
        Dashboard dashboard = dashboard(false);
        dashboard.accept(new RunNews.StageStarted(new Position(1, 0, 10), "long"));
        for (int i = 1; i <= 9; i++) {
            nowMs += 3_000;
            dashboard.accept(step(1, i));
        }
        assertEquals(3, text.toString().lines().count(), text.toString()); // the start, then every ten seconds
        assertTrue(text.toString().indexOf('\r') < 0);
    }

    @Test
    void shouldPrintTheNeedleTableAndCloseWithASummary() {
        Dashboard dashboard = dashboard(false);
        dashboard.accept(new RunNews.StageStarted(Position.START, "short"));
        dashboard.accept(step(0, 1));
        dashboard.accept(new RunNews.EvaluationFinished(0, "needle-short", cells()));
        assertTrue(text.toString().contains("""
                needle-short: accuracy 0.750 (6 of 8)
                  depth \\ frames      8     16
                            0.00   1.00   0.50
                            1.00   1.00   0.50
                """), text.toString());
        dashboard.summary(Path.of("/runs/x"));
        assertTrue(
                text.toString().contains("needle-short: accuracy 0.750 (6 of 8)\nfiles in /runs/x\n"), text.toString());
    }

    @Test
    void shouldWriteCountsAndTimesShortly() {
        assertEquals("0:07", RunProgress.duration(7_200));
        assertEquals("12:05", RunProgress.duration(725_000));
        assertEquals("1:00:01", RunProgress.duration(3_601_000));
        assertEquals("9999", RunProgress.count(9_999));
        assertEquals("41 k", RunProgress.count(41_200));
        assertEquals("1.2 M", RunProgress.count(1_240_000));
    }
}
