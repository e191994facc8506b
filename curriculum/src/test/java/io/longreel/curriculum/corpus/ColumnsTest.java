package io.longreel.curriculum.corpus;

import static io.longreel.curriculum.corpus.TestRecords.assertBroken;
import static io.longreel.curriculum.corpus.TestRecords.assertDamaged;
import static io.longreel.curriculum.corpus.TestRecords.assertMisconfigured;
import static io.longreel.curriculum.corpus.TestRecords.open;
import static io.longreel.curriculum.corpus.TestRecords.sample;
import static io.longreel.curriculum.corpus.TestRecords.write;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.longreel.config.DatasetSettings;
import io.longreel.config.DatasetSettings.Format;
import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Texts and rows of tokens in Parquet, Arrow and JSON Lines; README.md beside the samples says what they hold. */
class ColumnsTest {
    private static final int PARQUET_ROWS = 5000;

    private final Path folder;

    ColumnsTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @ParameterizedTest
    @ValueSource(strings = {"rows-snappy.parquet", "rows-zstd.parquet", "rows-gzip.parquet"})
    void shouldReadParquetInAnyOrderWhenColumnHasListsOrStrings(String name) {
        try (Dataset tokens = open(Format.TOKENS, sample(name));
                Dataset texts = open(Format.TEXT, sample(name))) {
            assertEquals(PARQUET_ROWS, tokens.size());
            SplittableRandom random = new SplittableRandom(1);
            int[] edges = {0, 2047, 2048, 4095, 4096, PARQUET_ROWS - 1};
            for (int row : IntStream.concat(Arrays.stream(edges), random.ints(30, 0, PARQUET_ROWS))
                    .toArray()) {
                assertTokens(tokens.read(row), "%s#%d".formatted(name, row), row % 100 * 10, 3 + row % 5);
                assertEquals(new DataRecord.Text("%s#%d".formatted(name, row), "document " + row), texts.read(row));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tokens-int32-stream.arrow",
                "tokens-int64-file.arrow",
                "tokens-large-list-stream.arrow",
                "tokens-fixed-file.arrow"
            })
    void shouldReadArrowInAnyOrderWhenColumnHasLists(String name) {
        try (Dataset tokens = open(Format.TOKENS, sample(name))) {
            assertEquals(10, tokens.size());
            for (int row : new int[] {9, 0, 4, 3, 8, 7, 5, 1, 2, 6}) {
                assertTokens(
                        tokens.read(row),
                        "%s#%d".formatted(name, row),
                        row * 10,
                        name.contains("fixed") ? 3 : 3 + row % 5);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"text-stream.arrow", "text-large-file.arrow"})
    void shouldReadArrowWhenColumnHasStrings(String name) {
        try (Dataset texts = open(Format.TEXT, sample(name))) {
            for (int row = 9; row >= 0; row--) {
                assertEquals(new DataRecord.Text("%s#%d".formatted(name, row), "document " + row), texts.read(row));
            }
        }
    }

    @Test
    void shouldGiveEachReaderItsOwnIdsWhenRowIsReadTwice() {
        try (Dataset tokens = open(Format.TOKENS, sample("rows-snappy.parquet"))) {
            ((DataRecord.Tokens) tokens.read(3)).ids()[0] = -1;
            assertTokens(tokens.read(3), "rows-snappy.parquet#3", 30, 6);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"rows-null.parquet", "tokens-null-row.arrow"})
    void shouldBlameTheRowWhenItIsNull(String name) {
        try (Dataset tokens = open(Format.TOKENS, sample(name))) {
            assertDamaged(() -> tokens.read(5), name + " row 5: column input_ids must have a value");
            assertTokens(tokens.read(4), name + "#4", 40, 7);
            assertTokens(tokens.read(6), name + "#6", 60, 4);
            assertDamaged(() -> tokens.read(5), "row 5");
        }
    }

    @Test
    void shouldNameTheColumnsWhenOneIsMissingOrHoldsSomethingElse() {
        assertBroken(
                () -> column(Format.TOKENS, "rows-null.parquet", "input_id"),
                "must have the column input_id",
                "[text, input_ids, score, wide]",
                "did you mean input_ids?");
        assertBroken(
                () -> column(Format.TOKENS, "text-stream.arrow", "texts"),
                "must have the column texts",
                "[source, meta, text]",
                "did you mean text?");
        assertBroken(
                () -> column(Format.TOKENS, "rows-null.parquet", "score"),
                "column score must hold lists of 32 or 64-bit integers for the format tokens, and holds DOUBLE");
        assertBroken(
                () -> column(Format.TEXT, "rows-null.parquet", "wide"),
                "column wide must hold strings",
                "lists of INT64");
        assertBroken(
                () -> column(Format.TOKENS, "text-stream.arrow", "text"), "column text must hold lists", "holds Utf8");
        assertBroken(
                () -> column(Format.TEXT, "tokens-int64-file.arrow", "input_ids"), "must hold strings", "holds List");
    }

    @ParameterizedTest
    @ValueSource(strings = {"tokens-zstd.arrow", "tokens-zstd-file.arrow"})
    void shouldRefuseArrowWhenItIsCompressed(String name) {
        assertBroken(() -> open(Format.TOKENS, sample(name)), name, "must not be compressed");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"tokens-int32-stream.arrow", "tokens-int64-file.arrow", "rows-zstd.parquet", "rows-null.parquet"
            })
    void shouldRefuseFileWhenItIsCutShort(String name) throws IOException {
        byte[] bytes = Files.readAllBytes(sample(name));
        for (int length : new int[] {3, bytes.length / 3, bytes.length / 2, bytes.length - 20}) {
            Path file = Files.write(folder.resolve(name), Arrays.copyOf(bytes, length));
            assertBroken(() -> open(Format.TOKENS, file), name);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tokens-int32-stream.arrow", "tokens-int64-file.arrow", "rows-null.parquet"})
    void shouldFailInOneLineWhenBytesAreDamaged(String name) throws IOException {
        byte[] bytes = Files.readAllBytes(sample(name));
        SplittableRandom random = new SplittableRandom(3);
        int trials = name.endsWith(".parquet") ? 40 : 300;
        for (int i = 0; i < trials; i++) {
            byte[] damaged = bytes.clone();
            damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            Path file = Files.write(folder.resolve(name), damaged);
            try (Dataset tokens = open(Format.TOKENS, file)) {
                for (int row = 0; row < tokens.size(); row++) {
                    tokens.read(row);
                }
            } catch (RuntimeFailure e) {
                assertEquals(1, e.getMessage().lines().count(), e.getMessage());
            }
        }
    }

    @Test
    void shouldReadJsonLinesWhenFieldHasTextOrIds() {
        Path file = write(folder.resolve("x.jsonl"), """
                {"id": "n1", "text": " as it is ", "ids": [0, 2147483647]}
                {"text": "", "ids": []}
                {"text": 3, "ids": [1, -1]}
                {"ids": [1.5]}
                {"ids": 7}
                {"ids": [2147483648]}
                """);
        try (Dataset texts = open(Format.TEXT, file);
                Dataset tokens = Datasets.open(
                        new DatasetSettings("t", Format.TOKENS, List.of(file), Optional.empty(), "ids", Map.of()))) {
            assertEquals(new DataRecord.Text("n1", " as it is "), texts.read(0));
            assertEquals(new DataRecord.Text("x.jsonl#1", ""), texts.read(1));
            assertDamaged(() -> texts.read(2), "x.jsonl line 3: field text must be a string");
            assertArrayEquals(new int[] {0, Integer.MAX_VALUE}, ((DataRecord.Tokens) tokens.read(0)).ids());
            assertArrayEquals(new int[0], ((DataRecord.Tokens) tokens.read(1)).ids());
            assertDamaged(() -> tokens.read(2), "line 3: field ids[1] must be a token id, 0 to 2147483647, and is -1");
            assertDamaged(() -> tokens.read(3), "line 4: field ids[0] must be a token id", "is 1.5");
            assertDamaged(() -> tokens.read(4), "line 5: field ids must be a list of token ids");
            assertDamaged(() -> tokens.read(5), "line 6: field ids[0] must be a token id");
        }
    }

    @Test
    void shouldJoinFilesWhenDatasetHasSeveral() throws IOException {
        Path book = write(folder.resolve("book.txt"), "one\n\ntwo\n");
        Path empty = write(folder.resolve("empty.jsonl"), "\n");
        Path lines = write(folder.resolve("l.jsonl"), "{\"text\": \"three\"}\n");
        try (Dataset texts = open(Format.TEXT, empty, book, empty, sample("text-stream.arrow"), lines, empty)) {
            assertEquals(12, texts.size());
            assertEquals(new DataRecord.Text("book.txt#0", "one\n\ntwo\n"), texts.read(0));
            assertEquals(new DataRecord.Text("text-stream.arrow#0", "document 0"), texts.read(1));
            assertEquals(new DataRecord.Text("l.jsonl#0", "three"), texts.read(11));
            assertThrows(IndexOutOfBoundsException.class, () -> texts.read(12));
            assertThrows(IndexOutOfBoundsException.class, () -> texts.read(-1));
        }
        Path latin = Files.write(folder.resolve("latin.txt"), new byte[] {'a', (byte) 0xFC});
        try (Dataset texts = open(Format.TEXT, latin)) {
            assertDamaged(() -> texts.read(0), "latin.txt record 0: must be UTF-8");
        }
    }

    @Test
    void shouldSayWhichFilesAreMeantWhenSpecIsWrong() {
        assertMisconfigured(
                () -> open(Format.TOKENS, Path.of("x.txt")),
                "dataset set: a file of the format tokens must end in",
                "x.txt");
        assertMisconfigured(() -> open(Format.LLAVA, Path.of("x.csv")), ".json or .jsonl");
        assertMisconfigured(() -> open(Format.TEXT, Path.of("x.tar")), ".txt, .jsonl, .parquet or .arrow");
        assertMisconfigured(() -> open(Format.WEBDATASET, Path.of("x.json")), ".tar");
        assertMisconfigured(() -> open(Format.TEXT), "dataset set must have a file");
        assertBroken(() -> open(Format.TEXT, folder.resolve("no.parquet")), "no.parquet: there is no such file");
        assertBroken(() -> open(Format.TEXT, write(folder.resolve("e.jsonl"), "")), "dataset set must have a record");
    }

    private static void column(Format format, String name, String column) {
        Datasets.open(new DatasetSettings("set", format, List.of(sample(name)), Optional.empty(), column, Map.of()))
                .close();
    }

    private static void assertTokens(DataRecord record, String id, int first, int count) {
        assertEquals(id, record.id());
        assertArrayEquals(IntStream.range(first, first + count).toArray(), ((DataRecord.Tokens) record).ids(), id);
    }
}
