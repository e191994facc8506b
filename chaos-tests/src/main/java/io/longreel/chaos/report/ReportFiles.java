package io.longreel.chaos.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.chaos.scenario.Incident;
import io.longreel.chaos.scenario.ScenarioResult;
import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;

/** Results as {@code chaos.json} and {@code chaos.html}. */
public final class ReportFiles {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private ReportFiles() {}

    /** Writes JSON: one object per scenario, with its incidents; times in milliseconds since the fault struck. */
    public static void writeJson(Path file, List<ScenarioResult> results) {
        ArrayNode all = JSON.createArrayNode();
        results.forEach(result -> all.add(node(result)));
        try {
            write(file, JSON.writeValueAsString(all) + "\n");
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a report of numbers and texts can be written", e);
        }
    }

    /** Writes a page that needs nothing but itself. */
    public static void writeHtml(Path file, List<ScenarioResult> results) {
        write(file, Page.of(results));
    }

    private static ObjectNode node(ScenarioResult result) {
        ObjectNode node = JSON.createObjectNode();
        node.put("name", result.name());
        node.put("fault", result.fault());
        node.put("phase", result.phase());
        node.put("summary", result.summary());
        node.put("verdict", result.verdict().name().toLowerCase(Locale.ROOT));
        result.complaints().forEach(node.putArray("complaints")::add);
        ArrayNode incidents = node.putArray("incidents");
        result.incidents().forEach(incident -> incidents.add(node(incident)));
        node.put("durationMs", result.durationMs());
        node.put("directory", result.directory());
        return node;
    }

    private static ObjectNode node(Incident incident) {
        ObjectNode node = JSON.createObjectNode();
        node.put("what", incident.what());
        node.put("struckAtMs", incident.struckMs());
        put(node, "noticedAfterMs", Times.toNotice(incident));
        put(node, "restoredAfterMs", Times.toRestore(incident));
        put(node, "committedAfterMs", Times.toCommit(incident));
        node.put("stepsLost", incident.stepsLost());
        node.put("stepsAgain", incident.stepsAgain());
        node.put("bytesAgain", incident.bytesAgain());
        return node;
    }

    private static void put(ObjectNode node, String key, OptionalLong value) {
        if (value.isPresent()) {
            node.put(key, value.getAsLong());
        } else {
            node.putNull(key);
        }
    }

    private static void write(Path file, String text) {
        try {
            Path folder = file.toAbsolutePath().getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.CONFIG, "the report cannot be written to %s: %s".formatted(file, e), e);
        }
    }
}
