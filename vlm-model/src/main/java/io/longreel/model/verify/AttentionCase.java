package io.longreel.model.verify;

import io.longreel.config.topology.Mesh;
import io.longreel.ops.tensor.DType;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * One attention on one mesh, to be compared with dense attention in double.
 *
 * @param origin where its sizes come from: the grid, or a public test
 * @param exchange what activations are rounded to and travel as
 * @param documents lengths of the documents of the sequence
 */
record AttentionCase(
        String origin,
        Mesh mesh,
        LayoutCase layout,
        MaskCase mask,
        DType exchange,
        AttentionShape shape,
        int[] documents,
        long seed) {

    AttentionCase {
        if (Arrays.stream(documents).sum() != shape.tokens()) {
            throw new IllegalArgumentException("documents must fill the sequence: documents=%s tokens=%d"
                    .formatted(Arrays.toString(documents), shape.tokens()));
        }
    }

    boolean bf16() {
        return exchange == DType.BF16;
    }

    TokenSequence sequence() {
        return TokenSequence.of(documents, new SplittableRandom(seed));
    }

    AttentionInputs inputs() {
        return AttentionInputs.draw(shape, bf16(), new SplittableRandom(~seed));
    }

    /** Largest error of {@code out} relative to {@code max(1, |x|)}; in bf16 a quarter of TransformerEngine's. */
    double outTolerance() {
        return bf16() ? bf16Tolerance() : 1e-5;
    }

    double gradientTolerance() {
        return bf16() ? bf16Tolerance() : 1e-4;
    }

    /** Log-sum-exp never travels: the same in both. */
    double lseTolerance() {
        return 1e-5;
    }

    private double bf16Tolerance() {
        return (shape.grouped() ? 3.5e-2 : 2.5e-2) / 4;
    }

    /** What is needed to find the case again. */
    @Override
    public String toString() {
        return "origin=%s mesh=[%s] layout=%s mask=%s exchange=%s %s documents=%d seed=%d"
                .formatted(origin, mesh, layout, mask, exchange, shape, documents.length, seed);
    }
}
