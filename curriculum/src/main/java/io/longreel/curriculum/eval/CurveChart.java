package io.longreel.curriculum.eval;

import io.longreel.curriculum.eval.Drawing.Anchor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleUnaryOperator;
import java.util.function.ToDoubleFunction;

/**
 * Curves over one quantity, a field for each group of them: what a plan or a simulation says. A field has a legend, and axes that are logarithmic or not. A curve is a line through
 * its points, or marks alone where they were measured by somebody else.
 */
public final class CurveChart implements Picture {
    private static final int[] COLOURS = {0x4c78a8, 0xf58518, 0x54a24b, 0xe45756, 0x9d6bc4, 0x8c6d46, 0x2fa3a0, 0x68717f
    };
    private static final int INK = 0x1f2733;
    private static final int FAINT = 0x68717f;
    private static final int GRID = 0xe3e6eb;

    private static final int COLUMNS = 2;
    private static final double WIDTH = 620;
    private static final double HEIGHT = 430;
    private static final double LEFT = 78;
    private static final double RIGHT = 24;
    private static final double TOP = 58;
    private static final double BOTTOM = 54;
    private static final double LEGEND_LINE = 17;
    private static final int LEGEND_COLUMNS = 3;

    /** Room above and below curves on a logarithmic axis, as a factor. */
    private static final double MARGIN = 1.15;

    private static final double MARK = 6;
    private static final int TICKS_MAX = 12;
    private static final int MARKED_POINTS_MAX = 60;

    private final List<Field> fields;

    private CurveChart(List<Field> fields) {
        this.fields = List.copyOf(fields);
    }

    public static CurveChart of(List<Field> fields) {
        return new CurveChart(fields);
    }

    /**
     * @param ticks labelled places; empty: chosen by the chart
     */
    public record Axis(String name, boolean isLogarithmic, List<Tick> ticks) {
        public Axis {
            ticks = List.copyOf(ticks);
        }

        public static Axis linear(String name) {
            return new Axis(name, false, List.of());
        }

        public static Axis logarithmic(String name) {
            return new Axis(name, true, List.of());
        }
    }

    public record Tick(double at, String label) {}

    public record Point(double x, double y) {}

    /**
     * @param colour number of its colour; curves that belong together share one
     * @param isMarksOnly no line
     */
    public record Curve(String name, int colour, boolean isMarksOnly, List<Point> points) {
        public Curve {
            points = List.copyOf(points);
        }
    }

    public record Field(String title, Axis x, Axis y, List<Curve> curves) {
        public Field {
            curves = List.copyOf(curves);
            if (curves.stream().allMatch(curve -> curve.points().isEmpty())) {
                throw new IllegalArgumentException("a field must have a point: title=" + title);
            }
        }
    }

    @Override
    public String title() {
        return fields.getFirst().title();
    }

    @Override
    public double width() {
        return WIDTH * Math.min(COLUMNS, fields.size());
    }

    @Override
    public double height() {
        return HEIGHT * Math.ceilDiv(fields.size(), COLUMNS);
    }

    /** As a PNG file. */
    @Override
    public byte[] png() {
        return Picture.super.png();
    }

    @Override
    public void draw(Drawing drawing) {
        for (int i = 0; i < fields.size(); i++) {
            int row = i / COLUMNS;
            new Plot(fields.get(i), i % COLUMNS * WIDTH, row * HEIGHT).draw(drawing);
        }
    }

    /** One field at its place. */
    private static final class Plot {
        private final Field field;
        private final double left;
        private final double right;
        private final double top;
        private final double bottom;
        private final double outerTop;
        private final DoubleUnaryOperator placeX;
        private final DoubleUnaryOperator placeY;
        private final double[] rangeX;
        private final double[] rangeY;

        Plot(Field field, double x, double y) {
            this.field = field;
            int legendLines = Math.ceilDiv(field.curves().size(), LEGEND_COLUMNS);
            this.left = x + LEFT;
            this.right = x + WIDTH - RIGHT;
            this.outerTop = y;
            this.top = y + TOP + (legendLines - 1) * LEGEND_LINE;
            this.bottom = y + HEIGHT - BOTTOM;
            this.rangeX = range(field.x(), Point::x, 1);
            this.rangeY = range(field.y(), Point::y, MARGIN);
            this.placeX = place(field.x(), rangeX, left, right);
            this.placeY = place(field.y(), rangeY, bottom, top);
        }

