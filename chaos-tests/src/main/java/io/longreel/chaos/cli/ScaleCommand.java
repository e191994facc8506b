package io.longreel.chaos.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.longreel.chaos.scale.ScaleCurves;
import io.longreel.chaos.scale.ScaleCurves.Row;
import io.longreel.curriculum.eval.CurveChart;
import io.longreel.curriculum.eval.CurveChart.Axis;
import io.longreel.curriculum.eval.CurveChart.Curve;
import io.longreel.curriculum.eval.CurveChart.Field;
import io.longreel.curriculum.eval.CurveChart.Point;
import io.longreel.curriculum.eval.CurveChart.Tick;
import io.longreel.model.checkpoint.DurableFile;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code chaos scale}: jobs of up to 4,096 ranks, on paper. */
@Command(
        name = "scale",
        description = {
            "Plays jobs of 16 to 4,096 ranks with a fault, in one thread and under virtual time, and says what the supervisor has to do,",
            "how long a recovery takes, how much a step waits, and what is left of weeks with faults. A minute or two."
        },
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class ScaleCommand implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final LongSupplier CLOCK_NS = System::nanoTime;

    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--seed",
            defaultValue = "1",
            description = "Of everything that is drawn (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--json", description = "One JSON array.")
    private boolean json;

    @Option(names = "--chart", paramLabel = "FILE", description = "Also draws the curves into this PNG.")
    private Path chart = Path.of("");

    @Override
    public Integer call() {
        List<Row> rows = ScaleCurves.of(seed, CLOCK_NS);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(json(rows));
        } else {
            print(out, rows);
        }
        out.flush();
        if (!chart.toString().isEmpty()) {
            DurableFile.write(chart, chart(rows));
        }
        return 0;
    }

    private void print(PrintWriter out, List<Row> rows) {
        String row = "%6s %9s %9s %10s %10s %10s %8s %8s %9s %10s %10s %9s %9s %9s %9s";
        out.println("seed " + seed);
        out.println(row.formatted(
                "ranks",
                "reports/",
                "beats/s",
                "decisions",
                "a beat",
                "vote",
                "busy",
                "waits",
                "noticed",
                "decisions",
                "recovery",
                "goodput",
                "(high)",
                "restart",
                "(high)"));
        out.println(row.formatted("", "step", "", "ms/step", "us", "ms", "%", "%", "s", "ms", "s", "%", "%", "%", "%"));
        for (Row r : rows) {
            out.println(row.formatted(
                    r.ranks(),
                    number("%.0f", r.load().reportsPerStep()),
                    number("%.0f", r.load().beatsPerSecond()),
                    number("%.2f", r.load().decideNsPerStep() / 1e6),
                    number("%.1f", r.load().decideNsPerBeat() / 1e3),
                    number("%.1f", 1e3 * r.voteSeconds()),
                    number("%.2f", 100 * r.busyShare()),
                    number("%.2f", 100 * r.waitShare()),
                    number("%.2f", r.load().noticedMs() / 1e3),
                    number("%.1f", r.load().recoveryNs() / 1e6),
                    number("%.2f", r.recoverySeconds()),
                    number("%.2f", 100 * r.goodput()),
                    number("%.2f", 100 * r.goodputResearch()),
                    number("%.2f", 100 * r.goodputRestart()),
                    number("%.2f", 100 * r.goodputRestartResearch())));
        }
    }

    private static String number(String format, double value) {
        return String.format(Locale.ROOT, format, value);
    }

    private static ArrayNode json(List<Row> rows) {
        ArrayNode all = JSON.createArrayNode();
        rows.forEach(r -> all.addObject()
                .put("ranks", r.ranks())
                .put("reportsPerStep", r.load().reportsPerStep())
                .put("beatsPerSecond", r.load().beatsPerSecond())
                .put("decideNsPerStep", r.load().decideNsPerStep())
                .put("decideNsPerBeat", r.load().decideNsPerBeat())
                .put("voteSeconds", r.voteSeconds())
                .put("busyShare", r.busyShare())
                .put("waitShare", r.waitShare())
                .put("noticedMs", r.load().noticedMs())
                .put("committedMs", r.load().committedMs())
                .put("recoveryReports", r.load().recoveryReports())
                .put("recoveryNs", r.load().recoveryNs())
                .put("recoverySeconds", r.recoverySeconds())
                .put("goodput", r.goodput())
                .put("goodputResearch", r.goodputResearch())
                .put("goodputRestart", r.goodputRestart())
                .put("goodputRestartResearch", r.goodputRestartResearch()));
        return all;
    }

    private static byte[] chart(List<Row> rows) {
        Axis ranks = new Axis(
                "ranks",
                true,
                rows.stream()
                        .map(r -> new Tick(r.ranks(), Integer.toString(r.ranks())))
                        .toList());
        return CurveChart.of(List.of(
                        new Field(
                                "supervisor: milliseconds",
                                ranks,
                                Axis.logarithmic("ms"),
                                List.of(
                                        curve(
                                                "decisions of a step",
                                                0,
                                                rows,
                                                r -> r.load().decideNsPerStep() / 1e6),
                                        curve("and sending", 1, rows, r -> 1e3 * r.voteSeconds()),
                                        curve(
                                                "beats of a second",
                                                2,
                                                rows,
                                                r -> r.load().beatsPerSecond()
                                                        * r.load().decideNsPerBeat()
                                                        / 1e6))),
                        new Field(
                                "a step's overhead",
                                ranks,
                                Axis.linear("% of " + ScaleCurves.STEP_SECONDS + " s"),
                                List.of(
                                        curve("waits for each other", 0, rows, r -> 100 * r.waitShare()),
                                        curve("vote", 1, rows, r -> 100 * r.voteSeconds() / ScaleCurves.STEP_SECONDS),
                                        curve("supervisor's core busy", 2, rows, r -> 100 * r.busyShare()))),
                        new Field(
                                "from a node's death to the next new step",
                                ranks,
                                Axis.linear("s"),
                                List.of(
                                        curve("recovery", 0, rows, Row::recoverySeconds),
                                        curve("noticed", 1, rows, r -> r.load().noticedMs() / 1e3),
                                        curve(
                                                "decisions",
                                                2,
                                                rows,
                                                r -> r.load().recoveryNs() / 1e9))),
                        new Field(
                                "goodput over 60 days",
                                ranks,
                                Axis.linear("%"),
                                List.of(
                                        curve("copies, Llama 3's faults", 0, rows, r -> 100 * r.goodput()),
                                        curve("copies, more faults", 1, rows, r -> 100 * r.goodputResearch()),
                                        curve("restart, Llama 3's", 2, rows, r -> 100 * r.goodputRestart()),
                                        curve("restart, more", 3, rows, r -> 100 * r.goodputRestartResearch())))))
                .png();
    }

    private static Curve curve(String name, int colour, List<Row> rows, ToDoubleFunction<Row> value) {
        return new Curve(
                name,
                colour,
                false,
                rows.stream()
                        .map(r -> new Point(r.ranks(), value.applyAsDouble(r)))
                        .toList());
    }
}
