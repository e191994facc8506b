package io.longreel.curriculum.eval;

import io.longreel.curriculum.eval.CurveChart.Axis;
import io.longreel.curriculum.eval.CurveChart.Curve;
import io.longreel.curriculum.eval.CurveChart.Field;
import io.longreel.curriculum.eval.CurveChart.Point;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/** Curves of runs, one over the other: what of a step is drawn, and over what. Long runs are drawn as means over equally many steps. */
final class RunCurves {
    /** As many as can be told apart on a field's width. */
    private static final int POINTS_MAX = 300;

    /** What a curve tells of each step. */
    enum Quantity {
        LOSS("loss", "loss per labelled token", true),
        GRADIENT_NORM("gradient norm", "global norm before clipping", true),
        TOKENS_PER_SECOND("tokens per second", "tokens per second of the mesh", false);

        private final String title;
        private final String axis;
        private final boolean isLogarithmic;

        Quantity(String title, String axis, boolean isLogarithmic) {
            this.title = title;
            this.axis = axis;
            this.isLogarithmic = isLogarithmic;
        }

        /** NaN where it is not known. */
        double of(StepMetrics step) {
            return switch (this) {
                case LOSS -> step.loss();
                case GRADIENT_NORM -> step.gradientNorm();
                case TOKENS_PER_SECOND -> step.durationMs() > 0 ? step.tokens() * 1e3 / step.durationMs() : Double.NaN;
            };
        }
    }

    /** What a curve goes along. */
    enum Along {
        STEPS("step"),
        TOKENS("tokens, in thousands");

        private final String axis;

        Along(String axis) {
            this.axis = axis;
        }
    }

    private RunCurves() {}

    /** Empty when no run has a step of which the quantity is known. */
    static Optional<Field> field(Quantity quantity, Along along, SequencedMap<String, List<StepMetrics>> runs) {
        List<Curve> curves = new ArrayList<>();
        int colour = 0;
        for (Map.Entry<String, List<StepMetrics>> run : runs.entrySet()) {
            List<Point> points = thinned(points(quantity, along, run.getValue()));
            if (!points.isEmpty()) {
                curves.add(new Curve(run.getKey(), colour, false, points));
            }
            colour++;
        }
        if (curves.isEmpty()) {
            return Optional.empty();
        }
        Axis y = quantity.isLogarithmic ? Axis.logarithmic(quantity.axis) : Axis.linear(quantity.axis);
        String title = "%s by %s".formatted(quantity.title, along == Along.STEPS ? "step" : "tokens");
        return Optional.of(new Field(title, Axis.linear(along.axis), y, curves));
    }

    private static List<Point> points(Quantity quantity, Along along, List<StepMetrics> steps) {
        List<Point> points = new ArrayList<>();
        long tokens = 0;
        for (StepMetrics step : steps) {
            tokens += step.tokens();
            double value = quantity.of(step);
            if (Double.isFinite(value) && (value > 0 || !quantity.isLogarithmic)) {
                points.add(new Point(along == Along.STEPS ? step.globalStep() + 1 : tokens / 1e3, value));
            }
        }
        return points;
    }

    static List<Point> thinned(List<Point> points) {
        int stride = Math.ceilDiv(points.size(), POINTS_MAX);
        if (stride <= 1) {
            return points;
        }
        List<Point> means = new ArrayList<>();
        for (int from = 0; from < points.size(); from += stride) {
            List<Point> some = points.subList(from, Math.min(points.size(), from + stride));
            means.add(new Point(
                    some.getLast().x(),
                    some.stream().mapToDouble(Point::y).average().orElseThrow()));
        }
        return means;
    }
}
