package io.longreel.model.checkpoint;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.RuntimeFailure;
import io.longreel.model.disk.Disk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * JSON objects in files that others may have written: strict about syntax (one object, no key twice), with errors of one line that name the
 * file. Python writes {@code NaN} and {@code Infinity} as they are, so those are understood.
 */
final class JsonFile {
    private static final int STRING_LENGTH_MAX = 100_000_000;

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .build();

    static {
        MAPPER.getFactory()
                .setStreamReadConstraints(StreamReadConstraints.builder()
                        .maxStringLength(STRING_LENGTH_MAX)
                        .build());
    }

    private JsonFile() {}

    static ObjectNode newObject() {
        return MAPPER.createObjectNode();
    }

    static ObjectNode read(Path file) {
        return read(Disk.system(), file);
    }

    static ObjectNode read(Disk disk, Path file) {
        byte[] bytes;
        try (Disk.Input input = disk.open(file)) {
            bytes = new byte[Math.toIntExact(input.sizeBytes())];
            input.read(0, ByteBuffer.wrap(bytes));
        } catch (IOException e) {
            throw unreadable(file, e.getMessage() + " (" + e.getClass().getSimpleName() + ")", e);
        }
        return parse(bytes, file);
    }

    /** Parses bytes that came from {@code file}. */
    static ObjectNode parse(byte[] utf8, Path file) {
        JsonNode node;
        try {
            node = MAPPER.readTree(utf8);
        } catch (JsonProcessingException e) {
            String reason = e.getOriginalMessage().lines().findFirst().orElse("");
            String where = e.getLocation() == null
                    ? ""
                    : " line=%d column=%d"
                            .formatted(
                                    e.getLocation().getLineNr(), e.getLocation().getColumnNr());
            throw unreadable(file, reason + where, e);
        } catch (IOException e) {
            throw unreadable(file, String.valueOf(e.getMessage()), e);
        }
        if (node instanceof ObjectNode object) {
            return object;
        }
        throw unreadable(file, "expected an object", null);
    }

    static byte[] compactBytes(JsonNode node) {
        return node.toString().getBytes(StandardCharsets.UTF_8);
    }

    static byte[] prettyBytes(JsonNode node) {
        return (node.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private static RuntimeFailure unreadable(Path file, String reason, @Nullable Throwable cause) {
        return new RuntimeFailure(
                RuntimeFailure.Category.DATA, "file must hold JSON: file=%s reason=%s".formatted(file, reason), cause);
    }
}
