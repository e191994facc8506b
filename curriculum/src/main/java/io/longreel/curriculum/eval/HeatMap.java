package io.longreel.curriculum.eval;

import io.longreel.curriculum.eval.Drawing.Anchor;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Needle results in the form of the paper's figure 2: a column for each length, a row for each depth, accuracy from 0 (red) over 0.5 (amber) to
 * 1 (green), and written into each cell. Untested cells stay grey.
 */
final class HeatMap implements Picture {
    private static final int LOW = 0xF0496E;
    private static final int MIDDLE = 0xEBB839;
    private static final int HIGH = 0x9ad5b3;
    private static final int UNTESTED = 0xe8eaee;
    private static final int INK = 0x1f2733;
    private static final int FAINT = 0x68717f;

    private static final double CELL_HEIGHT = 40;
    private static final double GRID_WIDTH = 480;
    private static final double CELL_WIDTH_MAX = 96;
    private static final double LEFT = 78;
    private static final double TOP = 74;
    private static final double BOTTOM = 62;
    private static final double RIGHT = 86;

    private final NeedleResults results;
    private final String title;
    private final List<Integer> columns;
    private final List<Double> rows;

    private HeatMap(NeedleResults results, String title) {
        this.results = results;
        this.title = title;
        this.columns = List.copyOf(new TreeSet<>(
                results.cells().stream().map(NeedleResults.Cell::frames).toList()));
        this.rows = List.copyOf(new TreeSet<>(
                results.cells().stream().map(NeedleResults.Cell::depth).toList()));
    }

    static HeatMap of(NeedleResults results, String title) {
        return new HeatMap(results, title);
    }

    /** Colour of an accuracy: linear between red, amber and green. */
    static int colour(double accuracy) {
        return accuracy < 0.5 ? mix(LOW, MIDDLE, 2 * accuracy) : mix(MIDDLE, HIGH, 2 * accuracy - 1);
    }

    @Override
    public String title() {
        return title;
    }

    @Override
    public double width() {
        return LEFT + RIGHT + Math.max(300, cellWidth() * columns.size());
    }

    @Override
    public double height() {
        return TOP + BOTTOM + CELL_HEIGHT * Math.max(1, rows.size());
    }

    @Override
    public void draw(Drawing drawing) {
        int tests = results.cells().stream().mapToInt(NeedleResults.Cell::total).sum();
        drawing.text(16, 28, 16, Anchor.START, true, INK, title);
        drawing.text(
                16,
                50,
                12.5,
                Anchor.START,
                false,
                FAINT,
                String.format(Locale.ROOT, "accuracy %.1f %% over %d tests", 100 * results.accuracy(), tests));
        for (int row = 0; row < rows.size(); row++) {
            double y = TOP + row * CELL_HEIGHT;
            String depth = Math.round(100 * rows.get(row)) + " %";
            drawing.text(LEFT - 10, y + CELL_HEIGHT / 2 + 4, 12, Anchor.END, false, INK, depth);
            for (int column = 0; column < columns.size(); column++) {
                drawCell(drawing, LEFT + column * cellWidth(), y, find(columns.get(column), rows.get(row)));
            }
        }
        double bottom = TOP + rows.size() * CELL_HEIGHT;
        for (int column = 0; column < columns.size(); column++) {
            double x = LEFT + (column + 0.5) * cellWidth();
            String frames = String.format(Locale.ROOT, "%,d", columns.get(column));
            drawing.text(x, bottom + 20, columns.size() > 12 ? 9 : 12, Anchor.MIDDLE, false, INK, frames);
        }
        double middle = LEFT + cellWidth() * columns.size() / 2;
        drawing.text(middle, bottom + 44, 12.5, Anchor.MIDDLE, false, FAINT, "frames in the video");
        drawing.textUpwards(24, (TOP + bottom) / 2, 12.5, FAINT, "depth of the needle");
        drawScale(drawing, LEFT + cellWidth() * columns.size() + 22, bottom);
    }

    private void drawCell(Drawing drawing, double x, double y, Optional<NeedleResults.Cell> cell) {
        int colour = cell.map(c -> colour(c.accuracy())).orElse(UNTESTED);
        drawing.rectangle(x + 1, y + 1, cellWidth() - 2, CELL_HEIGHT - 2, 3, colour, 1);
        cell.ifPresent(c -> drawing.text(
                x + cellWidth() / 2,
                y + CELL_HEIGHT / 2 + 4,
                columns.size() > 12 ? 9 : 12.5,
                Anchor.MIDDLE,
                false,
                INK,
                String.format(Locale.ROOT, c.correct() == c.total() ? "%.1f" : "%.2f", c.accuracy())));
    }

    private void drawScale(Drawing drawing, double x, double bottom) {
        int steps = 60;
        double height = (bottom - TOP) / steps;
        for (int i = 0; i < steps; i++) {
            double y = bottom - (i + 1) * height;
            drawing.rectangle(x, y, 12, height + 0.6, 0, colour((i + 0.5) / steps), 1);
        }
        for (double tick : new double[] {0, 0.5, 1}) {
            double y = bottom - tick * (bottom - TOP) + 4;
            drawing.text(x + 18, y, 11, Anchor.START, false, FAINT, String.format(Locale.ROOT, "%.1f", tick));
        }
    }

    private Optional<NeedleResults.Cell> find(int frames, double depth) {
        return results.cells().stream()
                .filter(cell -> cell.frames() == frames && cell.depth() == depth)
                .findFirst();
    }

    private double cellWidth() {
        return Math.min(CELL_WIDTH_MAX, GRID_WIDTH / Math.max(1, columns.size()));
    }

    private static int mix(int from, int to, double share) {
        int mixed = 0;
        for (int shift = 16; shift >= 0; shift -= 8) {
            int a = from >> shift & 0xff;
            int b = to >> shift & 0xff;
            mixed |= (int) Math.round(a + (b - a) * share) << shift;
        }
        return mixed;
    }
}
