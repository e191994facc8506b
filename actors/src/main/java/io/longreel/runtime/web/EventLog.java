package io.longreel.runtime.web;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** What happened, newest last, at most so many entries; they have numbers, by which a reader says what it knows. Guarded by its owner. */
final class EventLog {
    static final int ENTRIES_MAX = 300;

    /** What an entry is about, by which a page colours it. */
    enum Kind {
        PROGRESS,
        FAULT,
        RECOVERY
    }

    record Entry(long number, long atMs, Kind kind, String text) {}

    private final Deque<Entry> entries = new ArrayDeque<>();
    private long next;

    void add(long atMs, Kind kind, String text) {
        if (entries.size() == ENTRIES_MAX) {
            entries.removeFirst();
        }
        entries.addLast(new Entry(next++, atMs, kind, text));
    }

    /** Entries from a number on that are still here. */
    List<Entry> from(long number) {
        return entries.stream().filter(entry -> entry.number() >= number).toList();
    }

    /** The number of the next entry. */
    long next() {
        return next;
    }
}
