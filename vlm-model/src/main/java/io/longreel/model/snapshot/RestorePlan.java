package io.longreel.model.snapshot;

import io.longreel.model.checkpoint.StateKind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which rank of a new mesh sends which elements of which old slice to whom, so that each gets its own new slice. Every rank computes its part of the same
 * plan from the same facts: the layouts of both meshes, and who holds which old slice. A rank that holds what it needs takes it from there;
 * otherwise the holders take turns. Both sides of a pair meet its moves in the same order.
 */
final class RestorePlan {
    private static final Comparator<Move> ORDER =
            Comparator.comparing(Move::section).thenComparingInt(Move::slice).thenComparingLong(Move::sliceAt);

    /**
     * Elements that move, in elements of their sections.
     *
     * @param from rank of the new mesh that has the old slice
     * @param slice rank of the old mesh that took it
     * @param sliceAt first element in the section of the old slice
     * @param to rank of the new mesh that gets the elements
     * @param at where they go in that section of its new slice
     */
    record Move(int from, int slice, SliceLayout.Section section, long sliceAt, int to, long at, long elements) {

        /** Whether {@code next} goes on where this one ends, on both sides. */
        private boolean continues(Move next) {
            return from == next.from
                    && slice == next.slice
                    && section == next.section
                    && to == next.to
                    && sliceAt + elements == next.sliceAt
                    && at + elements == next.at;
        }

        private Move with(Move next) {
            return new Move(from, slice, section, sliceAt, to, at, elements + next.elements);
        }
    }

    private record Vector(StateKind kind, String name) {}

    /** A range of a named vector in an old slice. */
    private record Origin(int slice, SliceLayout.Piece piece) {}

    private final List<List<Integer>> holders;
    private final Map<Vector, List<Origin>> origins = new HashMap<>();

    /**
     * @param oldLayouts layout of each rank of the mesh that took the snapshot
     * @param holders ranks of the new mesh, in order, that hold each of these slices; at least one each
     */
    RestorePlan(List<SliceLayout> oldLayouts, List<List<Integer>> holders) {
        this.holders = holders;
        for (int slice = 0; slice < oldLayouts.size(); slice++) {
            for (SliceLayout.Piece piece : oldLayouts.get(slice).pieces()) {
                origins.computeIfAbsent(new Vector(piece.kind(), piece.name()), key -> new ArrayList<>())
                        .add(new Origin(slice, piece));
            }
        }
    }

    /** What makes the new slice of rank {@code to}, by section and place in the old slices: its moves tile {@code layout}. */
    List<Move> movesTo(int to, SliceLayout layout) {
        List<Move> moves = new ArrayList<>();
        for (SliceLayout.Piece piece : layout.pieces()) {
            for (Origin origin : origins.getOrDefault(new Vector(piece.kind(), piece.name()), List.of())) {
                long first = Math.max(piece.from(), origin.piece.from());
                long last = Math.min(piece.from() + piece.elements(), origin.piece.from() + origin.piece.elements());
                if (first < last) {
                    moves.add(new Move(
                            senderOf(origin.slice, to),
                            origin.slice,
                            piece.section(),
                            origin.piece.at() + first - origin.piece.from(),
                            to,
                            piece.at() + first - piece.from(),
                            last - first));
                }
            }
        }
        moves.sort(ORDER);
        return joined(moves);
    }

    private int senderOf(int slice, int to) {
        List<Integer> able = holders.get(slice);
        return able.contains(to) ? to : able.get((slice + to) % able.size());
    }

    /** As few moves as can be: on the same mesh, one for each section. */
    private static List<Move> joined(List<Move> moves) {
        List<Move> joined = new ArrayList<>();
        for (Move move : moves) {
            if (!joined.isEmpty() && joined.getLast().continues(move)) {
                joined.add(joined.removeLast().with(move));
            } else {
                joined.add(move);
            }
        }
        return joined;
    }
}
