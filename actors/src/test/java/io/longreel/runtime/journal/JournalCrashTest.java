package io.longreel.runtime.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import io.longreel.model.disk.fault.DiskFault;
import io.longreel.model.disk.fault.PowerLost;
import io.longreel.model.disk.fault.SimulatedDisk;
import io.longreel.model.disk.fault.SimulatedDisk.Survival;
import io.longreel.runtime.protocol.StepResult;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Power is lost, or the disk fails, at each single call of writing a journal. */
class JournalCrashTest {
    private static final Path RUN = Path.of("/runs/crash");
    private static final Path FILE = RUN.resolve("journal.jsonl");
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-11-21T01:02:03Z"));
    private static final int ENTRIES = 8;
    private static final int SEEDS = 4;

    private static SimulatedDisk disk(long seed) throws IOException {
        SimulatedDisk disk = SimulatedDisk.empty(seed);
        disk.put(RUN.resolve("run.conf"), new byte[1]);
        return disk;
    }

    /**
     * A supervisor begins a term and appends what is missing up to {@code count}; {@code promised} becomes what must not be lost any
     * more: every entry up to the last one that was synced.
     */
    private static void write(SimulatedDisk disk, int count, List<JournalEntry> promised) throws IOException {
        try (Journal journal = Journal.begin(disk, RUN, "supervisor", CLOCK)) {
            List<JournalEntry> written = found(disk);
            promised.clear();
            promised.addAll(written); // the term's first line is synced, and builds on all of them
            for (int i = written.size(); i < count; i++) {
                JournalEntry entry = entry(i);
                journal.append(entry);
                written.add(entry);
                if (entry.mustBeSynced()) {
                    promised.clear();
                    promised.addAll(written);
                }
            }
        }
    }

    /** Every second one need not be synced. */
    private static JournalEntry entry(int number) {
        return number % 2 == 0
                ? new JournalEntry.StageEnded(number, "stage-" + number)
                : new JournalEntry.StepCommitted(1, 0, number, number, new StepResult(0.5, 1, 1, 0.5, 1e-3, true));
    }

    private static List<JournalEntry> found(SimulatedDisk disk) throws IOException {
        return Journal.read(disk, RUN)
                .entries()
                .filter(entry -> !(entry instanceof JournalEntry.TermBegan))
                .collect(Collectors.toCollection(ArrayList::new));
    }

    /** Two supervisors after each other: the second reads what the first has not synced, and builds on it. */
    private static void writeTwice(SimulatedDisk disk, List<JournalEntry> promised) throws IOException {
        write(disk, ENTRIES / 2, promised);
        write(disk, ENTRIES, promised);
    }

    @Test
    void shouldHoldWhatWasAppendedWhenPowerIsLostAtAnyCall() throws IOException {
        SimulatedDisk whole = disk(0);
        writeTwice(whole, new ArrayList<>());
        assertTrue(whole.calls() > 2 * ENTRIES, whole.trace().toString());
        for (int call = 0; call < whole.calls(); call++) {
            for (int seed = 0; seed < SEEDS; seed++) {
                SimulatedDisk disk = disk(seed);
                disk.failAt(call, DiskFault.POWER_LOST);
                List<JournalEntry> promised = new ArrayList<>();
                assertThrows(PowerLost.class, () -> writeTwice(disk, promised));
                for (Survival survival : Survival.values()) {
                    SimulatedDisk restarted = disk.afterCrash(survival, seed);
                    String where = "call=%d (%s) seed=%d survival=%s"
                            .formatted(call, whole.trace().get(call), seed, survival);
                    List<JournalEntry> found = found(restarted);
                    assertTrue(found.size() >= promised.size(), where + " found=" + found + " promised=" + promised);
                    assertEquals(promised, found.subList(0, promised.size()), where);
                    write(restarted, ENTRIES, new ArrayList<>());
                    assertEquals(ENTRIES, found(restarted).size(), where);
                }
            }
        }
    }

    @Test
    void shouldGoOnBehindTheLastWholeLineWhenTheDiskWasFull() throws IOException {
        SimulatedDisk disk = disk(1);
        try (Journal journal = Journal.begin(disk, RUN, "supervisor", CLOCK)) {
            journal.append(entry(0));
            journal.append(entry(1));
            disk.limit(disk.bytes(FILE).length + 20); // part of the next line
            RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> journal.append(entry(2)));
            assertEquals(RuntimeFailure.Category.RETRYABLE, failure.category());
            assertTrue(failure.getMessage().contains("No space left on device"), failure.getMessage());
            assertTrue(Journal.read(disk, RUN).damagedBytes() > 0, "the fault must have torn a line");
            disk.limit(Long.MAX_VALUE);
            journal.append(entry(4));
        }
        assertEquals(List.of(entry(0), entry(1), entry(4)), found(disk.afterCrash(Survival.SYNCED_ONLY, 1)));
    }
}
