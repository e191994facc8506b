package io.longreel.runtime.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.longreel.runtime.protocol.StepResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-11-21T01:02:03Z"));
    private static final List<JournalEntry> ENTRIES = List.of(
            new JournalEntry.RunStarted("demo", "data=1,ring=2,ulysses=2", 2, 5, 0),
            new JournalEntry.Placed(1, List.of("node-0", "node-0", "node-1", "node-1"), "1 x 1 x 1"),
            new JournalEntry.StageBegan(1, 0, "alignment", 40),
            new JournalEntry.StepCommitted(1, 0, 1, 1, new StepResult(0.1 + 0.2, 3, 70, Double.NaN, 1e-3, false)),
            new JournalEntry.StepsCommitted(1, 0, 50, 50, 1.25),
            new JournalEntry.SlicesSaved(1, "step-00000050", 0, 50, 50),
            new JournalEntry.CheckpointCommitted("step-00000050", 0, 50, 50),
            new JournalEntry.StageEnded(0, "alignment"),
            new JournalEntry.EvaluationFinished(2, "needle-short", 11, 150),
            new JournalEntry.StageExported(0, "align", "/runs/demo/models/align"),
            new JournalEntry.ModelExported("/runs/demo/model"),
            new JournalEntry.StopRequested("Ctrl-C \"now\""),
            new JournalEntry.Recovering(2, 0, 7, 7, "node node-1 was lost"),
            new JournalEntry.Restored(2, 0, 7, 7, "memory"),
            new JournalEntry.NodeLost("node-1", "node-1/77", "exit code 137"),
            new JournalEntry.NodeQuarantined("node-1", 30_000),
            new JournalEntry.SamplesQuarantined(0, 9, 9, true, "the loss jumps"),
            new JournalEntry.CheckpointRequested(7),
            new JournalEntry.PauseOrdered(7),
            new JournalEntry.PauseEnded(8),
            new JournalEntry.KillOrdered(1, "node-1", "node-1/77"),
            new JournalEntry.RunEnded(0, "finished"));

    private static Path written(Path directory) throws IOException {
        try (Journal journal = Journal.begin(directory, "a", CLOCK)) {
            ENTRIES.forEach(journal::append);
        }
        return directory.resolve("journal.jsonl");
    }

    private static List<JournalEntry> entries(Path directory) throws IOException {
        return Journal.read(directory).entries().toList();
    }

    private static JournalEntry stage(int stage) {
        return new JournalEntry.StageEnded(stage, "stage " + stage);
    }

    private static JournalEntry term(int term, String holder) {
        return new JournalEntry.TermBegan(term, holder);
    }

    /** The first {@code count} of what {@link #written} wrote. */
    private static List<JournalEntry> first(int count) {
        List<JournalEntry> all = new ArrayList<>(List.of(term(1, "a")));
        all.addAll(ENTRIES);
        return all.subList(0, count);
    }

    @Test
    void shouldGiveBackEveryKindOfEntry(@TempDir Path directory) throws IOException {
        Path file = written(directory);
        assertEquals(first(23), entries(directory));
        assertEquals(
                JournalEntry.class.getPermittedSubclasses().length,
                entries(directory).stream().map(Object::getClass).distinct().count());
        assertEquals(
                "{\"sequence\":9,\"time\":\"2026-11-21T01:02:03Z\",\"type\":\"stage-ended\",\"stage\":0,\"name\":\"alignment\"",
                Files.readAllLines(file).get(8).replaceAll(",\"crc\".*", ""));
    }

    @Test
    void shouldBeEmptyWhenThereIsNone(@TempDir Path directory) throws IOException {
        JournalHistory empty = new JournalHistory(0, List.of(), List.of(), 0);
        assertEquals(empty, Journal.read(directory));
        assertEquals(empty, Journal.read(directory.resolve("missing")));
    }

    @Test
    void shouldGoOnInANewTermBehindATornLine(@TempDir Path directory) throws IOException {
        Path file = written(directory);
        byte[] whole = Files.readAllBytes(file);
        for (int cut = 0; cut < 120; cut += 7) {
            Files.write(file, Arrays.copyOf(whole, whole.length - cut));
            Files.deleteIfExists(directory.resolve("journal-2.jsonl"));
            int sound = Journal.read(directory).lines().size();
            try (Journal journal = Journal.begin(directory, "b", CLOCK)) {
                assertEquals(2, journal.term());
                assertEquals(first(sound), journal.history().entries().toList());
                journal.append(stage(9));
            }
            JournalHistory read = Journal.read(directory);
            List<JournalEntry> expected = new ArrayList<>(first(sound));
            expected.addAll(List.of(term(2, "b"), stage(9)));
            assertEquals(expected, read.entries().toList(), "cut=" + cut);
            assertEquals(sound + 2, read.lines().getLast().sequence());
        }
    }

    @Test
    void shouldTrustNothingBehindADamagedLine(@TempDir Path directory) throws IOException {
        Path file = written(directory);
        String text = Files.readString(file);
        Files.writeString(file, text.replace("alignment\",\"steps\":40", "alignment\",\"steps\":41"));
        assertEquals(first(3), entries(directory));
        Files.writeString(file, text.replaceFirst("(?m)^.*\"sequence\":4,.*\n", ""));
        assertEquals(first(3), entries(directory));
        Files.write(file, "not a journal\n".getBytes(StandardCharsets.UTF_8));
        assertEquals(new JournalHistory(1, List.of(), List.of(), 14), Journal.read(directory));
    }

    @Test
    void shouldRefuseTheWritesOfASupersededSupervisor(@TempDir Path directory) throws IOException {
        try (Journal old = Journal.begin(directory, "a", CLOCK)) {
            old.append(stage(1));
            try (Journal successor = Journal.begin(directory, "b", CLOCK)) {
                assertEquals(
                        List.of(term(1, "a"), stage(1)),
                        successor.history().entries().toList());
                long bytes = Files.size(directory.resolve("journal.jsonl"));
                assertThrows(TermSuperseded.class, () -> old.append(stage(2)));
                assertEquals(bytes, Files.size(directory.resolve("journal.jsonl")), "nothing is written");
                successor.append(stage(3));
                assertThrows(TermSuperseded.class, () -> old.append(stage(4)), "for good");
            }
        }
        assertEquals(List.of(term(1, "a"), stage(1), term(2, "b"), stage(3)), entries(directory));
    }

    @Test
    void shouldNotCountWhatIsWrittenWhenTheNextTermHasRead(@TempDir Path directory) throws IOException {
        Path file = written(directory);
        String late = lineAsItWouldFollow(directory, new JournalEntry.Placed(7, List.of("node-0"), "1 x 1 x 1"));
        try (Journal successor = Journal.begin(directory, "b", CLOCK)) {
            Files.writeString(file, late, StandardOpenOption.APPEND);
            successor.append(stage(3));
        }
        List<JournalEntry> expected = new ArrayList<>(first(23));
        expected.addAll(List.of(term(2, "b"), stage(3)));
        JournalHistory read = Journal.read(directory);
        assertEquals(expected, read.entries().toList());
        assertEquals(
                List.of(new JournalEntry.Placed(7, List.of("node-0"), "1 x 1 x 1")),
                read.superseded().stream().map(JournalLine::entry).toList());
        assertEquals(7, read.lastGeneration(), "its generation is taken all the same");
        try (Journal third = Journal.begin(directory, "c", CLOCK)) {
            assertEquals(expected, third.history().entries().toList());
        }
    }

    private static String lineAsItWouldFollow(Path directory, JournalEntry entry) throws IOException {
        return new JournalLine(Journal.read(directory).nextSequence(), CLOCK.instant(), entry).format() + "\n";
    }

    @Test
    void shouldReadOverATermWhoseSupervisorDiedBeforeItsFirstLine(@TempDir Path directory) throws IOException {
        written(directory);
        Files.writeString(directory.resolve("journal-2.jsonl"), "{\"sequ");
        try (Journal third = Journal.begin(directory, "c", CLOCK)) {
            assertEquals(3, third.term());
        }
        List<JournalEntry> expected = new ArrayList<>(first(23));
        expected.add(term(3, "c"));
        JournalHistory read = Journal.read(directory);
        assertEquals(expected, read.entries().toList());
        assertEquals(6, read.damagedBytes());
    }

    @Test
    void shouldLetExactlyOneGoOnWhenManyBeginAtOnce(@TempDir Path directory) throws Exception {
        int count = 8;
        CyclicBarrier barrier = new CyclicBarrier(count);
        List<Journal> begun = Collections.synchronizedList(new ArrayList<>());
        try (ExecutorService threads = Executors.newFixedThreadPool(count)) {
            List<Callable<Boolean>> starts = Collections.nCopies(count, () -> {
                barrier.await(30, TimeUnit.SECONDS);
                try {
                    return begun.add(Journal.begin(directory, "x", CLOCK));
                } catch (TermSuperseded e) {
                    return false; // somebody else was faster
                }
            });
            for (Future<Boolean> start : threads.invokeAll(starts)) {
                start.get();
            }
        }
        int newest = Journal.read(directory).term();
        for (Journal journal : begun) {
            if (journal.term() == newest) {
                journal.append(stage(journal.term()));
            } else {
                assertThrows(TermSuperseded.class, () -> journal.append(stage(journal.term())));
            }
            journal.close();
        }
        assertEquals(
                List.of(stage(newest)),
                Journal.read(directory)
                        .entries()
                        .filter(JournalEntry.StageEnded.class::isInstance)
                        .toList());
        assertEquals(begun.size(), begun.stream().map(Journal::term).distinct().count());
    }
}
