package io.longreel.runtime.journal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.zip.CRC32C;

/**
 * One line of the journal, and its text:
 *
 * <pre>
 *   {"sequence":12,"time":"2026-11-21T01:02:03Z","type":"stage-began", fields of the entry ..., "crc":"89abcdef"}
 *                                                                                              ^ CRC32C of all bytes before it
 * </pre>
 *
 * @param sequence counts from 1 without gaps
 */
public record JournalLine(long sequence, Instant time, JournalEntry entry) {
    private static final String CRC_FIELD = ",\"crc\":\"";
    private static final int TAIL_CHARS = CRC_FIELD.length() + 8 + 2;
    private static final ObjectMapper JSON =
            new ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
    private static final Map<String, Class<?>> TYPES = Arrays.stream(JournalEntry.class.getPermittedSubclasses())
            .collect(Collectors.toMap(JournalLine::typeOf, Function.identity()));

    String format() {
        ObjectNode node = JSON.createObjectNode();
        node.put("sequence", sequence).put("time", time.toString()).put("type", typeOf(entry.getClass()));
        node.setAll(JSON.<ObjectNode>valueToTree(entry));
        String whole = node.toString();
        String body = whole.substring(0, whole.length() - 1);
        return body + CRC_FIELD + checksum(body) + "\"}";
    }

    /** Empty when the text is not a whole, undamaged line. */
    static Optional<JournalLine> parse(String text) {
        int bodyChars = text.length() - TAIL_CHARS;
        if (bodyChars < 1 || !text.startsWith(CRC_FIELD, bodyChars) || !text.endsWith("\"}")) {
            return Optional.empty();
        }
        String body = text.substring(0, bodyChars);
        if (!text.startsWith(checksum(body), bodyChars + CRC_FIELD.length())) {
            return Optional.empty();
        }
        try {
            ObjectNode node = (ObjectNode) JSON.readTree(body + "}");
            Class<?> type = TYPES.get(node.path("type").asText());
            if (type == null) {
                throw new IllegalStateException("journal entry of a newer build: " + text);
            }
            return Optional.of(new JournalLine(
                    node.path("sequence").asLong(),
                    Instant.parse(node.path("time").asText()),
                    (JournalEntry) JSON.treeToValue(node, type)));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("journal line with a right checksum cannot be read: " + text, e);
        }
    }

    private static String typeOf(Class<?> type) {
        return type.getSimpleName().replaceAll("(?<=[a-z])(?=[A-Z])", "-").toLowerCase(Locale.ROOT);
    }

    private static String checksum(String body) {
        CRC32C crc = new CRC32C();
        crc.update(body.getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().toHexDigits((int) crc.getValue());
    }
}
