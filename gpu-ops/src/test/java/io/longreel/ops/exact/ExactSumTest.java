package io.longreel.ops.exact;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ExactSumTest {

    @Test
    void shouldEqualTheDecimalSumOverTheWholeRangeOfDoubles() {
        long seed = 11;
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            List<Double> terms = new ArrayList<>();
            for (int i = random.nextInt(60); i >= 0; i--) {
                double anyBits = Double.longBitsToDouble(random.nextLong());
                terms.add(Double.isFinite(anyBits) ? anyBits / 64 : Double.MIN_VALUE);
                terms.add(random.nextBoolean() ? -terms.getLast() : random.nextGaussian());
            }
            BigDecimal exact = terms.stream().map(BigDecimal::new).reduce(BigDecimal.ZERO, BigDecimal::add);
            ExactSum sum = new ExactSum();
            terms.forEach(sum::add);
            assertEquals(exact.doubleValue(), sum.value(), "seed=%d round=%d".formatted(seed, round));
        }
    }

    @Test
    void shouldGiveTheSameBitsWhenPartsAreAddedByTheirDigits() {
        long seed = 12;
        Random random = new Random(seed);
        for (int members = 1; members <= 7; members++) {
            List<Double> terms = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                terms.add(random.nextGaussian() * Math.pow(2, random.nextInt(-300, 300)));
            }
            ExactSum whole = new ExactSum();
            terms.forEach(whole::add);
            Collections.shuffle(terms, random);
            double[] added = new double[ExactSum.DIGIT_COUNT];
            for (int member = 0; member < members; member++) {
                ExactSum part = new ExactSum();
                for (int i = member; i < terms.size(); i += members) {
                    part.add(terms.get(i));
                }
                double[] digits = part.digits();
                for (int i = 0; i < digits.length; i++) {
                    added[i] += digits[i];
                }
            }
            ExactSum sum = ExactSum.ofDigits(added);
            assertEquals(whole.value(), sum.value(), "seed=%d members=%d".formatted(seed, members));
            assertArrayEquals(whole.digits(), sum.digits(), "seed=%d members=%d".formatted(seed, members));
        }
    }

    @Test
    void shouldReadAsNotANumberWhenATermIsNotFinite() {
        for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
            ExactSum sum = new ExactSum();
            sum.add(bad);
            sum.add(1);
            assertTrue(Double.isNaN(sum.value()));
            assertTrue(Double.isNaN(ExactSum.ofDigits(sum.digits()).value()));
        }
    }

    @Test
    void shouldHoldItsEdges() {
        ExactSum sum = new ExactSum();
        assertEquals(0, sum.value());
        sum.add(-0.0);
        assertEquals(0, sum.value());
        sum.add(Double.MAX_VALUE);
        sum.add(Double.MAX_VALUE);
        assertEquals(Double.POSITIVE_INFINITY, sum.value());
        sum.add(-Double.MAX_VALUE);
        sum.add(Double.MIN_VALUE);
        sum.add(-Double.MAX_VALUE);
        assertEquals(Double.MIN_VALUE, sum.value());
        sum.add(-2 * Double.MIN_VALUE);
        assertEquals(-Double.MIN_VALUE, sum.value());
    }
}
