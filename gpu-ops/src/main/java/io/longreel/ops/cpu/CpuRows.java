package io.longreel.ops.cpu;

import static io.longreel.ops.cpu.VectorMath.LANES;
import static io.longreel.ops.cpu.VectorMath.SPECIES;
import static io.longreel.ops.cpu.VectorMath.load;
import static io.longreel.ops.cpu.VectorMath.store;

import io.longreel.ops.kernels.RowKernels;
import io.longreel.ops.kernels.Shapes;
import io.longreel.ops.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.VectorMask;

/** Moves of rows as whole copies, and sums of rows in vector loops. Stateless; any thread. */
final class CpuRows implements RowKernels {

    @Override
    public void gather(Tensor source, int[] index, Tensor target) {
        Shapes.indexedRows(target, index, source);
        long rowBytes = rowBytes(source);
        for (int i = 0; i < index.length; i++) {
            MemorySegment.copy(source.segment(), index[i] * rowBytes, target.segment(), i * rowBytes, rowBytes);
        }
    }

    @Override
    public void scatter(Tensor source, int[] index, Tensor target) {
        Shapes.indexedRows(source, index, target);
        long rowBytes = rowBytes(source);
        for (int i = 0; i < index.length; i++) {
            MemorySegment.copy(source.segment(), i * rowBytes, target.segment(), index[i] * rowBytes, rowBytes);
        }
    }

    @Override
    public void scatterAdd(Tensor source, int[] index, Tensor target) {
        Shapes.indexedRows(source, index, target);
        long rowBytes = rowBytes(source);
        for (int i = 0; i < index.length; i++) {
            addRow(source.segment(), i * rowBytes, target.segment(), index[i] * rowBytes, source.columns());
        }
    }

    @Override
    public void gatherColumns(Tensor source, int from, Tensor target) {
        Shapes.columns(source, from, target);
        long wideBytes = rowBytes(source);
        long narrowBytes = rowBytes(target);
        long fromBytes = (long) from * Float.BYTES;
        for (int i = 0; i < target.rows(); i++) {
            MemorySegment.copy(
                    source.segment(), i * wideBytes + fromBytes, target.segment(), i * narrowBytes, narrowBytes);
        }
    }

    @Override
    public void scatterColumns(Tensor source, Tensor target, int from, boolean add) {
        Shapes.columns(target, from, source);
        long wideBytes = rowBytes(target);
        long narrowBytes = rowBytes(source);
        long fromBytes = (long) from * Float.BYTES;
        for (int i = 0; i < source.rows(); i++) {
            if (add) {
                addRow(
                        source.segment(),
                        i * narrowBytes,
                        target.segment(),
                        i * wideBytes + fromBytes,
                        source.columns());
            } else {
                MemorySegment.copy(
                        source.segment(), i * narrowBytes, target.segment(), i * wideBytes + fromBytes, narrowBytes);
            }
        }
    }

    private static void addRow(MemorySegment source, long sourceAt, MemorySegment target, long targetAt, int columns) {
        int whole = SPECIES.loopBound(columns);
        for (int j = 0; j < whole; j += LANES) {
            long at = (long) j * Float.BYTES;
            store(load(target, targetAt + at).add(load(source, sourceAt + at)), target, targetAt + at);
        }
        if (whole < columns) {
            VectorMask<Float> tail = VectorMath.tail(columns);
            long at = (long) whole * Float.BYTES;
            store(
                    load(target, targetAt + at, tail).add(load(source, sourceAt + at, tail)),
                    target,
                    targetAt + at,
                    tail);
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
        long stripBytes = (long) patch * Float.BYTES;
        // Patches are written front to back, one strip of pixels at a time.
        long to = 0;
        for (int f = 0; f < pixels.rows(); f++) {
            for (int p = 0; p < down * across; p++) {
                int top = p / across * patch;
                int left = p % across * patch;
                for (int c = 0; c < channels; c++) {
                    for (int y = 0; y < patch; y++) {
                        long from = (((long) f * channels + c) * height + top + y) * width + left;
                        MemorySegment.copy(pixels.segment(), from * Float.BYTES, patches.segment(), to, stripBytes);
                        to += stripBytes;
                    }
                }
            }
        }
    }

    @Override
    public void downsample(Tensor x, int grid, Tensor y) {
        Shapes.downsample(x, grid, y);
        int half = (grid + 1) / 2;
        long rowBytes = rowBytes(x);
        for (int row = 0; row < y.rows(); row++) {
            for (int corner = 0; corner < 4; corner++) {
                int from = cornerRow(row, corner, grid, half);
                long to = (4L * row + corner) * rowBytes;
                if (from < 0) {
                    y.segment().asSlice(to, rowBytes).fill((byte) 0);
                } else {
                    MemorySegment.copy(x.segment(), from * rowBytes, y.segment(), to, rowBytes);
                }
            }
        }
    }

    @Override
    public void downsampleBackward(Tensor dy, int grid, Tensor dx) {
        Shapes.downsample(dx, grid, dy);
        int half = (grid + 1) / 2;
        long rowBytes = rowBytes(dx);
        for (int row = 0; row < dy.rows(); row++) {
            for (int corner = 0; corner < 4; corner++) {
                int to = cornerRow(row, corner, grid, half);
                if (to >= 0) {
                    MemorySegment.copy(
                            dy.segment(), (4L * row + corner) * rowBytes, dx.segment(), to * rowBytes, rowBytes);
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

    private static long rowBytes(Tensor x) {
        return (long) x.columns() * Float.BYTES;
    }
}
