package io.longreel.model.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.model.state.Arenas;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Sequences that begin, grow, shrink and end at random, against lists of tokens: every row lies in one place, no place belongs to two, and what is given back is
 * free.
 */
final class CachedSequencePropertyTest {
    private static final int PAGES = 12;
    private static final int STEPS = 400;

    /** A sequence, and what it must hold. */
    private record Modelled(CachedSequence sequence, List<Integer> tokens) {}

    @Test
    void shouldKeepRowsOfSequencesApart() {
        for (long seed = 1; seed <= 60; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            try (KeyValueCache cache = KeyValueCache.open(new KeyValueCache.Shape(1, 1, 1, 2, PAGES), Arenas.REAL)) {
                List<Modelled> open = new ArrayList<>();
                for (int step = 0; step < STEPS; step++) {
                    String where = "seed=%d step=%d".formatted(seed, step);
                    change(cache, open, random);
                    check(cache, open, random, where);
                }
                open.forEach(each -> each.sequence().end());
                assertEquals(PAGES, cache.freePages(), "seed=" + seed);
            }
        }
    }

    private static void change(KeyValueCache cache, List<Modelled> open, SplittableRandom random) {
        int choice = random.nextInt(10);
        if (open.isEmpty() || choice < 2) {
            int rows = random.nextInt(3 * KeyValueCache.PAGE_ROWS);
            if (KeyValueCache.pagesFor(rows) <= cache.freePages()) {
                open.add(new Modelled(cache.begin(rows), new ArrayList<>()));
            } else {
                assertThrows(IllegalStateException.class, () -> cache.begin(rows));
            }
            return;
        }
        Modelled one = open.get(random.nextInt(open.size()));
        switch (choice) {
            case 2 -> {
                one.sequence().end();
                one.sequence().end(); // without effect
                open.remove(one);
            }
            case 3, 4 -> {
                int position = random.nextInt(600);
                one.sequence().truncate(position);
                one.tokens().removeIf(token -> token >= position);
            }
            case 5 -> {
                int rows = one.sequence().rowsMax() + random.nextInt(2 * KeyValueCache.PAGE_ROWS);
                if (KeyValueCache.pagesFor(rows) - one.sequence().rowsMax() / KeyValueCache.PAGE_ROWS
                        <= cache.freePages()) {
                    one.sequence().reserve(rows);
                    assertTrue(one.sequence().rowsMax() >= rows);
                }
            }
            default -> append(one, random);
        }
    }

    private static void append(Modelled one, SplittableRandom random) {
        int count = random.nextInt(40);
        int[] tokens = new int[count];
        int token = one.tokens().isEmpty() ? -1 : one.tokens().getLast();
        for (int i = 0; i < count; i++) {
            token += 1 + random.nextInt(3);
            tokens[i] = token;
        }
        if (one.tokens().size() + count <= one.sequence().rowsMax()) {
            one.sequence().append(tokens);
            for (int each : tokens) {
                one.tokens().add(each);
            }
        } else {
            assertThrows(IllegalStateException.class, () -> one.sequence().append(tokens));
        }
    }

    private static void check(KeyValueCache cache, List<Modelled> open, SplittableRandom random, String where) {
        BitSet places = new BitSet();
        int pages = 0;
        for (Modelled one : open) {
            CachedSequence sequence = one.sequence();
            assertEquals(one.tokens().size(), sequence.rows(), where);
            int position = random.nextInt(600);
            assertEquals(
                    one.tokens().stream().filter(token -> token < position).count(),
                    sequence.rowsBefore(position),
                    where);
            pages += sequence.rowsMax() / KeyValueCache.PAGE_ROWS;
            SortedMap<Integer, Integer> placeOf = placesOf(sequence, 0, sequence.rowsMax(), where);
            assertEquals(sequence.rowsMax(), placeOf.size(), where);
            placeOf.values().forEach(place -> {
                assertTrue(place >= 0 && place < PAGES * KeyValueCache.PAGE_ROWS && !places.get(place), where);
                places.set(place);
            });
            int from = random.nextInt(sequence.rowsMax() + 1);
            int to = from + random.nextInt(sequence.rowsMax() - from + 1);
            assertEquals(placeOf.subMap(from, to), placesOf(sequence, from, to, where), where);
            assertThrows(IllegalStateException.class, () -> sequence.pieces(0, sequence.rowsMax() + 1));
        }
        assertEquals(PAGES - pages, cache.freePages(), where);
    }

    /** Place of each row; the pieces are in order and as long as they can be. */
    private static SortedMap<Integer, Integer> placesOf(CachedSequence sequence, int from, int to, String where) {
        SortedMap<Integer, Integer> places = new TreeMap<>();
        int row = from;
        int end = -1;
        for (CachedSequence.Piece piece : sequence.pieces(from, to)) {
            assertEquals(row, piece.row(), where);
            assertTrue(piece.at().from() != end && piece.at().size() > 0, "two pieces could be one: " + where);
            for (int place = piece.at().from(); place < piece.at().to(); place++) {
                places.put(row++, place);
            }
            end = piece.at().to();
        }
        assertEquals(to, row, where);
        return places;
    }
}
