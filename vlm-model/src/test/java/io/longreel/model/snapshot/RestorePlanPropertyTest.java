package io.longreel.model.snapshot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.model.snapshot.RestorePlan.Move;
import io.longreel.model.snapshot.SliceLayout.Section;
import io.longreel.model.state.ParameterSpec;
import io.longreel.model.state.TrainedRange;
import io.longreel.model.state.Unit;
import io.longreel.ops.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random models, worlds and holders: what moves is exactly what each new slice is made of, and those who hold it send it. */
class RestorePlanPropertyTest {
    private static final int CASES = 60;

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13})
    void shouldFillEveryNewSliceWithItsElements(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < CASES; i++) {
            SliceLayout.State state = state(random);
            List<SliceLayout> taken = layouts(state, 1 + random.nextInt(7));
            List<SliceLayout> wanted = layouts(state, 1 + random.nextInt(7));
            List<List<Integer>> holders = holders(random, taken.size(), wanted.size());
            RestorePlan plan = new RestorePlan(taken, holders);
            for (int rank = 0; rank < wanted.size(); rank++) {
                String what = "seed=%d case=%d taken=%d wanted=%d rank=%d"
                        .formatted(seed, i, taken.size(), wanted.size(), rank);
                List<Move> moves = plan.movesTo(rank, wanted.get(rank));
                for (Move move : moves) {
                    List<Integer> able = holders.get(move.slice());
                    assertTrue(able.contains(move.from()), what + " " + move);
                    assertEquals(able.contains(rank), move.from() == rank, what + " " + move);
                    assertEquals(rank, move.to(), what);
                }
                for (Section section : Section.values()) {
                    assertArrayEquals(
                            contents(wanted.get(rank), section),
                            moved(taken, moves, section, wanted.get(rank)),
                            what + " " + section);
                }
            }
        }
    }

    @Test
    void shouldMoveEachSectionInOnePieceOnTheSameMesh() {
        SliceLayout.State state = state(new Random(1));
        List<SliceLayout> layouts = layouts(state, 3);
        RestorePlan plan = new RestorePlan(layouts, List.of(List.of(0), List.of(1), List.of(0, 1)));
        for (int rank = 0; rank < 3; rank++) {
            List<Move> moves = plan.movesTo(rank, layouts.get(rank));
            assertTrue(moves.size() <= 2, moves.toString());
        }
    }

    /** A number for each element of a section that tells which element of which vector it is. */
    private static long[] contents(SliceLayout layout, Section section) {
        long[] contents = new long[Math.toIntExact(layout.elements(section))];
        Arrays.fill(contents, -1);
        for (SliceLayout.Piece piece : layout.pieces()) {
            for (long e = 0; piece.section() == section && e < piece.elements(); e++) {
                int at = Math.toIntExact(piece.at() + e);
                assertEquals(-1, contents[at], "pieces must not overlap: " + piece);
                contents[at] = (piece.kind() + piece.name()).hashCode() * 100_000L + piece.from() + e;
            }
        }
        return contents;
    }

    private static long[] moved(List<SliceLayout> taken, List<Move> moves, Section section, SliceLayout layout) {
        long[] moved = new long[Math.toIntExact(layout.elements(section))];
        BitSet filled = new BitSet();
        for (Move move : moves) {
            if (move.section() == section) {
                long[] source = contents(taken.get(move.slice()), section);
                for (long e = 0; e < move.elements(); e++) {
                    int at = Math.toIntExact(move.at() + e);
                    assertTrue(!filled.get(at), "nothing may be written twice: " + move);
                    filled.set(at);
                    moved[at] = source[Math.toIntExact(move.sliceAt() + e)];
                }
            }
        }
        assertEquals(moved.length, filled.cardinality(), "everything must be written");
        return moved;
    }

    private static List<SliceLayout> layouts(SliceLayout.State state, int ranks) {
        return IntStream.range(0, ranks)
                .mapToObj(rank -> SliceLayout.of(state, rank, ranks))
                .toList();
    }

    private static List<List<Integer>> holders(Random random, int slices, int ranks) {
        List<List<Integer>> holders = new ArrayList<>();
        for (int slice = 0; slice < slices; slice++) {
            int sure = random.nextInt(ranks);
            holders.add(IntStream.range(0, ranks)
                    .filter(rank -> rank == sure || random.nextInt(3) == 0)
                    .boxed()
                    .toList());
        }
        return holders;
    }

    /** Units of a few vectors, some of them empty or shorter than the world; any part of them trains. */
    private static SliceLayout.State state(Random random) {
        List<Unit> units = new ArrayList<>();
        List<TrainedRange> ranges = new ArrayList<>();
        for (int u = 0; u < 1 + random.nextInt(4); u++) {
            List<ParameterSpec> specs = new ArrayList<>();
            for (int p = 0; p < 1 + random.nextInt(5); p++) {
                specs.add(new ParameterSpec(
                        "u%d.p%d".formatted(u, p), new int[] {random.nextInt(5), 1 + random.nextInt(6)}));
            }
            Unit unit = Unit.of("u" + u, specs);
            units.add(unit);
            int share = random.nextInt(3);
            ranges.addAll(TrainedRange.of(unit, name -> random.nextInt(2) < share));
        }
        return new SliceLayout.State(List.of(units), DType.BF16, ranges);
    }
}
