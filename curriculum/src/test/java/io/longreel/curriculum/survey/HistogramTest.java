package io.longreel.curriculum.survey;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class HistogramTest {
    @Test
    void shouldCountEveryLengthOnceInBinsThatFollowOneAnother() {
        SplittableRandom random = new SplittableRandom(5);
        for (int trial = 0; trial < 200; trial++) {
            long end = 1 + random.nextLong(1L << random.nextInt(1, 24));
            long[] lengths = random.longs(1 + random.nextInt(50), 0, end).toArray();
            List<Histogram.Bin> bins = Histogram.of(lengths).bins();
            assertEquals(
                    lengths.length,
                    bins.stream().mapToLong(Histogram.Bin::count).sum(),
                    "trial " + trial);
            for (int i = 1; i < bins.size(); i++) {
                assertEquals(bins.get(i - 1).to(), bins.get(i).from(), "trial " + trial);
            }
            assertTrue(bins.getFirst().count() > 0 && bins.getLast().count() > 0, "trial " + trial);
            assertTrue(bins.size() <= 26, "trial " + trial);
        }
        assertEquals(List.of(), Histogram.of(new long[0]).bins());
    }

    @Test
    void shouldHaveBinsOfOneWidthOrOfTwiceTheWidthAsLengthsDiffer() {
        assertEquals(
                List.of(new Histogram.Bin(100, 110, 2), new Histogram.Bin(110, 120, 1), new Histogram.Bin(120, 130, 0)),
                Histogram.of(new long[] {100, 109, 110, 199}).bins().subList(0, 3));
        assertEquals(
                List.of(new Histogram.Bin(2, 4, 2), new Histogram.Bin(4, 8, 0), new Histogram.Bin(8, 16, 0)),
                Histogram.of(new long[] {2, 3, 70}).bins().subList(0, 3));
        assertEquals(
                List.of(new Histogram.Bin(7, 8, 3)),
                Histogram.of(new long[] {7, 7, 7}).bins());
    }

    @Test
    void shouldTakeMedianAndPercentileFromTheNumbers() {
        long[] numbers = new long[100];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = 100L - i;
        }
        assertEquals(new Spread(100, 1, 50, 50.5, 95, 100, 5050), Spread.of(numbers));
        assertEquals(new Spread(1, 7, 7, 7, 7, 7, 7), Spread.of(new long[] {7}));
        assertEquals(new Spread(0, 0, 0, 0, 0, 0, 0), Spread.of(new long[0]));
    }
}
