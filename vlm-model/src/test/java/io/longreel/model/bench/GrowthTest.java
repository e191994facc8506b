package io.longreel.model.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.model.bench.Growth.Excess;
import io.longreel.model.bench.Growth.Point;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GrowthTest {
    private static final double EXACT = 1e-9;

    private static Growth growth(DoubleUnaryOperator seconds, DoubleUnaryOperator operations, int... sizes) {
        return new Growth(
                "work",
                "tokens",
                IntStream.of(sizes)
                        .mapToObj(size -> new Point(size, seconds.applyAsDouble(size), operations.applyAsDouble(size)))
                        .toList());
    }

    @Test
    void shouldTellThePowersOfBothCurves() {
        Growth growth = growth(n -> 1e-3 * n * n * n, n -> 14 * n * n, 2, 4, 12);
        assertEquals(3, growth.exponent(1), EXACT);
        assertEquals(3, growth.exponent(2), EXACT);
        assertEquals(2, growth.algorithmExponent(1), EXACT);
        assertEquals(2, growth.algorithmExponent(2), EXACT);
        assertEquals(2, growth.excess(1).factor(), EXACT);
        assertEquals(3, growth.excess(2).factor(), EXACT);
        assertEquals(8e-3, growth.idealSeconds(0), EXACT);
        assertEquals(8e-3 * 36, growth.idealSeconds(2), EXACT);
    }

    @Test
    void shouldFindATermThatGrowsTooFastOverSeveralPoints() {
        Growth growth = growth(n -> Math.pow(n, 1.15), n -> n, 1, 2, 4, 8, 16);
        assertFalse(growth.excess(1).isMoreThanNoise());
        Excess worst = growth.worst();
        assertTrue(worst.isMoreThanNoise());
        assertEquals(Math.pow(16, 0.15), worst.factor(), EXACT);
        assertEquals(1, worst.from().size());
        assertEquals(16, worst.to().size());
    }

    @Test
    void shouldFindNothingWhereAConstantIsOnTop() {
        Growth growth = growth(n -> 10 + n, n -> n, 1, 2, 4, 8, 16);
        assertTrue(growth.worst().factor() < 1);
        assertFalse(growth.worst().isMoreThanNoise());
    }

    @Test
    void shouldRefuseWhatIsNoCurve() {
        assertThrows(IllegalArgumentException.class, () -> growth(n -> n, n -> n, 1));
        assertThrows(IllegalArgumentException.class, () -> growth(n -> n, n -> n, 2, 2));
        assertThrows(IllegalArgumentException.class, () -> growth(n -> 0, n -> n, 1, 2));
        assertThrows(IllegalArgumentException.class, () -> growth(n -> n, n -> Double.NaN, 1, 2));
        assertThrows(IllegalArgumentException.class, () -> new Growth("work", "tokens", List.of()));
    }
}
