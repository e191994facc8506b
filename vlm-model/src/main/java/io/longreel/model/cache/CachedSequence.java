package io.longreel.model.cache;

import io.longreel.model.shard.Span;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What one rank keeps of one sequence: which token each of its rows belongs to, in ascending order, and where the rows lie. The rows of a pass are written
 * before {@link #append} makes them count. Used by the rank's compute thread.
 */
public final class CachedSequence {
    private final KeyValueCache cache;
    private int[] pages;
    private int[] positions = new int[KeyValueCache.PAGE_ROWS];
    private int rows;
    private boolean isOver;

    /** Rows {@code [row, row + at.size())} of the sequence, and where they lie in the cache. */
    public record Piece(int row, Span at) {}

    CachedSequence(KeyValueCache cache, int[] pages) {
        this.cache = cache;
        this.pages = pages;
    }

    public KeyValueCache cache() {
        return cache;
    }

    /** Rows that count. */
    public int rows() {
        return rows;
    }

    /** Token of each row. */
    public int[] positions() {
        return Arrays.copyOf(positions, rows);
    }

    /** Rows that there is room for. */
    public int rowsMax() {
        return pages.length * KeyValueCache.PAGE_ROWS;
    }

    /** Rows that hold tokens before {@code position}. */
    public int rowsBefore(int position) {
        int found = Arrays.binarySearch(positions, 0, rows, position);
        return found >= 0 ? found : -found - 1;
    }

    /** Where rows {@code [from, to)} lie, in as few pieces as there are. They need not count yet. */
    public List<Piece> pieces(int from, int to) {
        if (isOver || from < 0 || to > rowsMax()) {
            throw new IllegalStateException("rows must lie in the sequence's pages: from=%d to=%d rowsMax=%d isOver=%s"
                    .formatted(from, to, rowsMax(), isOver));
        }
        List<Piece> pieces = new ArrayList<>(1);
        int row = from;
        while (row < to) {
            int at = place(row);
            int end = row + 1;
            while (end < to && place(end) == at + (end - row)) {
                end = Math.min(to, (end / KeyValueCache.PAGE_ROWS + 1) * KeyValueCache.PAGE_ROWS);
            }
            pieces.add(new Piece(row, new Span(at, at + end - row)));
            row = end;
        }
        return pieces;
    }

    private int place(int row) {
        return pages[row / KeyValueCache.PAGE_ROWS] * KeyValueCache.PAGE_ROWS + row % KeyValueCache.PAGE_ROWS;
    }

    /** The rows behind the last one now hold these tokens, ascending. */
    public void append(int[] tokens) {
        if (rows + tokens.length > rowsMax() || !ascends(tokens)) {
            throw new IllegalStateException(
                    "rows must fit and ascend: rows=%d more=%d rowsMax=%d".formatted(rows, tokens.length, rowsMax()));
        }
        if (rows + tokens.length > positions.length) {
            positions = Arrays.copyOf(positions, Math.max(2 * positions.length, rows + tokens.length));
        }
        System.arraycopy(tokens, 0, positions, rows, tokens.length);
        rows += tokens.length;
    }

    private boolean ascends(int[] tokens) {
        int last = rows == 0 ? -1 : positions[rows - 1];
        for (int token : tokens) {
            if (token <= last) {
                return false;
            }
            last = token;
        }
        return true;
    }

    /** Forgets all tokens from {@code position} on. */
    public void truncate(int position) {
        rows = rowsBefore(position);
    }

    /** Makes room for so many rows in all. */
    public void reserve(int rowsMax) {
        int more = KeyValueCache.pagesFor(rowsMax) - pages.length;
        if (more > 0) {
            int[] added = cache.take(more);
            int[] all = Arrays.copyOf(pages, pages.length + more);
            System.arraycopy(added, 0, all, pages.length, more);
            pages = all;
        }
    }

    /** Gives the pages back. */
    public void end() {
        if (!isOver) {
            isOver = true;
            cache.giveBack(pages);
        }
    }
}
