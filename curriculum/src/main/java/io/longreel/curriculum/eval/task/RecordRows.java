package io.longreel.curriculum.eval.task;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.RuntimeFailure;
import io.longreel.model.disk.DiskFailures;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The records of a task's files, in their order. A record that is none is there as its failure, so that it is counted; a file that breaks off is
 * refused as a whole. Stateless.
 */
final class RecordRows {
    static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /** Of a list whose other records follow. */
    private static final JsonMapper ELEMENTS = JsonMapper.builder().build();

    /** A record, or what is wrong with it. */
    sealed interface Entry {
        record Read(Row row) implements Entry {}

        /** Nothing of the record but where it lies is known. */
        record Damaged(Row place, RuntimeFailure failure) implements Entry {}
    }

    private RecordRows() {}

    /** The files of the first pattern that matches any, by name. */
    static List<Path> files(Path data, List<String> patterns) {
        if (!Files.isDirectory(data)) {
            throw RuntimeFailure.config("the data of an evaluation must be a folder that is there: data=" + data);
        }
        for (String pattern : patterns) {
            List<Path> files = matching(data, pattern);
            if (!files.isEmpty()) {
                return files;
            }
        }
        throw RuntimeFailure.data("the data folder must have the records of the evaluation: %s has none of %s"
                .formatted(data, String.join(", ", patterns)));
    }

    private static List<Path> matching(Path data, String pattern) {
        Path path = data.resolve(pattern);
        Path folder = path.toAbsolutePath().resolveSibling("").normalize();
        List<Path> files = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, String.valueOf(path.getFileName()))) {
                entries.forEach(files::add);
            } catch (IOException e) {
                throw DiskFailures.unreadable("a folder of records must be readable", folder, e);
            }
        }
        files.removeIf(file -> !Files.isRegularFile(file));
        Collections.sort(files);
        return files;
    }

    static List<Entry> read(Path file) {
        String name = String.valueOf(file.getFileName());
        try {
            return switch (name.substring(name.lastIndexOf('.') + 1)) {
                case "json" -> list(file);
                case "jsonl" -> lines(file);
                case "csv" -> CsvRows.read(file);
                case "parquet" -> ParquetRows.read(file);
                default -> throw new IllegalStateException("a task names files of known formats only: file=" + file);
            };
        } catch (MalformedInputException e) {
            throw RuntimeFailure.data(file + ": must be UTF-8, and its bytes are not");
        } catch (IOException e) {
            throw DiskFailures.unreadable("records must be readable", file, e);
        }
    }

    /** An object of a file that is one. */
    static ObjectNode object(Path file) {
        try {
            if (JSON.readTree(Files.readString(file)) instanceof ObjectNode object) {
                return object;
            }
            throw RuntimeFailure.data(file + ": must be a JSON object { ... }");
        } catch (JsonProcessingException e) {
            throw malformed(file, e);
        } catch (IOException e) {
            throw DiskFailures.unreadable("a file beside the records must be readable", file, e);
        }
    }

    private static List<Entry> list(Path file) throws IOException {
        List<Entry> entries = new ArrayList<>();
        try (JsonParser parser = ELEMENTS.createParser(Files.readString(file))) {
            if (parser.nextToken() != JsonToken.START_ARRAY) {
                throw RuntimeFailure.data(file + ": must be a JSON list [ ... ] of records");
            }
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                int line = parser.currentTokenLocation().getLineNr();
                JsonNode node = ELEMENTS.readTree(parser);
                entries.add(entry(file, "record %d (line %d)".formatted(entries.size(), line), entries.size(), node));
            }
        } catch (JsonProcessingException e) {
            throw malformed(file, e);
        }
        return entries;
    }

    private static List<Entry> lines(Path file) throws IOException {
        List<Entry> entries = new ArrayList<>();
        List<String> lines = Files.readAllLines(file);
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).isBlank()) {
                continue;
            }
            String position = "line " + (i + 1);
            try {
                entries.add(entry(file, position, entries.size(), JSON.readTree(lines.get(i))));
            } catch (JsonProcessingException e) {
                Row place = new Row(file, position, entries.size(), JSON.createObjectNode());
                entries.add(new Entry.Damaged(place, place.damaged("malformed JSON, " + reason(e))));
            }
        }
        return entries;
    }

    private static Entry entry(Path file, String position, int index, JsonNode node) {
        if (node instanceof ObjectNode object) {
            return new Entry.Read(new Row(file, position, index, object));
        }
        Row place = new Row(file, position, index, JSON.createObjectNode());
        return new Entry.Damaged(place, place.damaged("a record must be a JSON object { ... }"));
    }

    private static RuntimeFailure malformed(Path file, JsonProcessingException e) {
        return RuntimeFailure.data("%s line %d: malformed JSON, %s"
                .formatted(file, e.getLocation() == null ? 1 : e.getLocation().getLineNr(), reason(e)));
    }

    private static String reason(JsonProcessingException e) {
        return String.valueOf(e.getOriginalMessage()).lines().findFirst().orElse("");
    }
}
