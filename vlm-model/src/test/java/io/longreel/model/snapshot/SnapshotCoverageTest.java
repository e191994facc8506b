package io.longreel.model.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class SnapshotCoverageTest {
    private static final SnapshotKey EARLY = new SnapshotKey(3, 0, 4);
    private static final SnapshotKey LATE = new SnapshotKey(2, 1, 0);

    @Test
    void shouldCountASliceOnceWhereverItIsHeld() {
        SnapshotCoverage coverage = SnapshotCoverage.of(List.of(
                new HeldSlice(EARLY, 0, 2, true),
                new HeldSlice(EARLY, 1, 2, false),
                new HeldSlice(LATE, 2, 3, true),
                new HeldSlice(LATE, 2, 3, false)));
        assertTrue(coverage.isComplete(EARLY));
        assertFalse(coverage.isComplete(LATE));
        assertEquals(List.of(0, 1), coverage.missingRanks(LATE));
        assertEquals(List.of(), coverage.missingRanks(EARLY));
        assertEquals(List.of(EARLY), coverage.complete());
    }

    @Test
    void shouldNameTheLatestPositionFirst() {
        SnapshotKey again = new SnapshotKey(5, 0, 4);
        SnapshotCoverage coverage = SnapshotCoverage.of(List.of(
                new HeldSlice(EARLY, 0, 1, true), new HeldSlice(LATE, 0, 1, true), new HeldSlice(again, 0, 1, true)));
        assertEquals(List.of(LATE, again, EARLY), coverage.complete());
    }

    @Test
    void shouldKnowNothingOfWhatNobodyHolds() {
        SnapshotCoverage nothing = SnapshotCoverage.of(List.of());
        assertFalse(nothing.isComplete(EARLY));
        assertEquals(List.of(), nothing.complete());
    }

    @Test
    void shouldRefuseSlicesOfTwoMeshesUnderOneKey() {
        List<HeldSlice> mixed = List.of(new HeldSlice(EARLY, 0, 2, true), new HeldSlice(EARLY, 1, 3, true));
        assertThrows(IllegalArgumentException.class, () -> SnapshotCoverage.of(mixed));
    }
}
