package io.longreel.model.checkpoint;

import io.longreel.ops.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Conversion between F32 in memory and the floating types that files store. To F32 is exact; from F32 rounds to nearest, ties to even, overflow
 * goes to infinity and NaN stays NaN. Files need not be aligned, so the stored side is read and written unaligned; all of it is little-endian.
 */
final class StorageFloats {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

    private StorageFloats() {}

    static boolean isFloating(DType dtype) {
        return switch (dtype) {
            case F32, BF16, F16 -> true;
            case I32, I64, U8, SUM128 -> false;
        };
    }

    /** Converts all of {@code stored}; {@code floats} has room for exactly as many F32 values. */
    static void decode(MemorySegment stored, DType dtype, MemorySegment floats) {
        long count = checkedCount(stored, dtype, floats);
        switch (dtype) {
            case F32 -> floats.copyFrom(stored);
            case BF16 -> {
                for (long i = 0; i < count; i++) {
                    floats.setAtIndex(FLOAT, i, bf16ToFloat(stored.getAtIndex(SHORT, i)));
                }
            }
            case F16 -> {
                for (long i = 0; i < count; i++) {
                    floats.setAtIndex(FLOAT, i, Float.float16ToFloat(stored.getAtIndex(SHORT, i)));
                }
            }
            case I32, I64, U8, SUM128 -> throw notFloating(dtype);
        }
    }

    /** Converts all of {@code floats}; {@code stored} has room for exactly as many values of {@code dtype}. */
    static void encode(MemorySegment floats, DType dtype, MemorySegment stored) {
        long count = checkedCount(stored, dtype, floats);
        switch (dtype) {
            case F32 -> stored.copyFrom(floats);
            case BF16 -> {
                for (long i = 0; i < count; i++) {
                    stored.setAtIndex(SHORT, i, floatToBf16(floats.getAtIndex(FLOAT, i)));
                }
            }
            case F16 -> {
                for (long i = 0; i < count; i++) {
                    stored.setAtIndex(SHORT, i, Float.floatToFloat16(floats.getAtIndex(FLOAT, i)));
                }
            }
            case I32, I64, U8, SUM128 -> throw notFloating(dtype);
        }
    }

    static float bf16ToFloat(short value) {
        return Float.intBitsToFloat(value << 16);
    }

    static short floatToBf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            // Rounding could carry a NaN's payload into the exponent: keep the upper half and make it quiet.
            return (short) ((bits >>> 16) | 0x40);
        }
        int ties = (bits >>> 16) & 1;
        return (short) ((bits + 0x7fff + ties) >>> 16);
    }

    private static long checkedCount(MemorySegment stored, DType dtype, MemorySegment floats) {
        long count = floats.byteSize() / DType.F32.sizeBytes();
        if (stored.byteSize() != count * dtype.sizeBytes() || floats.byteSize() % DType.F32.sizeBytes() != 0) {
            throw new IllegalArgumentException(
                    "both sides must hold as many values: storedBytes=%d dtype=%s floatBytes=%d"
                            .formatted(stored.byteSize(), dtype, floats.byteSize()));
        }
        return count;
    }

    private static IllegalArgumentException notFloating(DType dtype) {
        return new IllegalArgumentException("stored type must be floating: dtype=" + dtype);
    }
}
