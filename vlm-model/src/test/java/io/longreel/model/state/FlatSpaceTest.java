package io.longreel.model.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FlatSpaceTest {

    @Test
    void shouldCutIntoPiecesByNameWhenARangeCrossesVectors() {
        Map<String, Long> sizes = new LinkedHashMap<>();
        sizes.put("b", 3L);
        sizes.put("empty", 0L);
        sizes.put("a", 4L);
        FlatSpace space = FlatSpace.of(sizes);
        assertEquals(List.of(new FlatSpace.Piece("b", 2, 3, 2), new FlatSpace.Piece("a", 0, 1, 3)), space.pieces(2, 4));
        assertEquals(List.of(), space.pieces(3, 3));
        assertThrows(IllegalArgumentException.class, () -> space.pieces(6, 8));
    }

    @Test
    void shouldCutEvenlyWhenAnyNumberOfRanksSharesAnyNumberOfElements() {
        long seed = 7;
        Random random = new Random(seed);
        for (int i = 0; i < 500; i++) {
            long elements = i < 20 ? i : random.nextLong(1L << 62);
            int ranks = 1 + random.nextInt(40);
            long[] bounds = FlatSpace.of(Map.of("x", elements)).evenBounds(ranks);
            assertEquals(0, bounds[0]);
            assertEquals(elements, bounds[ranks]);
            for (int rank = 0; rank < ranks; rank++) {
                long size = bounds[rank + 1] - bounds[rank];
                assertTrue(size == elements / ranks || size == elements / ranks + 1, "seed=" + seed + " i=" + i);
            }
        }
    }
}
