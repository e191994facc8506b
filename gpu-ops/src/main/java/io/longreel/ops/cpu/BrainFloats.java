package io.longreel.ops.cpu;

import static io.longreel.ops.cpu.VectorMath.LANES;
import static io.longreel.ops.cpu.VectorMath.SPECIES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * F32 to bfloat16 and back, in integer arithmetic on the bits: whole vectors, then the remainder one by one by the same rule. Stateless; any thread.
 */
final class BrainFloats {
    /** As many shorts as a vector has floats, in half its width. */
    private static final VectorSpecies<Short> SHORTS =
            VectorSpecies.of(short.class, VectorShape.forBitSize(LANES * Short.SIZE));

    private static final VectorSpecies<Integer> INTS = SPECIES.withLanes(int.class);
    private static final int BELOW_HALF = 0x7fff;
    private static final int QUIET = 0x40;

    private BrainFloats() {}

    static void narrow(MemorySegment floats, MemorySegment shorts, long elements) {
        long whole = elements / LANES * LANES;
        for (long i = 0; i < whole; i += LANES) {
            FloatVector value = VectorMath.load(floats, i * Float.BYTES);
            IntVector bits = value.reinterpretAsInts();
            IntVector upper = bits.lanewise(VectorOperators.LSHR, Short.SIZE);
            // Half a step, less one when the upper half is even: a tie then stays, and everything above it carries.
            IntVector rounded = bits.add(upper.and(1)).add(BELOW_HALF).lanewise(VectorOperators.LSHR, Short.SIZE);
            VectorMask<Integer> nan = value.test(VectorOperators.IS_NAN).cast(INTS);
            Vector<Short> result = rounded.blend(upper.or(QUIET), nan).convertShape(VectorOperators.I2S, SHORTS, 0);
            result.intoMemorySegment(shorts, i * Short.BYTES, ByteOrder.nativeOrder());
        }
        for (long i = whole; i < elements; i++) {
            int bits = floats.getAtIndex(ValueLayout.JAVA_INT, i);
            shorts.setAtIndex(ValueLayout.JAVA_SHORT, i, narrow(bits));
        }
    }

    private static short narrow(int bits) {
        int upper = bits >>> Short.SIZE;
        if (Float.isNaN(Float.intBitsToFloat(bits))) {
            // Rounding could carry the payload into the sign.
            return (short) (upper | QUIET);
        }
        return (short) ((bits + (upper & 1) + BELOW_HALF) >>> Short.SIZE);
    }

    static void widen(MemorySegment shorts, MemorySegment floats, long elements) {
        long whole = elements / LANES * LANES;
        for (long i = 0; i < whole; i += LANES) {
            ShortVector upper = ShortVector.fromMemorySegment(SHORTS, shorts, i * Short.BYTES, ByteOrder.nativeOrder());
            Vector<Integer> bits =
                    upper.convertShape(VectorOperators.S2I, INTS, 0).lanewise(VectorOperators.LSHL, Short.SIZE);
            bits.intoMemorySegment(floats, i * Float.BYTES, ByteOrder.nativeOrder());
        }
        for (long i = whole; i < elements; i++) {
            int upper = shorts.getAtIndex(ValueLayout.JAVA_SHORT, i);
            floats.setAtIndex(ValueLayout.JAVA_INT, i, upper << Short.SIZE);
        }
    }
}
