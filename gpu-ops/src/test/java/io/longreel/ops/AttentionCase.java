package io.longreel.ops;

import io.longreel.ops.kernels.AttentionKernels;
import io.longreel.ops.kernels.KeyRanges;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import java.util.Arrays;

/**
 * One attention problem with seeded operands, and the fp64 dense answer to it. Blocks are pieces of the key rows; a mask over all keys is
 * cut to each piece, as the ring does.
 */
public record AttentionCase(
        TensorWorkbench bench, Tensor q, Tensor k, Tensor v, Tensor dOut, KeyRanges ranges, int[] kvHead, float scale) {

    public static AttentionCase random(
            TensorWorkbench bench, int queries, int heads, int keys, int kvHeads, int headDim, KeyRanges ranges) {
        return random(bench, queries, heads, keys, kvHeads, headDim, headDim, ranges);
    }

    public static AttentionCase random(
            TensorWorkbench bench,
            int queries,
            int heads,
            int keys,
            int kvHeads,
            int headDim,
            int valueDim,
            KeyRanges ranges) {
        int[] kvHead = new int[heads];
        for (int n = 0; n < heads; n++) {
            kvHead[n] = n * kvHeads / heads;
        }
        return new AttentionCase(
                bench,
                bench.normal(queries, heads, headDim),
                bench.normal(keys, kvHeads, headDim),
                bench.normal(keys, kvHeads, valueDim),
                bench.normal(queries, heads, valueDim),
                ranges,
                kvHead,
                (float) (1 / Math.sqrt(headDim)));
    }

    /** Output and log-sum-exp of a forward pass, or the gradients of a backward pass. */
    public record Result(Tensor out, Tensor lse) {}

    public record Gradients(Tensor dq, Tensor dk, Tensor dv) {}

    /** Causal over the same rows: row i of the queries sees keys up to {@code offset + i}, as far as there are any. */
    public static KeyRanges causal(int queries, int keys, int offset) {
        int[] to = new int[queries];
        for (int i = 0; i < queries; i++) {
            to[i] = Math.clamp((long) offset + i + 1, 0, keys);
        }
        return new KeyRanges(new int[queries], to);
    }

    /** Causal inside documents that start at the given rows. */
    public static KeyRanges causalDocuments(int rows, int... starts) {
        int[] from = new int[rows];
        int[] to = new int[rows];
        for (int d = 0; d < starts.length; d++) {
            int end = d + 1 < starts.length ? starts[d + 1] : rows;
            for (int i = starts[d]; i < end; i++) {
                from[i] = starts[d];
                to[i] = i + 1;
            }
        }
        return new KeyRanges(from, to);
    }

    /** Full inside documents of {@code length} rows. */
    public static KeyRanges frames(int rows, int length) {
        int[] from = new int[rows];
        int[] to = new int[rows];
        for (int i = 0; i < rows; i++) {
            from[i] = i / length * length;
            to[i] = Math.min(rows, from[i] + length);
        }
        return new KeyRanges(from, to);
    }

    /** Each row sees itself and the {@code width - 1} rows before it. */
    public static KeyRanges window(int rows, int width) {
        int[] from = new int[rows];
        int[] to = new int[rows];
        for (int i = 0; i < rows; i++) {
            from[i] = Math.max(0, i + 1 - width);
            to[i] = i + 1;
        }
        return new KeyRanges(from, to);
    }

    /** Any ranges at all, many of them empty. */
    public static KeyRanges anyRanges(TensorWorkbench bench, int queries, int keys) {
        int[] from = new int[queries];
        int[] to = new int[queries];
        for (int i = 0; i < queries; i++) {
            int a = bench.random().nextInt(keys + 1);
            int b = bench.random().nextInt(keys + 1);
            from[i] = Math.min(a, b);
            to[i] = bench.random().nextInt(4) == 0 ? from[i] : Math.max(a, b);
        }
        return new KeyRanges(from, to);
    }

    /** The part of the mask that falls on keys {@code [first, last)}, in their own numbering. */
    private KeyRanges cut(int first, int last) {
        int[] from = new int[ranges.queries()];
        int[] to = new int[ranges.queries()];
        for (int i = 0; i < from.length; i++) {
            from[i] = Math.clamp(ranges.from()[i], first, last) - first;
            to[i] = Math.clamp(ranges.to()[i], first, last) - first;
        }
        return new KeyRanges(from, to);
    }

    /** Forward over blocks of keys {@code [bounds[b], bounds[b+1])}, visited in the given order. */
    public Result forward(AttentionKernels kernels, int[] bounds, int[] order) {
        return forward(kernels, bounds, order, noSinks());
    }

    private float[] noSinks() {
        float[] sinks = new float[q.dim(1)];
        Arrays.fill(sinks, Float.NEGATIVE_INFINITY);
        return sinks;
    }

    /** Each head has one more key, with this score for every row and a value of 0; minus infinity is no key. */
    public Result forward(AttentionKernels kernels, int[] bounds, int[] order, float[] sink_N) {
        Tensor out = bench.filled(0, q.dim(0), q.dim(1), v.dim(2));
        Tensor lse = bench.filled(0, q.dim(0), q.dim(1));
        for (long i = 0; i < lse.elements(); i++) {
            lse.setFloat(i, sink_N[(int) (i % sink_N.length)]);
        }
        try (TensorArena scratch = scratch(kernels)) {
            for (int b : order) {
                Tensor kBlock = k.slice(bounds[b], bounds[b + 1]);
                Tensor vBlock = v.slice(bounds[b], bounds[b + 1]);
                KeyRanges cut = cut(bounds[b], bounds[b + 1]);
                kernels.forward(q, kBlock, vBlock, cut, kvHead, scale, out, lse, scratch);
                requireLeftAsFound(scratch);
            }
        }
        return new Result(out, lse);
    }

    public Result forward(AttentionKernels kernels) {
        return forward(kernels, new int[] {0, k.rows()}, new int[] {0});
    }

    /** Backward over the same blocks; gradients start from zero. */
    public Gradients backward(AttentionKernels kernels, Result forward, int[] bounds, int[] order) {
        Gradients gradients =
                new Gradients(bench.filled(0, q.shape()), bench.filled(0, k.shape()), bench.filled(0, v.shape()));
        Tensor delta = bench.arena().allocate(q.dim(0), q.dim(1));
        kernels.delta(forward.out, dOut, delta);
        try (TensorArena scratch = scratch(kernels)) {
            for (int b : order) {
                int from = bounds[b];
                int to = bounds[b + 1];
                kernels.backward(
                        q,
                        k.slice(from, to),
                        v.slice(from, to),
                        cut(from, to),
                        kvHead,
                        scale,
                        dOut,
                        forward.lse,
                        delta,
                        gradients.dq,
                        gradients.dk.slice(from, to),
                        gradients.dv.slice(from, to),
                        scratch);
                requireLeftAsFound(scratch);
            }
        }
        return gradients;
    }

    public Gradients backward(AttentionKernels kernels, Result forward) {
        return backward(kernels, forward, new int[] {0, k.rows()}, new int[] {0});
    }

    private TensorArena scratch(AttentionKernels kernels) {
        return TensorArena.open("scratch", kernels.scratchBytes(q.rows(), k.rows(), q.dim(1), k.dim(1), q.dim(2)));
    }

    private static void requireLeftAsFound(TensorArena scratch) {
        if (scratch.usedBytes() != 0) {
            throw new IllegalStateException("scratch must be left as it was found: usedBytes=" + scratch.usedBytes());
        }
    }

    /** Softmax over a dense score matrix in double; an empty row gives zeros and minus infinity. */
    public Result dense() {
        return dense(noSinks());
    }

    /** The same with one more key per head, with this score for every row and a value of 0. */
    public Result dense(float[] sink_N) {
        int heads = q.dim(1);
        int valueDim = v.dim(2);
        Tensor out = bench.filled(0, q.dim(0), heads, valueDim);
        Tensor lse = bench.filled(Float.NEGATIVE_INFINITY, q.dim(0), heads);
        for (int t = 0; t < q.rows(); t++) {
            for (int n = 0; n < heads; n++) {
                int from = ranges.from()[t];
                int to = ranges.to()[t];
                double total = Math.exp(sink_N[n]);
                double[] sums = new double[valueDim];
                for (int s = from; s < to; s++) {
                    double e = Math.exp(score(t, n, s));
                    total += e;
                    for (int h = 0; h < valueDim; h++) {
                        sums[h] += e * v.getFloat(((long) s * k.dim(1) + kvHead[n]) * valueDim + h);
                    }
                }
                for (int h = 0; h < valueDim && from < to; h++) {
                    out.setFloat(((long) t * heads + n) * valueDim + h, (float) (sums[h] / total));
                }
                lse.setFloat((long) t * heads + n, (float) Math.log(total));
            }
        }
        return new Result(out, lse);
    }

    private double score(int t, int n, int s) {
        double sum = 0;
        int headDim = q.dim(2);
        for (int h = 0; h < headDim; h++) {
            sum += (double) q.getFloat(((long) t * q.dim(1) + n) * headDim + h)
                    * k.getFloat(((long) s * k.dim(1) + kvHead[n]) * headDim + h);
        }
        return scale * sum;
    }
}
