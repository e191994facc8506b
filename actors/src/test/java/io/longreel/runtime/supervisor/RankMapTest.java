package io.longreel.runtime.supervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class RankMapTest {
    private static final long SEED = 7;

    /** Beside a sorted map, with every earlier version left as it was. */
    @Test
    void shouldHoldWhatASortedMapHolds() {
        SplittableRandom random = new SplittableRandom(SEED);
        for (int round = 0; round < 20; round++) {
            int ranks = 1 + random.nextInt(400);
            SortedMap<Integer, String> oracle = new TreeMap<>();
            RankMap<String> map = RankMap.empty();
            List<RankMap<String>> earlier = new ArrayList<>();
            List<SortedMap<Integer, String>> held = new ArrayList<>();
            for (int step = 0; step < ranks; step++) {
                earlier.add(map);
                held.add(new TreeMap<>(oracle));
                int rank = random.nextInt(ranks);
                oracle.put(rank, "v" + step);
                map = map.with(rank, "v" + step);
            }
            earlier.add(map);
            held.add(oracle);
            for (int i = 0; i < earlier.size(); i++) {
                assertSame(held.get(i), earlier.get(i), ranks, "seed=%d round=%d version=%d".formatted(SEED, round, i));
            }
        }
    }

    private static void assertSame(SortedMap<Integer, String> oracle, RankMap<String> map, int ranks, String where) {
        assertEquals(oracle.size(), map.size(), where);
        assertEquals(List.copyOf(oracle.values()), map.values(), where);
        for (int rank = 0; rank < ranks + 100; rank++) {
            assertEquals(oracle.containsKey(rank), map.has(rank), where);
        }
    }

    @Test
    void shouldBeEqualByWhatItHolds() {
        RankMap<String> one = RankMap.<String>empty().with(3, "a").with(99, "b");
        assertEquals(one, RankMap.<String>empty().with(99, "b").with(3, "a"));
        assertEquals(
                one.hashCode(),
                RankMap.<String>empty().with(99, "b").with(3, "a").hashCode());
        assertNotEquals(one, one.with(3, "c"));
        assertNotEquals(one, RankMap.<String>empty().with(4, "a").with(99, "b"));
        assertEquals("[3=a, 99=b]", one.toString());
    }
}
