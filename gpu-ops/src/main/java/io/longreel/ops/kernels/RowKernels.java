package io.longreel.ops.kernels;

import io.longreel.ops.tensor.Tensor;

/** Moves rows: embedding look-up, pack and unpack of exchanges, patches and the projector's neighbourhood. F32. */
public interface RowKernels {

    /** {@code target[i, :] = source[index[i], :]}. An index out of range throws. */
    void gather(Tensor source, int[] index, Tensor target);

    /** {@code target[index[i], :] = source[i, :]}. */
    void scatter(Tensor source, int[] index, Tensor target);

    /** {@code target[index[i], :] += source[i, :]}, in order of {@code i}: repeated indices sum in a fixed order. */
    void scatterAdd(Tensor source, int[] index, Tensor target);

    /**
     * {@code target[i, :] = source[i, from:from+width]}: columns of every row, as packing heads for the all-to-all needs.
     * {@code target} is [rows, width].
     */
    void gatherColumns(Tensor source, int from, Tensor target);

    /** {@code target[i, from:from+width] = source[i, :]}, or {@code +=} when {@code add}. */
    void scatterColumns(Tensor source, Tensor target, int from, boolean add);

    /**
     * Cuts frames into patches: {@code pixels [F, 3, h, w] -> patches [F * P, 3 * patch * patch]}, P = (h/patch) * (w/patch) row-major, columns
     * in (channel, y, x) order, so that the convolution is a product with the flattened kernel. Pixels beyond the last whole patch are
     * dropped (specification 2.1).
     */
    void patches(Tensor pixels, int patch, Tensor patches);

    /**
     * VILA's {@code flat_square}: each 2 x 2 neighbourhood of a {@code grid x grid} map becomes one row with the channels of
     * (2i,2j), (2i,2j+1), (2i+1,2j), (2i+1,2j+1); an odd grid gets a row and a column of zeros (specification 2.2).
     * {@code x [F * grid * grid, C] -> y [F * half * half, 4 C]}, half = ceil(grid / 2).
     */
    void downsample(Tensor x, int grid, Tensor y);

    /** Gradient of {@link #downsample}; every element of {@code dx} is written. */
    void downsampleBackward(Tensor dy, int grid, Tensor dx);
}
