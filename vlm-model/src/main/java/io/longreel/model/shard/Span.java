package io.longreel.model.shard;

/** A contiguous range {@code [from, to)} of rows; empty spans are normal. */
public record Span(int from, int to) {

    public Span {
        if (from < 0 || to < from) {
            throw new IllegalArgumentException(
                    "span must run forward from 0 or later: from=%d to=%d".formatted(from, to));
        }
    }

    public int size() {
        return to - from;
    }

    public boolean contains(int row) {
        return row >= from && row < to;
    }

    public Span intersect(Span other) {
        int start = Math.max(from, other.from);
        return new Span(start, Math.max(start, Math.min(to, other.to)));
    }

    /**
     * Part {@code index} of {@code count} rows cut into {@code parts} as evenly as possible, the larger parts first: with {@code q, r = divmod(count,
     * parts)} part p is {@code [p q + min(p, r), (p+1) q + min(p+1, r))} (specification 3.3, rule 7).
     */
    public static Span part(int count, int parts, int index) {
        return new Span(bound(count, parts, index), bound(count, parts, index + 1));
    }

    private static int bound(int count, int parts, int index) {
        return count / parts * index + Math.min(index, count % parts);
    }
}
