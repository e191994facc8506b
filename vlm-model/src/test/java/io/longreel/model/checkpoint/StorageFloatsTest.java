package io.longreel.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.ops.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StorageFloatsTest {
    private static final int PATTERNS = 1 << 16;

    @Test
    void shouldKeepEveryStoredPatternWhenDecodedAndEncoded() {
        for (DType dtype : new DType[] {DType.BF16, DType.F16}) {
            short[] patterns = new short[PATTERNS];
            for (int i = 0; i < PATTERNS; i++) {
                patterns[i] = (short) i;
            }
            float[] floats = new float[PATTERNS];
            StorageFloats.decode(MemorySegment.ofArray(patterns), dtype, MemorySegment.ofArray(floats));
            short[] back = new short[PATTERNS];
            StorageFloats.encode(MemorySegment.ofArray(floats), dtype, MemorySegment.ofArray(back));
            for (int i = 0; i < PATTERNS; i++) {
                if (Float.isNaN(floats[i])) {
                    patterns[i] = 0;
                    back[i] = 0;
                }
            }
            assertArrayEquals(patterns, back, dtype.name());
        }
    }

    @Test
    void shouldRoundToTheNearestBf16AndTiesToEven() {
        long seed = 20261121L;
        Random random = new Random(seed);
        for (int i = 0; i < 200_000; i++) {
            float value = Float.intBitsToFloat(random.nextInt());
            short stored = StorageFloats.floatToBf16(value);
            float back = StorageFloats.bf16ToFloat(stored);
            if (Float.isNaN(value)) {
                assertTrue(Float.isNaN(back));
                continue;
            }
            String facts = "seed=%d value=%s stored=%04x".formatted(seed, value, stored);
            double error = Math.abs((double) value - asDouble(stored));
            for (int step : new int[] {-1, 1}) {
                double neighbour = Math.abs((double) value - asDouble((short) (stored + step)));
                boolean tieToOdd = error == neighbour && (stored & 1) == 1;
                assertTrue(!(neighbour < error) && !tieToOdd, facts);
            }
        }
    }

    @Test
    void shouldRoundKnownValuesWhenEncoded() {
        assertEquals((short) 0x3f80, StorageFloats.floatToBf16(1.0f));
        assertEquals((short) 0x3f80, StorageFloats.floatToBf16(Float.intBitsToFloat(0x3f808000)));
        assertEquals((short) 0x3f82, StorageFloats.floatToBf16(Float.intBitsToFloat(0x3f818000)));
        assertEquals((short) 0x3f81, StorageFloats.floatToBf16(Float.intBitsToFloat(0x3f808001)));
        assertEquals((short) 0x7f80, StorageFloats.floatToBf16(Float.MAX_VALUE));
        assertEquals((short) 0x8000, StorageFloats.floatToBf16(-0.0f));
        assertTrue(Float.isNaN(StorageFloats.bf16ToFloat(StorageFloats.floatToBf16(Float.intBitsToFloat(0x7fffffff)))));
    }

    @Test
    void shouldRefuseWhenSizesDiffer() {
        assertThrows(
                IllegalArgumentException.class,
                () -> StorageFloats.decode(
                        MemorySegment.ofArray(new short[3]), DType.BF16, MemorySegment.ofArray(new float[2])));
    }

    /** A bf16 pattern as if the exponent range had no end: infinity counts as the next power of two. */
    private static double asDouble(short stored) {
        float value = StorageFloats.bf16ToFloat(stored);
        if (Float.isFinite(value)) {
            return value;
        }
        return Float.isInfinite(value) ? Math.copySign(0x1p128, value) : Math.copySign(0x1p129, value);
    }
}
