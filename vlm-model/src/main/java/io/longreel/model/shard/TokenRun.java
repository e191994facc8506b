package io.longreel.model.shard;

/**
 * Evenly spaced tokens of a packed sequence: {@code first, first + stride, ...}, {@code count} of them; none is normal. What a ring rank owns is a
 * few of these in ascending order, so that any contiguous range of tokens is a contiguous range of its rows, whatever the layout.
 */
record TokenRun(int first, int count, int stride) {

    TokenRun {
        if (first < 0 || count < 0 || stride < 1) {
            throw new IllegalArgumentException(
                    "run must go forward from 0 or later: first=%d count=%d stride=%d".formatted(first, count, stride));
        }
    }

    static TokenRun of(Span span) {
        return new TokenRun(span.from(), span.size(), 1);
    }

    /** How many tokens of the run lie before a token of the sequence. */
    int before(int token) {
        return Math.clamp(Math.ceilDiv((long) token - first, stride), 0, count);
    }

    int token(int index) {
        return first + index * stride;
    }
}
