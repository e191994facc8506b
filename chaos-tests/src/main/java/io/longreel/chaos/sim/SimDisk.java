package io.longreel.chaos.sim;

import io.longreel.model.disk.fault.SimulatedDisk;
import io.longreel.runtime.journal.Journal;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.protocol.RecordReport;
import io.longreel.runtime.supervisor.Effect;
import io.longreel.runtime.supervisor.JobPlan;
import io.longreel.runtime.supervisor.Position;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The run directory that all processes share: the production journal on a simulated disk, and checkpoints of model states. It may be slow, or full. */
final class SimDisk {
    static final String RUN = "/run";

    private static final long JOURNAL_MS_MAX = 3_000;

    private final VirtualTime time;
    private final Chance chance;
    private final SimulatedDisk files;
    private final SharedDirectory checkpoints = new SharedDirectory();
    private int full;
    private int factor = 1;

    SimDisk(VirtualTime time, Chance chance, long seed) {
        this.time = time;
        this.chance = chance;
        this.files = SimulatedDisk.empty(seed);
        try {
            files.createDirectory(Path.of(RUN));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Journal beginTerm(String holder) {
        try {
            return Journal.begin(files, Path.of(RUN), holder, () -> Instant.ofEpochMilli(time.nowMs()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All that counts of what is in the journal. */
    List<JournalEntry> journal() {
        try {
            return Journal.read(files, Path.of(RUN)).entries().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Optional<JournalEntry.RunEnded> runEnded() {
        return journal().stream()
                .filter(JournalEntry.RunEnded.class::isInstance)
                .map(JournalEntry.RunEnded.class::cast)
                .findFirst();
    }

    SharedDirectory checkpoints() {
        return checkpoints;
    }

    boolean isFull() {
        return full > 0;
    }

    void fill(int change) {
        full += change;
    }

    void slow(int times) {
        factor = times;
    }

    /** How long a file takes. */
    long writeMs() {
        return chance.between(5L, 60L) * factor;
    }

    /** How long a journal entry takes. */
    long journalMs(boolean isSynced) {
        return isSynced ? Math.min(JOURNAL_MS_MAX, chance.between(0L, 2L) * factor) : 0;
    }

    void prepareCheckpoint(Position position) {
        checkpoints.prepare(SharedDirectory.directoryOf(JobPlan.checkpointName(position)));
    }

    void discardCheckpoint(Position position) {
        checkpoints.discard(SharedDirectory.directoryOf(JobPlan.checkpointName(position)));
    }

    RecordReport writeManifest(Effect.WriteManifest manifest) {
        if (isFull()) {
            return new RecordReport.SavingFailed(manifest.checkpoint(), "No space left on device");
        }
        checkpoints.seal(SharedDirectory.directoryOf(manifest.checkpoint()), manifest.position(), manifest.slices());
        return new RecordReport.ManifestWritten(manifest.checkpoint());
    }

    RecordReport findCheckpoint() {
        return checkpoints
                .newestWhole()
                .map(found -> new RecordReport.CheckpointFound(
                        found.directory(),
                        found.position().stage(),
                        found.position().step(),
                        ""))
                .orElseGet(() -> new RecordReport.CheckpointFound("", 0, 0, ""));
    }

    /** Steps that the newest whole checkpoint holds. */
    long savedSteps() {
        return checkpoints
                .newestWhole()
                .map(found -> found.position().globalStep())
                .orElse(0L);
    }
}
