package io.longreel.curriculum.corpus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.DatasetSettings;
import io.longreel.config.DatasetSettings.Format;
import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.text.Turn;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.function.Executable;

/** Files of records for tests, and what a failure must say. */
final class TestRecords {
    private TestRecords() {}

    static Path write(Path file, String text) {
        try {
            return Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A file of the test's resources. */
    static Path sample(String name) {
        URL url = Objects.requireNonNull(TestRecords.class.getResource("/corpus/" + name), name);
        try {
            return Path.of(url.toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    static DatasetSettings spec(String name, Format format, Path... files) {
        return new DatasetSettings(name, format, Arrays.asList(files), Optional.empty(), "", Map.of());
    }

    static Dataset open(Format format, Path... files) {
        return Datasets.open(spec("set", format, files));
    }

    /** The one record of a LLaVA file. */
    static DataRecord.Conversation conversation(Path folder, String json) {
        try (Dataset dataset = open(Format.LLAVA, write(folder.resolve("one.jsonl"), json))) {
            return (DataRecord.Conversation) dataset.read(0);
        }
    }

    static List<String> texts(DataRecord.Conversation conversation) {
        return conversation.turns().stream().map(Turn::text).toList();
    }

    /** The record alone is unusable, and a single line says all of this. */
    static void assertDamaged(Executable read, String... parts) {
        assertLine(assertThrows(DamagedRecord.class, read), RuntimeFailure.Category.DATA, parts);
    }

    /** The file, not one record, is unusable, and a single line says all of this. */
    static void assertBroken(Executable open, String... parts) {
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, open);
        assertEquals(RuntimeFailure.class, failure.getClass(), failure.getMessage());
        assertLine(failure, RuntimeFailure.Category.DATA, parts);
    }

    static void assertMisconfigured(Executable open, String... parts) {
        assertLine(assertThrows(RuntimeFailure.class, open), RuntimeFailure.Category.CONFIG, parts);
    }

    private static void assertLine(RuntimeFailure failure, RuntimeFailure.Category category, String... parts) {
        assertEquals(category, failure.category(), failure.getMessage());
        assertEquals(1, failure.getMessage().lines().count(), failure.getMessage());
        for (String part : parts) {
            assertTrue(failure.getMessage().contains(part), failure.getMessage());
        }
    }
}
