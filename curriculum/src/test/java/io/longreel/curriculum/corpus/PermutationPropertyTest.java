package io.longreel.curriculum.corpus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.curriculum.dataset.SeedPath;
import java.util.Arrays;
import java.util.BitSet;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PermutationPropertyTest {
    private static final SeedPath SEED = SeedPath.root(11);

    @ParameterizedTest
    @ValueSource(
            ints = {
                1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 15, 16, 17, 31, 32, 33, 63, 64, 65, 97, 100, 127, 128, 129, 255, 257,
                499, 511, 512, 513, 1000, 1023, 1025, 4095, 4097, 7919, 65535, 65536, 65537, 100_003
            })
    void shouldHaveEveryElementOnceWhateverTheSize(int size) {
        for (int seed = 0; seed < (size < 1000 ? 20 : 2); seed++) {
            Permutation permutation = Permutation.of(size, SEED.child(seed));
            BitSet seen = new BitSet(size);
            for (int i = 0; i < size; i++) {
                int element = Math.toIntExact(permutation.at(i));
                assertTrue(element >= 0 && element < size, "size=%d seed=%d".formatted(size, seed));
                assertFalse(seen.get(element), "size=%d seed=%d element=%d".formatted(size, seed, element));
                seen.set(element);
            }
        }
    }

    @Test
    void shouldHaveEveryElementOnceWhenSizesAreRandom() {
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < 200; i++) {
            int size = 1 + random.nextInt(3000);
            Permutation permutation = Permutation.of(size, SeedPath.root(random.nextLong()));
            long distinct =
                    LongStream.range(0, size).map(permutation::at).distinct().count();
            assertEquals(size, distinct, "size=" + size);
        }
    }

    @Test
    void shouldStayInRangeWhenSizeIsBeyondInt() {
        long size = (1L << 40) + 12345;
        Permutation permutation = Permutation.of(size, SEED);
        assertEquals(
                10_000,
                LongStream.range(size - 10_000, size)
                        .map(permutation::at)
                        .filter(element -> element >= 0 && element < size)
                        .distinct()
                        .count());
        assertThrows(IndexOutOfBoundsException.class, () -> permutation.at(size));
        assertThrows(IndexOutOfBoundsException.class, () -> permutation.at(-1));
        assertThrows(IllegalArgumentException.class, () -> Permutation.of(0, SEED));
    }

    @Test
    void shouldDifferWhenSeedsDiffer() {
        Permutation first = Permutation.of(1000, SEED.child(1));
        Permutation second = Permutation.of(1000, SEED.child(2));
        int same = 0;
        for (int i = 0; i < 1000; i++) {
            same += first.at(i) == second.at(i) ? 1 : 0;
        }
        // One is expected; twelve have a chance of 1e-10.
        assertTrue(same < 12, "same=" + same);
        assertNotEquals(first.key(), second.key());
    }

    /** Where each element goes, and which follows which, over many seeds: close to even by Pearson's chi-square. */
    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 17, 31, 32, 40, 64, 100})
    void shouldFavourNoPositionWhenSeedsVary(int size) {
        int seeds = 4000;
        int[] places = new int[size * size];
        int[] followers = new int[size * size];
        for (int seed = 0; seed < seeds; seed++) {
            Permutation permutation = Permutation.of(size, SEED.child(seed));
            for (int i = 0; i < size; i++) {
                int element = (int) permutation.at(i);
                places[i * size + element]++;
                followers[element * size + (int) permutation.at((i + 1) % size)]++;
            }
        }
        assertEven(places, (double) seeds / size, (size - 1) * (size - 1));
        if (size > 2) {
            for (int i = 0; i < size; i++) {
                assertEquals(0, followers[i * size + i]);
            }
            int[] pairs = new int[size * (size - 1)];
            for (int i = 0, at = 0; i < size * size; i++) {
                if (i / size != i % size) {
                    pairs[at++] = followers[i];
                }
            }
            assertEven(pairs, (double) seeds / (size - 1), size * (size - 2));
        }
    }

    private static void assertEven(int[] counts, double expected, int freedom) {
        double chiSquare = Arrays.stream(counts)
                .mapToDouble(count -> (count - expected) * (count - expected) / expected)
                .sum();
        // Mean and deviation of the distribution; five deviations are one in millions where it is normal.
        double limit = freedom + 6 * Math.sqrt(2.0 * freedom) + 6;
        assertTrue(chiSquare < limit, "chiSquare=%f limit=%f freedom=%d".formatted(chiSquare, limit, freedom));
    }

    @Test
    void shouldScatterNeighboursWhenSizeIsLarge() {
        // Mean distance of neighbours in a random order is a third of the size.
        int size = 100_000;
        Permutation permutation = Permutation.of(size, SEED);
        double distance = 0;
        for (int i = 1; i < size; i++) {
            distance += Math.abs(permutation.at(i) - permutation.at(i - 1));
        }
        assertEquals(size / 3.0, distance / (size - 1), size * 0.005);
    }
}
