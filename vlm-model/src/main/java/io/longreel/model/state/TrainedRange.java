package io.longreel.model.state;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.function.Predicate;

/**
 * Neighbouring elements {@code [from, to)} of a unit that train alike. Where a whole unit trains at one rate it is one range; single norms of a layer
 * are one each.
 * Gradients, optimizer state and exchanges go by ranges; who owns what of a range follows from the even cut of its unit.
 */
public record TrainedRange(Unit unit, long from, long to) {

    /** Ranges of a unit, in order, as long as can be. */
    public static List<TrainedRange> of(Unit unit, Predicate<String> trains) {
        return of(unit, trains, (one, other) -> true);
    }

    /**
     * Likewise, cut where neighbours do not train alike.
     *
     * @param alike whether two parameters may be in one range: an equivalence
     */
    public static List<TrainedRange> of(Unit unit, Predicate<String> trains, BiPredicate<String, String> alike) {
        List<TrainedRange> ranges = new ArrayList<>();
        String last = "";
        for (FlatSpace.Piece piece : unit.space().pieces(0, unit.elements())) {
            if (!trains.test(piece.name())) {
                continue;
            }
            long from = piece.flatFrom();
            long to = from + piece.elements();
            if (!ranges.isEmpty() && ranges.getLast().to == from && alike.test(last, piece.name())) {
                from = ranges.removeLast().from;
            }
            ranges.add(new TrainedRange(unit, from, to));
            last = piece.name();
        }
        return ranges;
    }

    public long elements() {
        return to - from;
    }

    /** Bounds of the ranks' shares, counted from the start of the range: rank r owns {@code [bounds[r], bounds[r + 1])}. */
    public long[] bounds(int ranks) {
        long[] bounds = unit.space().evenBounds(ranks);
        for (int i = 0; i < bounds.length; i++) {
            bounds[i] = Math.clamp(bounds[i], from, to) - from;
        }
        return bounds;
    }

    /** What lies in {@code [first, last)} of the range, by parameter; flat positions count from the start of the range. */
    public List<FlatSpace.Piece> pieces(long first, long last) {
        return unit.space().pieces(from + first, from + last).stream()
                .map(p -> new FlatSpace.Piece(p.name(), p.from(), p.to(), p.flatFrom() - from))
                .toList();
    }
}
