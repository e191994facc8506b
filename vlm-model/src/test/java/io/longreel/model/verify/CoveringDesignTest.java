package io.longreel.model.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** All wanted combinations occur that may, in far fewer cases than there are. */
class CoveringDesignTest {
    private static final int[] SIZES = {4, 3, 5, 6};

    @Test
    void shouldHoldEveryAllowedCombination() {
        List<int[]> pairs = List.of(
                new int[] {0, 1}, new int[] {0, 2}, new int[] {0, 3}, new int[] {1, 2}, new int[] {1, 3}, new int[] {
                    2, 3
                });
        CoveringDesign design = new CoveringDesign(
                SIZES, pairs, values -> values[2] + values[3] <= 6, values -> 0, new SplittableRandom(1));
        for (int[] axes : pairs) {
            for (int a = 0; a < SIZES[axes[0]]; a++) {
                for (int b = 0; b < SIZES[axes[1]]; b++) {
                    int left = a;
                    int right = b;
                    boolean held = design.cases().stream()
                            .anyMatch(values -> values[axes[0]] == left && values[axes[1]] == right);
                    boolean allowed = axes[0] != 2 || a + b <= 6;
                    assertEquals(allowed, held, "axes=%d,%d values=%d,%d".formatted(axes[0], axes[1], a, b));
                }
            }
        }
        assertEquals(6, design.impossibleTuples());
        assertTrue(design.cases().stream().allMatch(values -> values[2] + values[3] <= 6));
        assertTrue(design.cases().size() <= 45, () -> "cases=" + design.cases().size());
    }

    @Test
    void shouldFindTheOneCompanionThatIsAllowed() {
        CoveringDesign design = new CoveringDesign(
                new int[] {2, 100},
                List.of(new int[] {0}),
                v -> v[0] == 0 || v[1] == 57,
                v -> 0,
                new SplittableRandom(1));
        assertEquals(0, design.impossibleTuples());
        assertTrue(design.cases().stream().anyMatch(v -> v[0] == 1 && v[1] == 57));
    }
}
