package io.longreel.curriculum.eval;

import io.longreel.curriculum.eval.Drawing.Anchor;
import io.longreel.model.bench.Growth;
import io.longreel.model.bench.Growth.Point;
import java.util.List;
import java.util.Locale;

/**
 * How the cost of some work grows: a field for each curve, both axes logarithmic, so that a power is a straight line. What was measured is a strong line with
 * its points; what the seconds would be if they grew as the operations do, from the first point on, a faint one.
 */
public final class GrowthChart implements Picture {
    private static final int MEASURED = 0x4c78a8;
    private static final int IDEAL = 0xf58518;
    private static final int INK = 0x1f2733;
    private static final int FAINT = 0x68717f;
    private static final int GRID = 0xe3e6eb;

    private static final int COLUMNS = 2;
    private static final double FIELD_WIDTH = 520;
    private static final double FIELD_HEIGHT = 340;
    private static final double LEFT = 74;
    private static final double RIGHT = 20;
    private static final double TOP = 62;
    private static final double BOTTOM = 50;

    /** Room above and below the curves, as a factor. */
    private static final double MARGIN = 1.25;

    private static final double MARK = 7;

    private final List<Growth> curves;

    private GrowthChart(List<Growth> curves) {
        this.curves = List.copyOf(curves);
    }

    public static GrowthChart of(List<Growth> curves) {
        return new GrowthChart(curves);
    }

    @Override
    public String title() {
        return "how cost grows";
    }

    @Override
    public double width() {
        return FIELD_WIDTH * Math.min(COLUMNS, curves.size());
    }

    @Override
    public double height() {
        return FIELD_HEIGHT * Math.ceilDiv(curves.size(), COLUMNS);
    }

    @Override
    public void draw(Drawing drawing) {
        for (int i = 0; i < curves.size(); i++) {
            int column = i % COLUMNS;
            int row = i / COLUMNS;
            Field field = Field.of(curves.get(i), column * FIELD_WIDTH, row * FIELD_HEIGHT);
            field.drawAxes(drawing);
            field.drawCurves(drawing);
        }
    }

    /**
     * One curve's part of the picture.
     *
     * @param left where it begins, likewise {@code top}
     * @param low least seconds that have a place, {@code high} most
     */
    private record Field(Growth curve, double left, double top, double low, double high) {
        static Field of(Growth curve, double left, double top) {
            double low = Double.MAX_VALUE;
            double high = 0;
            for (int i = 0; i < curve.points().size(); i++) {
                double seconds = curve.points().get(i).seconds();
                low = Math.min(low, Math.min(seconds, curve.idealSeconds(i)));
                high = Math.max(high, Math.max(seconds, curve.idealSeconds(i)));
            }
            return new Field(curve, left, top, low / MARGIN, high * MARGIN);
        }

        void drawAxes(Drawing drawing) {
            double from = left + LEFT;
            double to = left + FIELD_WIDTH - RIGHT;
            double bottom = top + FIELD_HEIGHT - BOTTOM;
            drawing.text(from, top + 24, 14, Anchor.START, true, INK, curve.work());
            drawing.text(from, top + 44, 12, Anchor.START, true, MEASURED, "measured");
            drawing.text(from + 70, top + 44, 12, Anchor.START, false, IDEAL, "if it grew as the operations do");
            for (int decade = (int) Math.floor(Math.log10(low)); Math.pow(10, decade) < high; decade++) {
                for (int step : new int[] {1, 2, 5}) {
                    double seconds = step * Math.pow(10, decade);
                    if (seconds >= low && seconds <= high) {
                        drawing.line(new double[] {from, to}, new double[] {y(seconds), y(seconds)}, GRID, 1, 1);
                        drawing.text(from - 8, y(seconds) + 4, 11, Anchor.END, false, FAINT, label(seconds, decade));
                    }
                }
            }
            for (Point point : curve.points()) {
                String size = String.format(Locale.ROOT, "%,d", point.size());
                drawing.text(x(point.size()), bottom + 18, 11, Anchor.MIDDLE, false, FAINT, size);
            }
            drawing.line(new double[] {from, to}, new double[] {bottom, bottom}, INK, 1, 0.6);
            drawing.text((from + to) / 2, bottom + 38, 12, Anchor.MIDDLE, false, FAINT, curve.axis());
            drawing.textUpwards(left + 18, (top + TOP + bottom) / 2, 12, FAINT, "seconds");
        }

        void drawCurves(Drawing drawing) {
            int n = curve.points().size();
            double[] x = new double[n];
            double[] measured = new double[n];
            double[] ideal = new double[n];
            for (int i = 0; i < n; i++) {
                x[i] = x(curve.points().get(i).size());
                measured[i] = y(curve.points().get(i).seconds());
                ideal[i] = y(curve.idealSeconds(i));
            }
            drawing.line(x, ideal, IDEAL, 1.6, 0.9);
            drawing.line(x, measured, MEASURED, 2.4, 1);
            for (int i = 0; i < n; i++) {
                drawing.rectangle(x[i] - MARK / 2, measured[i] - MARK / 2, MARK, MARK, MARK / 2, MEASURED, 1);
            }
        }

        private static String label(double seconds, int decade) {
            return String.format(Locale.ROOT, "%." + Math.max(0, -decade) + "f", seconds);
        }

        private double x(double size) {
            double first = curve.points().getFirst().size();
            double last = curve.points().getLast().size();
            double width = FIELD_WIDTH - LEFT - RIGHT - 2 * MARK;
            return left + LEFT + MARK + Math.log(size / first) / Math.log(last / first) * width;
        }

        private double y(double seconds) {
            double height = FIELD_HEIGHT - TOP - BOTTOM;
            return top + FIELD_HEIGHT - BOTTOM - Math.log(seconds / low) / Math.log(high / low) * height;
        }
    }
}
