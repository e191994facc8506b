package io.longreel.config.plan;

import java.util.Arrays;

/** A few linear equations, by elimination with the largest pivot of each column. */
final class LinearSystem {
    private LinearSystem() {}

    /**
     * The x with {@code a x = b}.
     *
     * @param a square; neither is changed
     */
    static double[] solve(double[][] a, double[] b) {
        int n = b.length;
        double[][] rows = new double[n][];
        for (int i = 0; i < n; i++) {
            rows[i] = Arrays.copyOf(a[i], n + 1);
            rows[i][n] = b[i];
        }
        for (int column = 0; column < n; column++) {
            int pivot = column;
            for (int i = column + 1; i < n; i++) {
                pivot = Math.abs(rows[i][column]) > Math.abs(rows[pivot][column]) ? i : pivot;
            }
            double[] top = rows[pivot];
            rows[pivot] = rows[column];
            rows[column] = top;
            if (top[column] == 0) {
                throw new IllegalArgumentException("the equations must not depend on each other: column=" + column);
            }
            for (int i = 0; i < n; i++) {
                if (i != column) {
                    double factor = rows[i][column] / top[column];
                    for (int j = column; j <= n; j++) {
                        rows[i][j] -= factor * top[j];
                    }
                }
            }
        }
        double[] x = new double[n];
        for (int i = 0; i < n; i++) {
            x[i] = rows[i][n] / rows[i][i];
        }
        return x;
    }
}
