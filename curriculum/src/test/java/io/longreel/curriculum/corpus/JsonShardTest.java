package io.longreel.curriculum.corpus;

import static io.longreel.curriculum.corpus.TestRecords.assertBroken;
import static io.longreel.curriculum.corpus.TestRecords.assertDamaged;
import static io.longreel.curriculum.corpus.TestRecords.write;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonShardTest {
    private static final JsonShard.Maker TEXT =
            (json, id, place) -> new DataRecord.Text(id, json.path("text").asText());

    private final Path folder;

    JsonShardTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"text\": \"a\"}\n{\"text\": \"ü\"}\n{\"text\": \"c\"}",
                "{\"text\": \"a\"}\r\n\r\n  \t\n {\"text\": \"ü\"} \r\n{\"text\": \"c\"}\n\n",
                "\uFEFF{\"text\": \"a\"}\n{\"text\": \"ü\"}\n{\"text\": \"c\"}\n"
            })
    void shouldReadEveryLineWhenBlanksAndMarksLieBetween(String text) {
        JsonShard shard = JsonShard.ofLines(write(folder.resolve("x.jsonl"), text), TEXT);
        assertEquals(
                List.of(
                        new DataRecord.Text("x.jsonl#0", "a"),
                        new DataRecord.Text("x.jsonl#1", "ü"),
                        new DataRecord.Text("x.jsonl#2", "c")),
                all(shard));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[{\"text\":\"a\"},{\"text\":\"]},[{ \\\"ü\"},{\"text\":\"c\",\"more\":[{\"x\":[]}]}]",
                "\uFEFF\n[\n {\"text\": \"a\"}\n, {\"text\": \"]},[{ \\\"ü\"} ,\n{\"more\": {\"y\": \"}\"}, \"text\": \"c\"}\n]\n"
            })
    void shouldReadEveryElementWhenStringsLookLikeStructure(String text) {
        JsonShard shard = JsonShard.ofArray(write(folder.resolve("x.json"), text), TEXT);
        assertEquals(
                List.of(
                        new DataRecord.Text("x.json#0", "a"),
                        new DataRecord.Text("x.json#1", "]},[{ \"ü"),
                        new DataRecord.Text("x.json#2", "c")),
                all(shard));
    }

    @Test
    void shouldReadAnyOfManyWhenRecordsCrossBuffers() throws IOException {
        // Lengths around the buffer's 64 KiB, so that records begin and end at every place of it.
        Path file = folder.resolve("x.jsonl");
        Path array = folder.resolve("x.json");
        List<String> lines = IntStream.range(0, 60)
                .mapToObj(i -> "{\"text\": \"%d%s\"}".formatted(i, "ü".repeat(i * 531)))
                .toList();
        Files.write(file, lines);
        write(array, "[" + String.join(",\n", lines) + "]");
        JsonShard ofLines = JsonShard.ofLines(file, TEXT);
        JsonShard ofArray = JsonShard.ofArray(array, TEXT);
        for (int i = 59; i >= 0; i -= 7) {
            String text = i + "ü".repeat(i * 531);
            assertEquals(new DataRecord.Text("x.jsonl#" + i, text), ofLines.read(i));
            assertEquals(new DataRecord.Text("x.json#" + i, text), ofArray.read(i));
        }
    }

    @Test
    void shouldKeepTwelveBytesPerRecordWhenFileIsLong() throws IOException {
        Path file = folder.resolve("long.jsonl");
        try (BufferedWriter writer = Files.newBufferedWriter(file)) {
            for (int i = 0; i < 100_000; i++) {
                writer.write("{\"text\": \"record %d with some words that nobody has to keep\"}\n".formatted(i));
            }
        }
        JsonShard shard = JsonShard.ofLines(file, TEXT);
        assertEquals(100_000, shard.size());
        assertEquals(12 * 100_000, shard.indexBytes());
        assertEquals(
                new DataRecord.Text("long.jsonl#99999", "record 99999 with some words that nobody has to keep"),
                shard.read(99_999));
    }

    @Test
    void shouldBlameTheLineWhenItsBytesAreNoUtf8() throws IOException {
        byte[] bytes =
                "{\"text\": \"a\"}\n{\"text\": \"\u00fc\"}\n{\"text\": \"c\"}\n".getBytes(StandardCharsets.ISO_8859_1);
        JsonShard shard = JsonShard.ofLines(Files.write(folder.resolve("latin.jsonl"), bytes), TEXT);
        assertEquals(3, shard.size());
        assertDamaged(() -> shard.read(1), "latin.jsonl line 2: must be UTF-8", "iconv");
        assertEquals(new DataRecord.Text("latin.jsonl#2", "c"), shard.read(2));
    }

    @Test
    void shouldBlameTheElementWhenItIsNoObject() {
        JsonShard shard =
                JsonShard.ofArray(write(folder.resolve("x.json"), "[{\"text\": \"a\"},\n 17, \"x\", [1]]"), TEXT);
        assertEquals(4, shard.size());
        for (int i = 1; i < 4; i++) {
            int element = i;
            assertDamaged(() -> shard.read(element), "x.json record %d (line 2): ".formatted(i));
        }
    }

    @Test
    void shouldRefuseFileWhenItIsNoWholeArray() {
        assertBroken(() -> array(""), "bad.json", "must be one JSON array of records", ".jsonl");
        assertBroken(() -> array("{\"text\": 1}\n{}"), "bad.json", "must be one JSON array of records", ".jsonl");
        assertBroken(() -> array("[{},\n{\"text\": 1"), "bad.json: line 2: malformed JSON behind record 0");
        assertBroken(() -> array("[{}, {}"), "bad.json: line 1: malformed JSON behind record 1");
        assertBroken(() -> array("[{},\n{}\n{}]"), "bad.json: line 3: malformed JSON behind record 1");
        assertBroken(() -> array("[{}]\n{}"), "bad.json: line 2: must end behind its array");
        assertBroken(() -> JsonShard.ofArray(folder.resolve("none.json"), TEXT), "none.json: there is no such file");
        assertBroken(() -> JsonShard.ofLines(folder, TEXT), "must be a file, and is a folder");
    }

    @Test
    void shouldRefuseArrayWhenItIsUtf16() throws IOException {
        Path file = Files.write(folder.resolve("wide.json"), "[{\"text\": \"a\"}]".getBytes(StandardCharsets.UTF_16));
        assertBroken(() -> JsonShard.ofArray(file, TEXT), "wide.json: must be UTF-8, and is UTF-16");
    }

    @Test
    void shouldNoticeWhenFileChangesWhileItIsOpen() {
        Path file = write(folder.resolve("x.jsonl"), "{\"text\": \"a\"}\n");
        JsonShard shard = JsonShard.ofLines(file, TEXT);
        write(file, "{}");
        assertBroken(() -> shard.read(0), "x.jsonl: changed while it was in use");
    }

    private JsonShard array(String text) {
        return JsonShard.ofArray(write(folder.resolve("bad.json"), text), TEXT);
    }

    private static List<DataRecord> all(JsonShard shard) {
        List<DataRecord> records =
                IntStream.range(0, shard.size()).mapToObj(shard::read).toList();
        assertTrue(shard.indexBytes() == 12L * shard.size());
        return records;
    }
}
