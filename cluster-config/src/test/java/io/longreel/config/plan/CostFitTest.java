package io.longreel.config.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.longreel.config.plan.CostFit.Sample;
import java.util.List;
import org.junit.jupiter.api.Test;

class CostFitTest {
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
}
