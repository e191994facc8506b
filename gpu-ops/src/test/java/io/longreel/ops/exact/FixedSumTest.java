package io.longreel.ops.exact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FixedSumTest {

    @Test
    void shouldGiveTheSameBitsWhateverTheOrderAndTheGrouping() {
        long seed = 7;
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            List<Double> terms = terms(random, 1 + random.nextInt(300));
            double inOrder = sum(terms).value();
            Collections.shuffle(terms, random);
            FixedSum grouped = new FixedSum();
            for (int from = 0; from < terms.size(); ) {
                int to = Math.min(terms.size(), from + 1 + random.nextInt(40));
                grouped.add(sum(terms.subList(from, to)));
                from = to;
            }
            assertEquals(
                    Double.doubleToRawLongBits(inOrder),
                    Double.doubleToRawLongBits(grouped.value()),
                    "seed=%d round=%d".formatted(seed, round));
        }
    }

    @Test
    void shouldAddABlockAsItsTermsOneByOne() {
        long seed = 9;
        Random random = new Random(seed);
        for (int count : new int[] {0, 1, 2, 77, FixedSum.BLOCK}) {
            double[] terms = terms(random, count).stream().mapToDouble(t -> t).toArray();
            FixedSum oneByOne = new FixedSum();
            FixedSum atOnce = new FixedSum();
            oneByOne.add(-0.3);
            atOnce.add(-0.3);
            for (double term : terms) {
                oneByOne.add(term);
            }
            atOnce.add(terms, count);
            assertEquals(oneByOne.value(), atOnce.value(), "seed=%d count=%d".formatted(seed, count));
            for (double bad : new double[] {Double.NaN, 0x1p20, Double.NEGATIVE_INFINITY}) {
                FixedSum poisoned = new FixedSum();
                poisoned.add(new double[] {1, bad, 1}, 3);
                assertTrue(Double.isNaN(poisoned.value()));
            }
        }
        double[] worst = new double[FixedSum.BLOCK];
        Arrays.fill(worst, Math.nextDown(FixedSum.TERM_LIMIT));
        FixedSum sum = new FixedSum();
        sum.add(worst, worst.length);
        assertEquals(Math.nextDown(FixedSum.TERM_LIMIT) * FixedSum.BLOCK, sum.value());
        assertThrows(IllegalArgumentException.class, () -> sum.add(new double[2000], 2000));
    }

    @Test
    void shouldBeWithinHalfAUnitPerTermOfTheDecimalSum() {
        long seed = 8;
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            List<Double> terms = terms(random, 1 + random.nextInt(300));
            BigDecimal exact = terms.stream().map(BigDecimal::new).reduce(BigDecimal.ZERO, BigDecimal::add);
            double value = sum(terms).value();
            double bound = terms.size() * FixedSum.TERM_ERROR + Math.ulp(value);
            BigDecimal error = exact.subtract(new BigDecimal(value)).abs();
            assertTrue(
                    error.compareTo(new BigDecimal(bound)) <= 0,
                    "seed=%d round=%d error=%s bound=%g".formatted(seed, round, error.doubleValue(), bound));
        }
    }

    @Test
    void shouldKeepWhatCancellationLeaves() {
        FixedSum sum = new FixedSum();
        sum.add(0x1p19);
        sum.add(0x1p-60);
        sum.add(-0x1p19);
        assertEquals(0x1p-60, sum.value());
        sum.add(-0x1p-59);
        assertEquals(-0x1p-60, sum.value());
        sum.clear();
        assertEquals(0, sum.value());
    }

    @ParameterizedTest
    @ValueSource(
            doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 0x1p20, -0x1p20, Double.MAX_VALUE
            })
    void shouldStayPoisonedWhenATermIsTooLargeOrNotFinite(double bad) {
        for (int badTerms = 1; badTerms <= 4; badTerms++) { // in plain integers, some number of them would cancel
            FixedSum sum = new FixedSum();
            for (int i = 0; i < badTerms; i++) {
                sum.add(1);
                sum.add(bad);
                sum.add(-1);
            }
            assertTrue(Double.isNaN(sum.value()));
            FixedSum other = new FixedSum();
            other.add(3);
            other.add(sum);
            other.add(sum);
            assertTrue(Double.isNaN(other.value()));
        }
    }

    @Test
    void shouldPoisonAndNotWrapWhenSumsGrowTooLarge() {
        FixedSum sum = new FixedSum();
        sum.add(Math.nextDown(FixedSum.TERM_LIMIT));
        for (int doubling = 0; doubling < 25; doubling++) {
            sum.add(sum);
            assertTrue(sum.value() > 0x1p20);
        }
        for (int doubling = 0; doubling < 70; doubling++) {
            sum.add(sum);
            assertTrue(!(sum.value() <= 0x1p45), "doubling=" + doubling);
        }
        assertTrue(Double.isNaN(sum.value()));
    }

    @Test
    void shouldComeBackFromATensor() {
        try (TensorArena arena = TensorArena.open("sums", 1 << 10)) {
            Tensor sums = arena.allocate(DType.SUM128, 2, 3);
            assertEquals(96, sums.sizeBytes());
            sums.zero();
            FixedSum sum = new FixedSum();
            sum.add(-1.25);
            sum.store(sums, 4);
            for (int i = 0; i < 6; i++) {
                FixedSum read = new FixedSum();
                read.add(99);
                read.load(sums, i);
                assertEquals(i == 4 ? -1.25 : 0, read.value());
            }
        }
    }

    private static FixedSum sum(List<Double> terms) {
        FixedSum sum = new FixedSum();
        terms.forEach(sum::add);
        return sum;
    }

    /** Magnitudes from below the unit to near the limit, both signs. */
    private static List<Double> terms(Random random, int count) {
        List<Double> terms = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            terms.add(random.nextGaussian() * Math.pow(2, random.nextInt(-80, 17)));
        }
        return terms;
    }
}
