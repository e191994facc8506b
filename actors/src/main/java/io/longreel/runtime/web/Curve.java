package io.longreel.runtime.web;

import java.util.ArrayList;
import java.util.List;

/**
 * Points of a run's curves, at most so many: when they are full, every second one goes, and from then on half as many come in. A reader says how far it has read,
 * and gets what is new. Guarded by its owner.
 */
final class Curve {
    /** Wider than a page is in pixels. */
    static final int POINTS_MAX = 2048;

    /**
     * @param step committed steps of all stages
     * @param tokensPerSecond of the mesh; not a number when nobody measured the step
     */
    record Point(long step, int stage, double loss, double gradientNorm, double tokensPerSecond) {}

    /**
     * How far somebody has read.
     *
     * @param thinnings how often points had gone by then
     */
    record Mark(int thinnings, int count) {
        static final Mark NOTHING = new Mark(-1, 0);
    }

    /**
     * What somebody has not read yet.
     *
     * @param isWhole it replaces all that was read before
     */
    record Part(boolean isWhole, List<Point> points, Mark mark) {}

    private final List<Point> points = new ArrayList<>();
    private long seen;
    private int stride = 1;
    private int thinnings;

    void add(Point point) {
        if (seen++ % stride != 0) {
            return;
        }
        if (points.size() == POINTS_MAX) {
            thin();
        }
        points.add(point);
    }

    private void thin() {
        for (int i = 0; i < POINTS_MAX / 2; i++) {
            points.set(i, points.get(2 * i));
        }
        points.subList(POINTS_MAX / 2, POINTS_MAX).clear();
        stride *= 2;
        thinnings++;
    }

    Part since(Mark mark) {
        boolean isWhole = mark.thinnings() != thinnings;
        int from = isWhole ? 0 : mark.count();
        return new Part(isWhole, List.copyOf(points.subList(from, points.size())), new Mark(thinnings, points.size()));
    }
}
