package io.longreel.runtime.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-11-21T01:02:03Z"));
    private static final List<JournalEntry> ENTRIES = List.of(
            new JournalEntry.RunStarted("demo", "data=1,ring=2,ulysses=2", 2, 5, 0),
            new JournalEntry.Placed(1, List.of("node-0", "node-0", "node-1", "node-1")),
            new JournalEntry.StageBegan(1, 0, "alignment", 40),
            new JournalEntry.StepsCommitted(1, 0, 50, 50, 1.25),
            new JournalEntry.SlicesSaved(1, "step-00000050", 0, 50, 50),
            new JournalEntry.CheckpointCommitted("step-00000050", 0, 50, 50),
            new JournalEntry.StageEnded(0, "alignment"),
            new JournalEntry.EvaluationFinished(2, "needle-short", 11, 150),
            new JournalEntry.ModelExported("/runs/demo/model"),
            new JournalEntry.StopRequested("Ctrl-C \"now\""),
            new JournalEntry.RunEnded(0, "finished"));

    private static Path written(Path directory) throws IOException {
        Path file = directory.resolve("journal.jsonl");
        try (Journal journal = Journal.open(file, CLOCK)) {
            ENTRIES.forEach(journal::append);
        }
        return file;
    }

    private static List<JournalEntry> entries(Path file) throws IOException {
        return Journal.read(file).lines().stream().map(JournalLine::entry).toList();
    }

    @Test
    void shouldGiveBackEveryKindOfEntry(@TempDir Path directory) throws IOException {
        Path file = written(directory);
        assertEquals(ENTRIES, entries(file));
        assertEquals(
                JournalEntry.class.getPermittedSubclasses().length,
                ENTRIES.stream().map(Object::getClass).distinct().count());
        assertEquals(
                "{\"sequence\":7,\"time\":\"2026-11-21T01:02:03Z\",\"type\":\"stage-ended\",\"stage\":0,\"name\":\"alignment\"",
                Files.readAllLines(file).get(6).replaceAll(",\"crc\".*", ""));
    }

    @Test
    void shouldBeEmptyWhenThereIsNoFile(@TempDir Path directory) throws IOException {
        assertEquals(new Journal.Contents(List.of(), 0, 0), Journal.read(directory.resolve("none")));
    }

    @Test
    void shouldCutATornLineOffAndGoOnBehindIt(@TempDir Path directory) throws IOException {
        Path file = written(directory);
        byte[] whole = Files.readAllBytes(file);
        for (int cut = 1; cut < 120; cut += 7) {
            Files.write(file, Arrays.copyOf(whole, whole.length - cut));
            int sound = Journal.read(file).lines().size();
            try (Journal journal = Journal.open(file, CLOCK)) {
                journal.append(new JournalEntry.StageEnded(9, "again"));
            }
            List<JournalEntry> read = entries(file);
            assertEquals(sound + 1, read.size(), "cut=" + cut);
            assertEquals(ENTRIES.subList(0, sound), read.subList(0, sound), "cut=" + cut);
            assertEquals(0, Journal.read(file).damagedBytes(), "cut=" + cut);
        }
    }

    @Test
    void shouldTrustNothingBehindADamagedLine(@TempDir Path directory) throws IOException {
        Path file = written(directory);
        String text = Files.readString(file);
        Files.writeString(file, text.replace("alignment\",\"steps\":40", "alignment\",\"steps\":41"));
        assertEquals(ENTRIES.subList(0, 2), entries(file));
        Files.writeString(file, text.replaceFirst("(?m)^.*\"sequence\":3,.*\n", ""));
        assertEquals(ENTRIES.subList(0, 2), entries(file));
        Files.write(file, "not a journal\n".getBytes(StandardCharsets.UTF_8));
        assertEquals(new Journal.Contents(List.of(), 0, 14), Journal.read(file));
    }
}
