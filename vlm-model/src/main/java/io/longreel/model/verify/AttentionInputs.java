package io.longreel.model.verify;

import java.util.SplittableRandom;

/**
 * Inputs of a case, the same on every mesh: gaussian, clamped to [-1, 1] as in TransformerEngine's tests; when rows travel in bfloat16, values that it can
 * hold, so that what is measured is the arithmetic and not the rounding of the inputs. {@code q, dOut [T, N, *]}, {@code k, v [T, K, *]}.
 */
record AttentionInputs(float[] q, float[] k, float[] v, float[] dOut) {

    static AttentionInputs draw(AttentionShape shape, boolean bf16, SplittableRandom random) {
        return new AttentionInputs(
                values(shape.tokens() * shape.heads() * shape.keyDim(), bf16, random),
                values(shape.tokens() * shape.kvHeads() * shape.keyDim(), bf16, random),
                values(shape.tokens() * shape.kvHeads() * shape.valueDim(), bf16, random),
                values(shape.tokens() * shape.heads() * shape.valueDim(), bf16, random));
    }

    private static float[] values(int count, boolean bf16, SplittableRandom random) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            float value = (float) Math.clamp(random.nextGaussian(), -1, 1);
            values[i] = bf16 ? Float.intBitsToFloat(Float.floatToRawIntBits(value) & 0xFFFF0000) : value;
        }
        return values;
    }
}
