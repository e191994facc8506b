package io.longreel.curriculum.media;

import io.longreel.curriculum.corpus.Medium;
import io.longreel.curriculum.video.VideoReader;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Set;

/**
 * Open video files, each used by one thread at a time: opening one lists all of its frames, which costs a pass over the file. Those that nobody uses stay open, the one
 * used longest ago is closed when there are too many. Safe for use by several threads.
 */
final class ReaderShelf implements AutoCloseable {
    private final int imageSize;
    private final int idleMax;
    /** Those that nobody uses; the one used last in front. */
    private final Deque<Loan> idle = new ArrayDeque<>();

    private final Set<Loan> lent = new HashSet<>();

    private boolean closed;

    /** A reader in use; closing it puts it back. */
    final class Loan implements AutoCloseable {
        private final Medium medium;
        private final VideoReader reader;
        /** Whether the file has changed since it was opened. */
        private boolean stale;

        private Loan(Medium medium, VideoReader reader) {
            this.medium = medium;
            this.reader = reader;
        }

        VideoReader reader() {
            return reader;
        }

        @Override
        public void close() {
            giveBack(this);
        }
    }

    ReaderShelf(int imageSize, int idleMax) {
        this.imageSize = imageSize;
        this.idleMax = idleMax;
    }

    Loan borrow(Medium medium) {
        synchronized (idle) {
            for (Iterator<Loan> loans = idle.iterator(); loans.hasNext(); ) {
                Loan loan = loans.next();
                if (loan.medium.equals(medium)) {
                    loans.remove();
                    lent.add(loan);
                    return loan;
                }
            }
        }
        VideoReader reader = medium.length() == Medium.WHOLE_FILE
                ? VideoReader.open(medium.file(), imageSize)
                : VideoReader.open(medium.file(), medium.offset(), medium.length(), imageSize);
        Loan loan = new Loan(medium, reader);
        synchronized (idle) {
            lent.add(loan);
        }
        return loan;
    }

    /** Closes the readers of a medium whose file has changed: those in use when they come back. */
    void forget(Medium medium) {
        synchronized (idle) {
            lent.forEach(loan -> loan.stale |= loan.medium.equals(medium));
            idle.removeIf(loan -> {
                boolean isStale = loan.medium.equals(medium);
                if (isStale) {
                    loan.reader.close();
                }
                return isStale;
            });
        }
    }

    private void giveBack(Loan loan) {
        Loan surplus = null;
        synchronized (idle) {
            lent.remove(loan);
            if (closed || loan.stale) {
                surplus = loan;
            } else {
                idle.addFirst(loan);
                if (idle.size() > idleMax) {
                    surplus = idle.removeLast();
                }
            }
        }
        if (surplus != null) {
            surplus.reader.close();
        }
    }

    @Override
    public void close() {
        synchronized (idle) {
            closed = true;
            idle.forEach(loan -> loan.reader.close());
            idle.clear();
        }
    }
}
