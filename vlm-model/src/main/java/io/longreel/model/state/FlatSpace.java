package io.longreel.model.state;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Named vectors laid one after the other, cut into even slices regardless of where one name ends and the next begins: this is how weights,
 * gradients and optimizer state are divided among ranks. Outside a process only names and element ranges within them are meant, never flat
 * positions, so that two worlds of other sizes or orders can exchange state. Immutable.
 */
public final class FlatSpace {

    /**
     * Elements {@code [from, to)} of one named vector.
     *
     * @param flatFrom position of the first one in the space
     */
    public record Piece(String name, long from, long to, long flatFrom) {
        public long elements() {
            return to - from;
        }
    }

    private final Map<String, Long> offsets = new LinkedHashMap<>();
    private final Map<String, Long> sizes;
    private final long elements;

    private FlatSpace(Map<String, Long> sizes) {
        this.sizes = new LinkedHashMap<>(sizes);
        long offset = 0;
        for (Map.Entry<String, Long> entry : sizes.entrySet()) {
            offsets.put(entry.getKey(), offset);
            offset = Math.addExact(offset, entry.getValue());
        }
        this.elements = offset;
    }

    /** A space of vectors with these numbers of elements, in the map's order. */
    public static FlatSpace of(Map<String, Long> sizes) {
        return new FlatSpace(sizes);
    }

    /** Bounds of {@code ranks} slices that differ by at most one element: rank r owns {@code [bounds[r], bounds[r + 1])}. */
    public long[] evenBounds(int ranks) {
        long[] bounds = new long[ranks + 1];
        for (int rank = 0; rank <= ranks; rank++) {
            // elements * rank could overflow for large spaces; this form cannot, and gives the longer slices to the
            // first ranks.
            bounds[rank] = elements / ranks * rank + Math.min(rank, elements % ranks);
        }
        return bounds;
    }

    public long elements() {
        return elements;
    }

    public long offset(String name) {
        Long offset = offsets.get(name);
        if (offset == null) {
            throw new IllegalArgumentException("no such vector: name=" + name);
        }
        return offset;
    }

    /** What lies in {@code [from, to)} of the space, in order; vectors without elements have no piece. */
    public List<Piece> pieces(long from, long to) {
        if (from < 0 || to < from || to > elements) {
            throw new IllegalArgumentException(
                    "range must lie in the space: from=%d to=%d elements=%d".formatted(from, to, elements));
        }
        List<Piece> pieces = new ArrayList<>();
        for (Map.Entry<String, Long> entry : sizes.entrySet()) {
            long start = offset(entry.getKey());
            long first = Math.max(from, start);
            long last = Math.min(to, start + entry.getValue());
            if (first < last) {
                pieces.add(new Piece(entry.getKey(), first - start, last - start, first));
            }
        }
        return pieces;
    }
}
