package io.longreel.ops.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class KeyRangesTest {
    @Test
    void shouldCountPairsWhenRowsSeeDifferentKeys() {
        assertEquals(12, KeyRanges.full(3, 4).pairs());
        assertEquals(0, KeyRanges.full(0, 4).pairs());
        assertEquals(3, new KeyRanges(new int[] {0, 5, 2}, new int[] {2, 5, 3}).pairs());
    }

    @Test
    void shouldRefuseRangesWhenTheyDoNotPairUp() {
        assertThrows(IllegalArgumentException.class, () -> new KeyRanges(new int[2], new int[3]));
    }
}
