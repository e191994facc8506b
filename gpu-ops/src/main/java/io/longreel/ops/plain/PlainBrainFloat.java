package io.longreel.ops.plain;

/**
 * bfloat16 by the definition of rounding (IEEE 754-2019, 4.3.1): of the two representable neighbours, the one that is nearer in exact arithmetic, of
 * two equally near ones the one whose last bit is 0. The neighbour behind the largest finite value counts as 2^128 and becomes infinity. Stateless;
 * any thread.
 */
final class PlainBrainFloat {
    private static final int QUIET = 0x40;

    private PlainBrainFloat() {}

    /** Upper half of the bfloat16 nearest to the F32 with these bits. */
    static short nearest(int bits) {
        float value = Float.intBitsToFloat(bits);
        int toZero = bits >>> Short.SIZE;
        if (Float.isNaN(value)) {
            return (short) (toZero | QUIET);
        }
        if (Float.isInfinite(value)) {
            return (short) toZero;
        }
        // Of one sign, the bit patterns of floats are in the order of their sizes.
        int fromZero = toZero + 1;
        double toBelow = Math.abs(value) - magnitude(toZero);
        double toAbove = magnitude(fromZero) - Math.abs(value);
        boolean even = (toZero & 1) == 0;
        return (short) (toBelow < toAbove || (toBelow == toAbove && even) ? toZero : fromZero);
    }

    private static double magnitude(int upper) {
        float size = Math.abs(Float.intBitsToFloat(upper << Short.SIZE));
        return Float.isInfinite(size) ? Math.scalb(1.0, Float.MAX_EXPONENT + 1) : size;
    }
}
