package io.longreel.curriculum.video;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class FrameSamplingTest {
    @Test
    void shouldSpreadEvenlyAndTruncate() {
        assertArrayEquals(new int[] {0, 33, 66, 99}, FrameSampling.uniform(100, 4));
        assertArrayEquals(new int[] {0, 2, 4, 6, 9}, FrameSampling.uniform(10, 5));
        assertArrayEquals(new int[] {0}, FrameSampling.uniform(10, 1));
    }

    @Test
    void shouldGiveAllFramesWhenVideoIsShort() {
        assertArrayEquals(new int[] {0, 1, 2}, FrameSampling.uniform(3, 8));
        assertArrayEquals(new int[] {0}, FrameSampling.limited(1, 0.04, 8, 2));
    }

    @Test
    void shouldObeyRateWhenVideoIsShorterThanBudget() {
        // 10 s at 2 frames/s is 20 frames, less than the 64 allowed.
        assertEquals(1, FrameSampling.limited(300, 10.0, 1, 0.01).length);
        assertEquals(20, FrameSampling.limited(300, 10.0, 64, 2).length);
        assertEquals(64, FrameSampling.limited(960, 32.0, 64, 2).length);
        assertEquals(63, FrameSampling.limited(959, 31.97, 64, 2).length);
        assertEquals(2, FrameSampling.limited(30, 0.5, 64, 1).length);
        assertEquals(64, FrameSampling.limited(3000, 100.0, 64, 0).length);
    }

    @Test
    void shouldRefuseNothing() {
        assertThrows(IllegalArgumentException.class, () -> FrameSampling.uniform(0, 4));
        assertThrows(IllegalArgumentException.class, () -> FrameSampling.uniform(4, 0));
    }
}
