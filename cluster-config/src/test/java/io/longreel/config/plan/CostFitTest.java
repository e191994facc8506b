package io.longreel.config.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.plan.CostFit.Sample;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CostFitTest {
    private static final long SEED = 20261201;

    private static Sample sample(double operations, double numbers) {
        return new Sample(operations * 5e-12 + numbers * 2e-10, operations, numbers);
    }

    @Test
    void shouldFindThePricesOfWhatWasMeasured() {
        List<Sample> samples = List.of(sample(1e9, 3e6), sample(1e6, 2e5), sample(3e8, 1e5));
        assertArrayEquals(new double[] {5e-12, 2e-10}, CostFit.prices(samples), 1e-16);
    }

    /** By noise the second count would have to earn something. */
    @Test
    void shouldAskNoPriceBelowZero() {
        List<Sample> samples = List.of(new Sample(1, 100, 10), new Sample(1, 110, 40));
        double[] prices = CostFit.prices(samples);
        assertEquals(0, prices[1]);
        assertEquals(1 / 105.0, prices[0], 1e-4);
    }

    /** A count that earns nothing beside one other may earn something beside another: those who left may come back. */
    @Test
    void shouldFindTheBestOfAllThatAreNotNegative() {
        Random random = new Random(SEED);
        for (int round = 0; round < 200; round++) {
            double[] truth = random.doubles(5).map(x -> x < 0.4 ? 0 : x).toArray();
            List<Sample> samples = new ArrayList<>();
            for (int i = 0; i < 9; i++) {
                double[] counts = random.doubles(5, 0.1, 1).toArray();
                double seconds = 0.01;
                for (int j = 0; j < 5; j++) {
                    seconds += counts[j] * truth[j];
                }
                samples.add(new Sample(seconds * random.nextDouble(0.9, 1.1), counts));
            }
            double[] prices = CostFit.prices(samples);
            double best = missed(samples, prices);
            for (int j = 0; j < 5; j++) {
                for (double step : new double[] {1e-4, -1e-4}) {
                    double[] other = prices.clone();
                    other[j] = Math.max(0, other[j] + step);
                    assertTrue(missed(samples, other) >= best - 1e-12, "seed=" + SEED + " round=" + round);
                }
            }
        }
    }

    private static double missed(List<Sample> samples, double[] prices) {
        double sum = 0;
        for (Sample sample : samples) {
            double seconds = 0;
            for (int i = 0; i < prices.length; i++) {
                seconds += prices[i] * sample.counts()[i];
            }
            sum += Math.pow(seconds / sample.seconds() - 1, 2);
        }
        return sum;
    }

    @Test
    void shouldStayNearWhatWasKnown() {
        List<Sample> samples = List.of(new Sample(2, 1, 0), new Sample(2, 1, 0));
        double[] prices = CostFit.prices(samples, new CostFit.Guess(1, 1, 1));
        assertTrue(prices[0] > 1.2 && prices[0] < 2, "between what was known and what was measured: " + prices[0]);
        assertEquals(1, prices[1], "nothing was measured of it");
        assertEquals(2, CostFit.prices(samples, new CostFit.Guess(1e-3, 1, 1))[0], 1e-4);
    }
}
