package io.longreel.ops.plain;

import io.longreel.ops.kernels.RowKernels;
import io.longreel.ops.kernels.Shapes;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;

/** Moves of rows, one element at a time. Stateless; any thread. */
final class PlainRows implements RowKernels {

    @Override
    public void gather(Tensor source, int[] index, Tensor target) {
        if (source.dtype() == DType.SUM128 && target.dtype() == DType.SUM128) {
            Shapes.indexedRowsOfAnyType(target, index, source);
            for (int i = 0; i < index.length; i++) {
                target.slice(i, i + 1).copyFrom(source.slice(index[i], index[i] + 1));
            }
            return;
        }
        Shapes.indexedRows(target, index, source);
        for (int i = 0; i < index.length; i++) {
            for (int j = 0; j < target.columns(); j++) {
                set(target, i, j, get(source, index[i], j));
            }
        }
    }

    @Override
    public void scatter(Tensor source, int[] index, Tensor target) {
        Shapes.indexedRows(source, index, target);
        for (int i = 0; i < index.length; i++) {
            for (int j = 0; j < source.columns(); j++) {
                set(target, index[i], j, get(source, i, j));
            }
        }
    }

    @Override
    public void scatterAdd(Tensor source, int[] index, Tensor target) {
        if (target.dtype() == DType.SUM128) {
            Shapes.f32(source);
            Shapes.indexedRowsOfAnyType(source, index, target);
            for (int i = 0; i < index.length; i++) {
                FixedSums.add(source.slice(i, i + 1), target.slice(index[i], index[i] + 1));
            }
            return;
        }
        Shapes.indexedRows(source, index, target);
        for (int i = 0; i < index.length; i++) {
            for (int j = 0; j < source.columns(); j++) {
                set(target, index[i], j, get(target, index[i], j) + get(source, i, j));
            }
        }
    }

    @Override
    public void gatherColumns(Tensor source, int from, Tensor target) {
        Shapes.columns(source, from, target);
        for (int i = 0; i < target.rows(); i++) {
            for (int j = 0; j < target.columns(); j++) {
                set(target, i, j, get(source, i, from + j));
            }
        }
    }

    @Override
    public void scatterColumns(Tensor source, Tensor target, int from, boolean add) {
        Shapes.columns(target, from, source);
        for (int i = 0; i < source.rows(); i++) {
            for (int j = 0; j < source.columns(); j++) {
                float before = add ? get(target, i, from + j) : 0f;
                set(target, i, from + j, before + get(source, i, j));
            }
        }
    }

    @Override
    public void patches(Tensor pixels, int patch, Tensor patches) {
        Shapes.patches(pixels, patch, patches);
        int channels = pixels.dim(1);
        int height = pixels.dim(2);
        int width = pixels.dim(3);
        int down = height / patch;
        int across = width / patch;
        for (int f = 0; f < pixels.rows(); f++) {
            for (int p = 0; p < down * across; p++) {
                for (int c = 0; c < channels; c++) {
                    for (int y = 0; y < patch; y++) {
                        for (int x = 0; x < patch; x++) {
                            int pixelY = p / across * patch + y;
                            int pixelX = p % across * patch + x;
                            long from = (((long) f * channels + c) * height + pixelY) * width + pixelX;
                            set(patches, f * down * across + p, (c * patch + y) * patch + x, pixels.getFloat(from));
                        }
                    }
                }
            }
        }
    }

    @Override
    public void downsample(Tensor x, int grid, Tensor y) {
        Shapes.downsample(x, grid, y);
        int half = (grid + 1) / 2;
        int channels = x.columns();
        for (int row = 0; row < y.rows(); row++) {
            for (int corner = 0; corner < 4; corner++) {
                int from = cornerRow(row, corner, grid, half);
                for (int c = 0; c < channels; c++) {
                    set(y, row, corner * channels + c, from < 0 ? 0f : get(x, from, c));
                }
            }
        }
    }

    @Override
    public void downsampleBackward(Tensor dy, int grid, Tensor dx) {
        Shapes.downsample(dx, grid, dy);
        int half = (grid + 1) / 2;
        int channels = dx.columns();
        for (int row = 0; row < dy.rows(); row++) {
            for (int corner = 0; corner < 4; corner++) {
                int to = cornerRow(row, corner, grid, half);
                for (int c = 0; to >= 0 && c < channels; c++) {
                    set(dx, to, c, get(dy, row, corner * channels + c));
                }
            }
        }
    }

    /** Row of the full map that is this corner of a neighbourhood, or -1 in the padding. */
    private static int cornerRow(int row, int corner, int grid, int half) {
        int frame = row / (half * half);
        int i = row / half % half * 2 + corner / 2;
        int j = row % half * 2 + corner % 2;
        return i < grid && j < grid ? (frame * grid + i) * grid + j : -1;
    }

    private static float get(Tensor x, int row, int column) {
        return x.getFloat((long) row * x.columns() + column);
    }

    private static void set(Tensor x, int row, int column, float value) {
        x.setFloat((long) row * x.columns() + column, value);
    }
}
