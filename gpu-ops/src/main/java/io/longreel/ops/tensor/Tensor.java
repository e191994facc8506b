package io.longreel.ops.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * A contiguous, row-major view of off-heap memory with a shape and an element type. It owns nothing: the arena that made the memory does,
 * and a view used after that arena was closed throws. Zero rows are normal (a rank may own none).
 */
public final class Tensor {
    private final MemorySegment segment;
    private final DType dtype;
    private final int[] shape;

    private Tensor(MemorySegment segment, DType dtype, int[] shape) {
        this.segment = segment;
        this.dtype = dtype;
        this.shape = shape;
    }

    /** A view of exactly {@code product(shape) * dtype.sizeBytes()} bytes. */
    public static Tensor of(MemorySegment segment, DType dtype, int... shape) {
        long sizeBytes = elements(shape) * dtype.sizeBytes();
        if (segment.byteSize() != sizeBytes) {
            throw new IllegalArgumentException("segment must fit the shape exactly: segmentBytes=%d shape=%s dtype=%s"
                    .formatted(segment.byteSize(), Arrays.toString(shape), dtype));
        }
        return new Tensor(segment, dtype, shape.clone());
    }

    /** Number of elements of a shape; a negative axis is an error. */
    public static long elements(int... shape) {
        long n = 1;
        for (int dim : shape) {
            if (dim < 0) {
                throw new IllegalArgumentException("dims must not be negative: shape=" + Arrays.toString(shape));
            }
            n = Math.multiplyExact(n, dim);
        }
        return n;
    }

    public MemorySegment segment() {
        return segment;
    }

    public DType dtype() {
        return dtype;
    }

    public int rank() {
        return shape.length;
    }

    public int dim(int i) {
        return shape[i];
    }

    public int[] shape() {
        return shape.clone();
    }

    /** Size of the first dim. */
    public int rows() {
        return shape[0];
    }

    /** Elements of one row: the product of all dims but the first. */
    public int columns() {
        long n = 1;
        for (int i = 1; i < shape.length; i++) {
            n *= shape[i];
        }
        return Math.toIntExact(n);
    }

    public long elements() {
        return segment.byteSize() / dtype.sizeBytes();
    }

    public long sizeBytes() {
        return segment.byteSize();
    }

    /** Rows {@code [from, to)} as a view. */
    public Tensor slice(int from, int to) {
        long rowBytes = (long) columns() * dtype.sizeBytes();
        int[] sliced = shape.clone();
        sliced[0] = to - from;
        return of(segment.asSlice(from * rowBytes, (to - from) * rowBytes), dtype, sliced);
    }

    /** Elements {@code [from, to)} of the flattened tensor as a vector, a view. */
    public Tensor elements(long from, long to) {
        long sizeBytes = dtype.sizeBytes();
        return of(segment.asSlice(from * sizeBytes, (to - from) * sizeBytes), dtype, Math.toIntExact(to - from));
    }

    /** The same memory under another shape with as many elements. */
    public Tensor reshape(int... newShape) {
        return of(segment, dtype, newShape);
    }

    /** Element {@code index} of the flattened tensor; F32 only. For tests and borders, not for inner loops. */
    public float getFloat(long index) {
        return segment.getAtIndex(ValueLayout.JAVA_FLOAT, index);
    }

    public void setFloat(long index, float value) {
        segment.setAtIndex(ValueLayout.JAVA_FLOAT, index, value);
    }

    /** Copies all elements out; F32 only. */
    public float[] toFloats() {
        return segment.toArray(ValueLayout.JAVA_FLOAT);
    }

    public void copyFrom(float[] values) {
        if (values.length != elements()) {
            throw new IllegalArgumentException(
                    "values must fill the tensor: values=%d elements=%d".formatted(values.length, elements()));
        }
        MemorySegment.copy(values, 0, segment, ValueLayout.JAVA_FLOAT, 0, values.length);
    }

    public void copyFrom(Tensor source) {
        if (source.dtype != dtype || source.sizeBytes() != sizeBytes()) {
            throw new IllegalArgumentException("tensors must match to be copied: %s and %s".formatted(source, this));
        }
        segment.copyFrom(source.segment);
    }

    /** Sets every byte to zero. */
    public void zero() {
        segment.fill((byte) 0);
    }

    @Override
    public String toString() {
        return dtype + Arrays.toString(shape);
    }
}
