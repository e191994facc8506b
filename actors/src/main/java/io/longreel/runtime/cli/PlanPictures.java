package io.longreel.runtime.cli;

import io.longreel.config.PlanPresets;
import io.longreel.config.plan.LongestSequence;
import io.longreel.config.plan.MethodCurves;
import io.longreel.config.plan.PaperModel;
import io.longreel.config.plan.PaperModel.Prediction;
import io.longreel.config.plan.PlanDescription;
import io.longreel.curriculum.eval.CurveChart;
import io.longreel.curriculum.eval.CurveChart.Axis;
import io.longreel.curriculum.eval.CurveChart.Curve;
import io.longreel.curriculum.eval.CurveChart.Field;
import io.longreel.curriculum.eval.CurveChart.Point;
import io.longreel.curriculum.eval.CurveChart.Tick;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/** The planner's answers as pictures. */
final class PlanPictures {
    private static final long K = 1 << 10;
    private static final long M = 1 << 20;

    private PlanPictures() {}

    /** Time against length, method by method; what does not fit has no line. */
    static byte[] curves(PlanDescription asked) {
        List<MethodCurves.Curve> planned = MethodCurves.of(asked, PlanPresets.software("megatron"));
        // Where nothing fits, what it would take is still worth a picture.
        boolean anyFits = planned.stream().flatMap(c -> c.points().stream()).anyMatch(MethodCurves.Point::fits);
        List<Curve> curves = new ArrayList<>();
        for (MethodCurves.Curve curve : planned) {
            List<Point> points = curve.points().stream()
                    .filter(p -> p.fits() || !anyFits)
                    .map(p -> new Point((double) p.tokens(), p.seconds()))
                    .toList();
            curves.add(new Curve(
                    curve.method().word() + (points.isEmpty() || !anyFits ? " (no room)" : ""),
                    curves.size(),
                    false,
                    points));
        }
        List<Tick> ticks = planned.getFirst().points().stream()
                .map(p -> new Tick((double) p.tokens(), words(p.tokens())))
                .toList();
        String title = "%s on %d x %s: seconds of a step"
                .formatted(asked.model().name(), asked.cluster().gpus(), asked.gpu());
        return CurveChart.of(
                        List.of(new Field(title, new Axis("tokens", true, ticks), Axis.logarithmic("seconds"), curves)))
                .png();
    }

    /** The paper's Figure 9, and Table 8 the same way: lines are the planner's, marks the paper's. */
    static byte[] figure9(PaperModel model) {
        List<Prediction> predictions = model.predictions();
        return CurveChart.of(List.of(
                        throughput("32 H100: iterations per second", predictions, 7),
                        longest(model),
                        throughput("64 H100: iterations per second", predictions, 8)))
                .png();
    }

    private static Field throughput(String title, List<Prediction> predictions, int table) {
        List<Curve> curves = new ArrayList<>();
        List<String> columns = predictions.stream()
                .filter(p -> p.table() == table && !p.column().startsWith("zero3"))
                .map(Prediction::column)
                .distinct()
                .toList();
        for (int i = 0; i < columns.size(); i++) {
            String column = columns.get(i);
            List<Prediction> cells = predictions.stream()
                    .filter(p -> p.table() == table && p.column().equals(column))
                    .toList();
            curves.add(new Curve(column, i, false, points(cells, Prediction::predictedSeconds)));
            curves.add(new Curve(column + ", paper", i, true, points(cells, Prediction::paperSeconds)));
        }
        List<Tick> ticks = predictions.stream()
                .filter(p -> p.table() == table)
                .map(Prediction::tokensK)
                .distinct()
                .filter(k -> k == 32 || k % 64 == 0)
                .map(k -> new Tick((double) k, k + "K"))
                .toList();
        return new Field(title, new Axis("tokens", false, ticks), Axis.logarithmic("iterations per second"), curves);
    }

    private static List<Point> points(List<Prediction> cells, Function<Prediction, OptionalDouble> seconds) {
        return cells.stream()
                .filter(p -> seconds.apply(p).isPresent())
                .map(p -> new Point((double) p.tokensK(), 1 / seconds.apply(p).getAsDouble()))
                .toList();
    }

    private static Field longest(PaperModel model) {
        List<LongestSequence.Row> rows = LongestSequence.of(model);
        List<Tick> gpus = rows.stream()
                .map(r -> new Tick((double) r.gpus(), Integer.toString(r.gpus())))
                .toList();
        List<Tick> lengths = new ArrayList<>();
        for (long length = 32 * K; length <= 4 * M; length *= 2) {
            lengths.add(new Tick((double) length, words(length)));
        }
        List<Curve> curves = List.of(
                curve("2d, H100-80", 0, rows, LongestSequence.Row::h100Tokens),
                curve("2d, A100-80", 1, rows, LongestSequence.Row::a100Tokens),
                curve("ring", 2, rows, LongestSequence.Row::ringTokens),
                curve("ulysses", 3, rows, LongestSequence.Row::ulyssesTokens),
                new Curve("2M on 256, paper", 4, true, List.of(new Point(256, (double) (2 * M)))));
        return new Field(
                "longest sequence, 8B, nothing computed again",
                new Axis("GPUs", true, gpus),
                new Axis("tokens", true, lengths),
                curves);
    }

    private static Curve curve(
            String name, int colour, List<LongestSequence.Row> rows, ToLongFunction<LongestSequence.Row> tokens) {
        return new Curve(
                name,
                colour,
                false,
                rows.stream()
                        .map(r -> new Point((double) r.gpus(), (double) tokens.applyAsLong(r)))
                        .toList());
    }

    private static String words(long tokens) {
        return tokens % M == 0
                ? tokens / M + "M"
                : tokens % K == 0 ? tokens / K + "K" : String.format(Locale.ROOT, "%,d", tokens);
    }
}
