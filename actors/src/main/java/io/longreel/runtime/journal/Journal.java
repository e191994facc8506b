package io.longreel.runtime.journal;

import io.longreel.model.disk.Disk;
import io.longreel.model.disk.DiskFailures;
import io.longreel.model.disk.DurableLog;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.time.InstantSource;

/**
 * The journal of a run directory, open for one supervisor. Each supervisor has a term and a file of its own; nobody ever writes to the
 * file of another. Owned by the recorder, used by its thread only.
 *
 * <p>Two supervisors that each believe to be the only one cannot both go on, without a clock or a lock. The new one makes its file
 * (exclusively, so terms are unique) and only then reads what the earlier ones wrote. The old one looks for a newer file before and
 * after each write, and acts only when there is none: so whatever it acted on was written before the new file was made, and was read.
 * That asks of a shared file system that a new file's name and written bytes are seen by the next look of another machine.
 */
public final class Journal implements AutoCloseable {
    private final Disk disk;
    private final Path directory;
    private final int term;
    private final JournalHistory history;
    private final DurableLog log;
    private final InstantSource clock;
    private long nextSequence;

    private Journal(Disk disk, Path directory, int term, JournalHistory history, DurableLog log, InstantSource clock) {
        this.disk = disk;
        this.directory = directory;
        this.term = term;
        this.history = history;
        this.log = log;
        this.clock = clock;
        this.nextSequence = history.nextSequence();
    }

    /**
     * Begins the next term; all earlier ones are over from then on.
     *
     * @param holder who takes the run up, for people
     * @throws TermSuperseded when another one begins it at the same time, and was faster
     */
    public static Journal begin(Path directory, String holder, InstantSource clock) throws IOException {
        return begin(Disk.system(), directory, holder, clock);
    }

    /** Likewise, on any disk. */
    public static Journal begin(Disk disk, Path directory, String holder, InstantSource clock) throws IOException {
        var known = JournalSegments.list(disk, directory);
        int term = known.isEmpty() ? 1 : known.lastKey() + 1;
        DurableLog log;
        try {
            log = DurableLog.create(disk, JournalSegments.file(directory, term));
        } catch (FileAlreadyExistsException e) {
            throw new TermSuperseded(term);
        }
        try {
            // This term counts on from lines that their writer may not have synced: without them nothing of it could be
            // trusted.
            for (Path earlier : known.values()) {
                disk.sync(earlier);
            }
            JournalHistory history = JournalSegments.read(disk, directory, term);
            Journal journal = new Journal(disk, directory, term, history, log, clock);
            journal.append(new JournalEntry.TermBegan(term, holder));
            return journal;
        } catch (IOException | RuntimeException e) {
            log.close();
            throw e;
        }
    }

    /** Reads what can be trusted; a missing journal is an empty one. Safe while a supervisor writes. */
    public static JournalHistory read(Path directory) throws IOException {
        return read(Disk.system(), directory);
    }

    /** Likewise, on any disk. */
    public static JournalHistory read(Disk disk, Path directory) throws IOException {
        return JournalSegments.read(disk, directory, Integer.MAX_VALUE);
    }

    /** Whether a file of this name in a run directory belongs to its journal. */
    public static boolean isPart(String fileName) {
        return JournalSegments.isSegment(fileName);
    }

    public int term() {
        return term;
    }

    /** What counted when this term began. */
    public JournalHistory history() {
        return history;
    }

    /**
     * Writes, and syncs unless the entry says that it can wait for the next one that does. A disk that does not take the entry is a
     * RETRYABLE failure: the journal is as before, and may be appended to again.
     *
     * @throws TermSuperseded when a newer term has begun; the entry does not count
     */
    public void append(JournalEntry entry) {
        requireNewest();
        String text = new JournalLine(nextSequence, clock.instant(), entry).format() + "\n";
        try {
            log.append(text.getBytes(StandardCharsets.UTF_8), entry.mustBeSynced());
        } catch (IOException e) {
            throw DiskFailures.retryable("the journal cannot be written", JournalSegments.file(directory, term), e);
        }
        nextSequence++;
        requireNewest();
    }

    /**
     * Whether this is still the newest term: for files that only the holder of the newest may write.
     *
     * @throws TermSuperseded when it is not
     */
    public void requireNewest() {
        if (disk.exists(JournalSegments.file(directory, term + 1))) {
            throw new TermSuperseded(term);
        }
    }

    @Override
    public void close() throws IOException {
        log.close();
    }
}
