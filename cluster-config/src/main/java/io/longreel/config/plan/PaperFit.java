package io.longreel.config.plan;

import io.longreel.config.plan.Paper.Column;
import io.longreel.config.plan.Paper.Fitted;
import java.util.List;

/**
 * Finds the constants that make the planner say what the paper's fitted cells say: five equations for five unknowns by Newton's method, then the share of memory that
 * ZeRO-3 loses, the smallest whole per cent with which its cell is out of memory. Deterministic; some milliseconds.
 */
public final class PaperFit {
    /** Of the solved constants, in the order of the unknowns. */
    private static final List<String> SOLVED = List.of(
            "attention-share", "fixed-seconds", "ring-hidden-share", "ring-step-seconds", "megatron-attention-share");

    private static final int ROUNDS_MAX = 100;
    private static final double CLOSE = 1e-12;
    private static final double NUDGE = 1e-6;
    /** Longest step of an unknown, as a share of it: the ring's waits have a corner where they begin. */
    private static final double STEP_MAX = 0.3;

    private final PaperModel start;
    private final List<Fitted> cells;

    private PaperFit(PaperModel start) {
        this.start = start;
        this.cells = SOLVED.stream()
                .map(name -> start.paper()
                        .fittedFor(name)
                        .orElseThrow(() -> new IllegalArgumentException("no cell for the constant " + name)))
                .toList();
    }

    /** @param start any sensible constants; those of the result do not depend on them */
    public static FittedConstants of(PaperModel start) {
        return new PaperFit(start).solve();
    }

    private FittedConstants solve() {
        double[] x = unknowns(start.constants());
        for (int round = 0; round < ROUNDS_MAX; round++) {
            double[] errors = errors(x);
            double[][] slopes = slopes(x, errors);
            double[] step = LinearSystem.solve(slopes, errors);
            double largest = 0;
            for (int i = 0; i < x.length; i++) {
                double limited = Math.max(-STEP_MAX, Math.min(STEP_MAX, step[i] / x[i]));
                x[i] -= limited * x[i];
                largest = Math.max(largest, Math.abs(limited));
            }
            if (largest < CLOSE) {
                break;
            }
        }
        return constants(x, lostMemory(constants(x, 0)));
    }

    private double lostMemory(FittedConstants solved) {
        Fitted cell = start.paper().fittedFor("zero3-lost-memory").orElseThrow();
        Column column = start.paper().column(cell.table(), cell.column());
        for (int percent = 0; percent < 100; percent++) {
            double share = percent / 100.0;
            FittedConstants tried = constants(unknowns(solved), share);
            if (!with(tried).fits(column, cell.tokensK())) {
                return share;
            }
        }
        throw new IllegalStateException("no share of lost memory makes the cell too large: %s".formatted(cell));
    }

    private double[] errors(double[] x) {
        PaperModel model = with(constants(x, start.constants().zero3LostMemory()));
        double[] errors = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            Fitted cell = cells.get(i);
            Column column = model.paper().column(cell.table(), cell.column());
            double measured = column.cells().stream()
                    .filter(c -> c.tokensK() == cell.tokensK())
                    .findFirst()
                    .orElseThrow()
                    .seconds()
                    .orElseThrow();
            errors[i] = model.seconds(column, cell.tokensK()) / measured - 1;
        }
        return errors;
    }

    private double[][] slopes(double[] x, double[] errors) {
        double[][] slopes = new double[x.length][x.length];
        for (int j = 0; j < x.length; j++) {
            double[] nudged = x.clone();
            nudged[j] *= 1 + NUDGE;
            double[] changed = errors(nudged);
            for (int i = 0; i < x.length; i++) {
                slopes[i][j] = (changed[i] - errors[i]) / (nudged[j] - x[j]);
            }
        }
        return slopes;
    }

    private PaperModel with(FittedConstants constants) {
        return new PaperModel(start.paper(), start.model(), start.h100(), start.a100(), constants);
    }

    private static double[] unknowns(FittedConstants c) {
        return new double[] {
            c.attentionShare(), c.fixedSeconds(), c.ringHiddenShare(), c.ringStepSeconds(), c.megatronAttentionShare()
        };
    }

    private static FittedConstants constants(double[] x, double lostMemory) {
        return new FittedConstants(x[0], x[1], x[2], x[3], x[4], lostMemory);
    }
}
