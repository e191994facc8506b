package io.longreel.model.decoder;

import io.longreel.model.state.Arenas;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;

/**
 * Cosine and sine of the rotary embedding for every position up to some length, grown when a longer sequence comes and rebuilt when theta
 * or the scale of positions changes. Angles are computed in fp32 as Hugging Face does, their cosine in double. Owned by a rank's session.
 */
public final class RotaryTable implements AutoCloseable {
    private final int pairs;
    private final Arenas arenas;
    private TensorArena arena;
    private Tensor cos;
    private Tensor sin;
    private double theta;
    private double positionScale;

    /**
     * @param headDim dims of a head; half as many pairs
     * @param positionScale positions are divided by it (linear RoPE scaling)
     * @param arenas where the table lies; one that only counts has no values
     */
    public RotaryTable(int headDim, double theta, double positionScale, Arenas arenas) {
        this.pairs = headDim / 2;
        this.theta = theta;
        this.positionScale = positionScale;
        this.arenas = arenas;
        this.arena = arenas.open("rotary", 0);
        this.cos = arena.allocate(0, pairs);
        this.sin = arena.allocate(0, pairs);
    }

    public double theta() {
        return theta;
    }

    /** Theta, and what positions are divided by, from now on. */
    public void set(double newTheta, double newScale) {
        if (newTheta != theta || newScale != positionScale) {
            theta = newTheta;
            positionScale = newScale;
            build(cos.rows());
        }
    }

    /** Makes positions {@code [0, length)} available. */
    public void ensure(int length) {
        if (length > cos.rows()) {
            build(Math.max(length, Math.min(2 * cos.rows(), 1 << 20)));
        }
    }

    /** [positions, head dim / 2]. */
    public Tensor cos() {
        return cos;
    }

    public Tensor sin() {
        return sin;
    }

    /** Off-heap memory that the table takes. */
    public long sizeBytes() {
        return arena.usedBytes();
    }

    private void build(int length) {
        arena.close();
        arena = arenas.open("rotary", 2 * TensorArena.sizeBytes(cos.dtype(), length, pairs));
        cos = arena.allocate(length, pairs);
        sin = arena.allocate(length, pairs);
        if (arenas == Arenas.REAL) {
            fill(length);
        }
    }

    private void fill(int length) {
        float[] cosines = new float[length * pairs];
        float[] sines = new float[length * pairs];
        for (int pair = 0; pair < pairs; pair++) {
            float frequency = (float) (1.0 / Math.pow(theta, pair / (double) pairs));
            for (int position = 0; position < length; position++) {
                float angle = (float) (position / positionScale) * frequency;
                cosines[position * pairs + pair] = (float) Math.cos(angle);
                sines[position * pairs + pair] = (float) Math.sin(angle);
            }
        }
        cos.copyFrom(cosines);
        sin.copyFrom(sines);
    }

    @Override
    public void close() {
        arena.close();
    }
}