        void draw(Drawing drawing) {
            drawing.text(left, outerTop + 24, 14, Anchor.START, true, INK, field.title());
            for (Tick tick : ticks(field.y(), rangeY)) {
                double y = placeY.applyAsDouble(tick.at());
                drawing.line(new double[] {left, right}, new double[] {y, y}, GRID, 1, 1);
                drawing.text(left - 8, y + 4, 11, Anchor.END, false, FAINT, tick.label());
            }
            for (Tick tick : ticks(field.x(), rangeX)) {
                drawing.text(
                        placeX.applyAsDouble(tick.at()), bottom + 18, 11, Anchor.MIDDLE, false, FAINT, tick.label());
            }
            drawing.line(new double[] {left, right}, new double[] {bottom, bottom}, INK, 1, 0.6);
            drawing.text(
                    (left + right) / 2,
                    bottom + 40,
                    12,
                    Anchor.MIDDLE,
                    false,
                    FAINT,
                    field.x().name());
            drawing.textUpwards(
                    left - LEFT + 18, (top + bottom) / 2, 12, FAINT, field.y().name());
            for (int i = 0; i < field.curves().size(); i++) {
                legend(drawing, i);
                curve(drawing, field.curves().get(i));
            }
        }

        private void legend(Drawing drawing, int index) {
            Curve curve = field.curves().get(index);
            double x = left + index % LEGEND_COLUMNS * (right - left) / LEGEND_COLUMNS;
            int line = index / LEGEND_COLUMNS;
            double y = outerTop + 42 + line * LEGEND_LINE;
            drawing.rectangle(x, y - MARK, MARK, MARK, curve.isMarksOnly() ? MARK / 2 : 0, colour(curve), 1);
            drawing.text(x + 12, y, 11, Anchor.START, false, INK, curve.name());
        }

        private void curve(Drawing drawing, Curve curve) {
            double[] x = curve.points().stream()
                    .mapToDouble(p -> placeX.applyAsDouble(p.x()))
                    .toArray();
            double[] y = curve.points().stream()
                    .mapToDouble(p -> placeY.applyAsDouble(p.y()))
                    .toArray();
            if (!curve.isMarksOnly() && x.length > 1) {
                drawing.line(x, y, colour(curve), 2, 1);
            }
            if (!curve.isMarksOnly() && x.length > MARKED_POINTS_MAX) {
                return; // marks would hide the line
            }
            for (int i = 0; i < x.length; i++) {
                double size = curve.isMarksOnly() ? MARK + 2 : MARK - 2;
                drawing.rectangle(x[i] - size / 2, y[i] - size / 2, size, size, size / 2, colour(curve), 1);
            }
        }

        private static int colour(Curve curve) {
            return COLOURS[Math.floorMod(curve.colour(), COLOURS.length)];
        }

        private double[] range(Axis axis, ToDoubleFunction<Point> value, double margin) {
            double[] values = field.curves().stream()
                    .flatMap(curve -> curve.points().stream())
                    .mapToDouble(value)
                    .sorted()
                    .toArray();
            double low = values[0];
            double high = values[values.length - 1];
            if (axis.isLogarithmic()) {
                return new double[] {low / margin, Math.max(high, low * (1 + 1e-9)) * margin};
            }
            // A linear axis begins at zero unless it has to show small differences of large values.
            double from = margin == 1 || low > high / 2 ? low - (high - low) * (margin - 1) : 0;
            return new double[] {Math.min(from, low), high > from ? high + (high - from) * (margin - 1) / 2 : from + 1};
        }

        private static DoubleUnaryOperator place(Axis axis, double[] range, double from, double to) {
            return axis.isLogarithmic()
                    ? v -> from + Math.log(v / range[0]) / Math.log(range[1] / range[0]) * (to - from)
                    : v -> from + (v - range[0]) / (range[1] - range[0]) * (to - from);
        }

        private static List<Tick> ticks(Axis axis, double[] range) {
            if (!axis.ticks().isEmpty()) {
                return axis.ticks().stream()
                        .filter(tick -> tick.at() >= range[0] * (1 - 1e-9) && tick.at() <= range[1] * (1 + 1e-9))
                        .toList();
            }
            List<Tick> ticks = new ArrayList<>();
            if (axis.isLogarithmic()) {
                boolean wide = range[1] / range[0] > 1e4;
                for (int decade = (int) Math.floor(Math.log10(range[0])); Math.pow(10, decade) <= range[1]; decade++) {
                    for (int step : wide ? new int[] {1} : new int[] {1, 2, 5}) {
                        add(ticks, step * Math.pow(10, decade), range);
                    }
                }
                return ticks;
            }
            double step = Math.pow(10, Math.floor(Math.log10((range[1] - range[0]) / 2)));
            while ((range[1] - range[0]) / step > TICKS_MAX) {
                step *= (range[1] - range[0]) / step > 2 * TICKS_MAX ? 5 : 2;
            }
            for (long i = (long) Math.ceil(range[0] / step); i * step <= range[1]; i++) {
                add(ticks, i * step, range);
            }
            return ticks;
        }

        private static void add(List<Tick> ticks, double at, double[] range) {
            if (at >= range[0] && at <= range[1]) {
                String label = String.format(Locale.ROOT, at >= 1 || at == 0 ? "%,.2f" : "%.5f", at);
                ticks.add(new Tick(
                        at, label.contains(".") ? label.replaceAll("0+$", "").replaceAll("\\.$", "") : label));
            }
        }
    }
}
