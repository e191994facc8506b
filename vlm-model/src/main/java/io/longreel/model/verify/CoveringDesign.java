package io.longreel.model.verify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/**
 * Chooses cases from a product of axes that is far too large to be run: every wanted combination of values ("tuple") occurs in at least one case, unless
 * no case may hold it. Greedy: each case is grown from a tuple that is still missing, value by value, so that it holds as many other missing tuples as
 * possible; of several attempts the one with most new tuples for its cost is taken. The order of values counts: the first of an axis must be its
 * cheapest, so that a tuple which may not stand beside the cheapest values may not stand anywhere.
 */
final class CoveringDesign {
    private static final int ATTEMPTS = 24;
    private static final int UNSET = -1;

    private final int[] sizes;
    private final List<Tuples> wanted = new ArrayList<>();
    private final Predicate<int[]> allowed;
    private final ToDoubleFunction<int[]> cost;
    private final SplittableRandom random;
    private final List<int[]> cases = new ArrayList<>();
    private int impossible;

    /** Combinations of the values of some axes, and which of them a case holds already. */
    private static final class Tuples {
        final int[] axes;
        final boolean[] met;

        Tuples(int[] axes, int[] sizes) {
            this.axes = axes;
            this.met = new boolean[Arrays.stream(axes).map(a -> sizes[a]).reduce(1, Math::multiplyExact)];
        }
    }

    /**
     * @param tupleAxes which axes' values must meet in all combinations
     * @param allowed whether a case may be run
     * @param cost of a case; only proportions count
     */
    CoveringDesign(
            int[] sizes,
            List<int[]> tupleAxes,
            Predicate<int[]> allowed,
            ToDoubleFunction<int[]> cost,
            SplittableRandom random) {
        this.sizes = sizes.clone();
        this.allowed = allowed;
        this.cost = cost;
        this.random = random;
        tupleAxes.forEach(axes -> wanted.add(new Tuples(axes.clone(), sizes)));
        wanted.forEach(this::fill);
    }

    /** The cases, as indices of values. */
    List<int[]> cases() {
        return List.copyOf(cases);
    }

    /** All combinations that were asked for. */
    int tuples() {
        return wanted.stream().mapToInt(t -> t.met.length).sum();
    }

    /** Those that no allowed case holds. */
    int impossibleTuples() {
        return impossible;
    }

    private void fill(Tuples tuples) {
        for (int tuple = 0; tuple < tuples.met.length; tuple++) {
            if (!tuples.met[tuple]) {
                int[] best = best(tuples, tuple);
                if (best.length == 0) {
                    impossible++;
                    continue;
                }
                cases.add(best);
                wanted.forEach(t -> t.met[index(t, best)] = true);
            }
        }
    }

    /** The best case that holds a tuple; empty when there is none. */
    private int[] best(Tuples tuples, int tuple) {
        int[] best = {};
        double bestValue = Double.NEGATIVE_INFINITY;
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            int[] values = start(tuples, tuple);
            grow(values);
            if (allowed.test(values)) {
                double value = newTuples(values) / (1 + cost.applyAsDouble(values));
                if (value > bestValue) {
                    best = values;
                    bestValue = value;
                }
            }
        }
        return best.length > 0 ? best : cheapest(tuples, tuple);
    }

    private int[] start(Tuples tuples, int tuple) {
        int[] values = new int[sizes.length];
        Arrays.fill(values, UNSET);
        int left = tuple;
        for (int i = tuples.axes.length - 1; i >= 0; i--) {
            values[tuples.axes[i]] = left % sizes[tuples.axes[i]];
            left /= sizes[tuples.axes[i]];
        }
        return values;
    }

    /** Sets what is unset, in random order, each to the value that completes most missing tuples; sometimes to any. */
    private void grow(int[] values) {
        int[] order = shuffled(sizes.length);
        for (int axis : order) {
            if (values[axis] == UNSET) {
                values[axis] = random.nextInt(4) == 0 ? random.nextInt(sizes[axis]) : mostNew(values, axis);
            }
        }
    }

    private int mostNew(int[] values, int axis) {
        int[] order = shuffled(sizes[axis]);
        int best = order[0];
        int most = -1;
        for (int value : order) {
            values[axis] = value;
            int count = newTuples(values);
            if (count > most) {
                most = count;
                best = value;
            }
        }
        return best;
    }

    /** A tuple beside the cheapest values of all other axes, or of all but one: the only way in which it might be allowed. */
    private int[] cheapest(Tuples tuples, int tuple) {
        for (int axis = 0; axis < sizes.length; axis++) {
            int[] values = start(tuples, tuple);
            boolean free = values[axis] == UNSET;
            for (int i = 0; i < values.length; i++) {
                values[i] = Math.max(values[i], 0);
            }
            for (int value = values[axis]; value < (free ? sizes[axis] : values[axis] + 1); value++) {
                int[] candidate = values.clone();
                candidate[axis] = value;
                if (allowed.test(candidate)) {
                    return candidate;
                }
            }
        }
        return new int[0];
    }

    private int newTuples(int[] values) {
        int count = 0;
        for (Tuples tuples : wanted) {
            int index = index(tuples, values);
            count += index >= 0 && !tuples.met[index] ? 1 : 0;
        }
        return count;
    }

    /** Number of the tuple that a case holds, -1 when a value is missing. */
    private int index(Tuples tuples, int[] values) {
        int index = 0;
        for (int axis : tuples.axes) {
            if (values[axis] == UNSET) {
                return -1;
            }
            index = index * sizes[axis] + values[axis];
        }
        return index;
    }

    private int[] shuffled(int count) {
        int[] order = new int[count];
        for (int i = 0; i < count; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }
}
