package io.longreel.curriculum.footage;

import java.util.random.RandomGenerator;

/**
 * A square of smooth random values in [0, 1] that repeats without a seam: octaves of value noise, each half as strong and twice as fine as
 * the one before. Clouds, water, leaves and walls are all read from such a field at different scales. Immutable.
 */
final class NoiseField {
    /** Width of the square; reads wrap around. */
    static final int SIZE = 256;

    private static final int MASK = SIZE - 1;

    private final float[] values;

    private NoiseField(float[] values) {
        this.values = values;
    }

    /** A field whose first octave has {@code coarsest} cells along the square, a power of two. */
    static NoiseField draw(int coarsest, RandomGenerator random) {
        float[] sum = new float[SIZE * SIZE];
        float weight = 0.5f;
        for (int cells = coarsest; cells <= SIZE / 2; cells *= 2) {
            addOctave(sum, cells, weight, random);
            weight /= 2;
        }
        stretch(sum);
        return new NoiseField(sum);
    }

    /** Value at any point, in cells of the square, interpolated. */
    float at(float x, float y) {
        int x0 = (int) Math.floor(x);
        int y0 = (int) Math.floor(y);
        float fx = x - x0;
        float fy = y - y0;
        int row0 = (y0 & MASK) * SIZE;
        int row1 = (y0 + 1 & MASK) * SIZE;
        int column0 = x0 & MASK;
        int column1 = x0 + 1 & MASK;
        float top = values[row0 + column0] + (values[row0 + column1] - values[row0 + column0]) * fx;
        float bottom = values[row1 + column0] + (values[row1 + column1] - values[row1 + column0]) * fx;
        return top + (bottom - top) * fy;
    }

    private static void addOctave(float[] sum, int cells, float weight, RandomGenerator random) {
        float[] lattice = new float[cells * cells];
        for (int i = 0; i < lattice.length; i++) {
            lattice[i] = random.nextFloat();
        }
        float step = (float) cells / SIZE;
        for (int y = 0; y < SIZE; y++) {
            int y0 = (int) (y * step);
            float fy = smooth(y * step - y0);
            int row0 = y0 * cells;
            int row1 = (y0 + 1) % cells * cells;
            for (int x = 0; x < SIZE; x++) {
                int x0 = (int) (x * step);
                float fx = smooth(x * step - x0);
                int x1 = (x0 + 1) % cells;
                float top = lattice[row0 + x0] + (lattice[row0 + x1] - lattice[row0 + x0]) * fx;
                float bottom = lattice[row1 + x0] + (lattice[row1 + x1] - lattice[row1 + x0]) * fx;
                sum[y * SIZE + x] += weight * (top + (bottom - top) * fy);
            }
        }
    }

    private static float smooth(float t) {
        return t * t * (3 - 2 * t);
    }

    private static void stretch(float[] values) {
        float low = Float.MAX_VALUE;
        float high = -Float.MAX_VALUE;
        for (float value : values) {
            low = Math.min(low, value);
            high = Math.max(high, value);
        }
        for (int i = 0; i < values.length; i++) {
            values[i] = (values[i] - low) / (high - low);
        }
    }
}
