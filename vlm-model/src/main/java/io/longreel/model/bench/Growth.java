package io.longreel.model.bench;

import java.util.List;

/**
 * How long a piece of work takes as it grows, beside how many operations its algorithm needs. Immutable.
 *
 * @param work what is done
 * @param axis what grows, such as frames or tokens
 * @param points from the smallest size on, two at least
 */
public record Growth(String work, String axis, List<Point> points) {
    /** What measuring the same thing twice may differ by on a machine that is not quite alone: less is no finding. */
    private static final double NOISE = 1.25;

    public Growth {
        points = List.copyOf(points);
        if (points.size() < 2) {
            throw new IllegalArgumentException("growth needs two points: work=%s points=%s".formatted(work, points));
        }
        for (int i = 1; i < points.size(); i++) {
            if (points.get(i).size() <= points.get(i - 1).size()) {
                throw new IllegalArgumentException("sizes must ascend: work=%s points=%s".formatted(work, points));
            }
        }
    }

    /**
     * One size.
     *
     * @param operations of the core that has the most to do; only ratios count
     */
    public record Point(int size, double seconds, double operations) {
        public Point {
            if (size < 1 || !(seconds > 0) || !(operations > 0)) {
                throw new IllegalArgumentException("what is measured must be positive: size=%d seconds=%s operations=%s"
                        .formatted(size, seconds, operations));
            }
        }
    }

    /**
     * How much faster than the operations the seconds grow between two points.
     *
     * @param factor growth of seconds / growth of operations
     */
    public record Excess(Point from, Point to, double factor) {
        static Excess between(Point from, Point to) {
            double measured = to.seconds() / from.seconds();
            return new Excess(from, to, measured / (to.operations() / from.operations()));
        }

        public boolean isMoreThanNoise() {
            return factor > NOISE;
        }
    }

    /** The power of the size with which the seconds grow from the point before {@code index}. */
    public double exponent(int index) {
        return Math.log(points.get(index).seconds() / points.get(index - 1).seconds()) / logOfSizes(index);
    }

    /** Likewise the operations. */
    public double algorithmExponent(int index) {
        return Math.log(points.get(index).operations() / points.get(index - 1).operations()) / logOfSizes(index);
    }

    private double logOfSizes(int index) {
        return Math.log(
                (double) points.get(index).size() / points.get(index - 1).size());
    }

    /** From the point before {@code index}. */
    public Excess excess(int index) {
        return Excess.between(points.get(index - 1), points.get(index));
    }

    /** The largest one between any two points: a term that grows too fast adds up over several, noise does not. */
    public Excess worst() {
        Excess worst = excess(1);
        for (int from = 0; from < points.size(); from++) {
            for (int to = from + 1; to < points.size(); to++) {
                Excess excess = Excess.between(points.get(from), points.get(to));
                worst = excess.factor() > worst.factor() ? excess : worst;
            }
        }
        return worst;
    }

    /** What a point would take if the seconds grew from the first one as the operations do. */
    public double idealSeconds(int index) {
        Point first = points.getFirst();
        return first.seconds() * points.get(index).operations() / first.operations();
    }
}
