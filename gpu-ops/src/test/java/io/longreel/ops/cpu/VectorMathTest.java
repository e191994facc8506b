package io.longreel.ops.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;

class VectorMathTest {
    private static final double ULP = Math.scalb(1.0, -23);

    private static double worst(
            UnaryOperator<FloatVector> function, DoubleUnaryOperator exact, double from, double to, boolean relative) {
        double worst = 0;
        for (int i = 0; i <= 20_000; i++) {
            float x = (float) (from + (to - from) * i / 20_000);
            float y =
                    function.apply(FloatVector.broadcast(VectorMath.SPECIES, x)).lane(0);
            double expected = exact.applyAsDouble(x);
            double error = Math.abs(y - expected);
            worst = Math.max(worst, relative ? error / Math.abs(expected) : error);
        }
        return worst;
    }

    @Test
    void shouldStayWithinAnUlpWhenExpIsEvaluated() {
        assertTrue(worst(VectorMath::exp, Math::exp, -87, 88, true) < ULP);
        assertTrue(worst(VectorMath::expOfNegative, Math::exp, -0.5, 0, true) < ULP);
    }

    @Test
    void shouldSaturateWhenExpLeavesTheRange() {
        FloatVector low = VectorMath.exp(FloatVector.broadcast(VectorMath.SPECIES, Float.NEGATIVE_INFINITY));
        FloatVector high = VectorMath.exp(FloatVector.broadcast(VectorMath.SPECIES, Float.POSITIVE_INFINITY));
        assertEquals(0f, low.lane(0), 1e-37f);
        assertTrue(high.lane(0) > 1e38f && Float.isFinite(high.lane(0)));
        assertTrue(Float.isNaN(VectorMath.exp(FloatVector.broadcast(VectorMath.SPECIES, Float.NaN))
                .lane(0)));
        float payload = Float.intBitsToFloat(0x7fffffff);
        assertTrue(Float.isNaN(VectorMath.expOfNegative(FloatVector.broadcast(VectorMath.SPECIES, payload))
                .lane(0)));
    }

    @Test
    void shouldStayWithinAFewUlpWhenTheNormalDistributionIsEvaluated() {
        UnaryOperator<FloatVector> cdf = VectorMath::normalCdf;
        // Values of the distribution function to 12 digits (Abramowitz and Stegun, table 26.1).
        double[][] table = {
            {0, 0.5}, {0.5, 0.691462461274}, {1, 0.841344746069}, {2, 0.977249868052}, {3, 0.998650101968}
        };
        for (double[] row : table) {
            FloatVector x = FloatVector.broadcast(VectorMath.SPECIES, (float) row[0]);
            assertEquals(row[1], cdf.apply(x).lane(0), 4 * ULP);
            assertEquals(1 - row[1], cdf.apply(x.neg()).lane(0), 4 * ULP);
        }
        assertTrue(worst(VectorMath::sigmoid, x -> 1 / (1 + Math.exp(-x)), -20, 20, true) < 3 * ULP);
    }
}
