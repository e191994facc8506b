package io.longreel.curriculum.needle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.RuntimeFailure;
import io.longreel.model.checkpoint.DurableFile;
import io.longreel.model.disk.Disk;
import io.longreel.model.disk.DiskFailures;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Tested cells on disk, one JSON file each, which appears whole or not at all (specification 7.1, item 7). Each says of what model, footage and needles it is; one of others is
 * refused. Used by one thread.
 */
final class CellStore {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String FINGERPRINT = "fingerprint";
    private static final double NS_PER_SECOND = 1e9;

    private final Path folder;
    private final String fingerprint;

    private CellStore(Path folder, String fingerprint) {
        this.folder = folder;
        this.fingerprint = fingerprint;
    }

    static CellStore open(Path out, String fingerprint) {
        Path folder = out.resolve("cells");
        try {
            DurableFile.createDirectories(Disk.system(), folder);
        } catch (IOException e) {
            throw DiskFailures.unwritable(folder, e);
        }
        return new CellStore(folder, fingerprint);
    }

    /** A cell that was tested before. */
    Optional<CellResult> find(int frames, double depth) {
        Path file = file(frames, depth);
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        try {
            JsonNode node = JSON.readTree(Files.readAllBytes(file));
            if (!node.path(FINGERPRINT).asText().equals(fingerprint)) {
                throw RuntimeFailure.config(
                        "cell %s is of another model, footage, needles or way of asking; choose another folder for the results, or test it anew"
                                .formatted(file));
            }
            return Optional.of(cell(node));
        } catch (IOException e) {
            String why = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            throw new RuntimeFailure(
                    RuntimeFailure.Category.DATA,
                    "cell %s cannot be read (%s); delete it to test it again".formatted(file, why),
                    e);
        }
    }

    void keep(CellResult cell) {
        ObjectNode node = json(cell).put(FINGERPRINT, fingerprint);
        DurableFile.write(
                file(cell.frames(), cell.depth()), (node.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private Path file(int frames, double depth) {
        return folder.resolve(String.format(Locale.ROOT, "frames-%06d-depth-%.4f.json", frames, depth));
    }

    static ObjectNode json(CellResult cell) {
        ObjectNode node = JSON.createObjectNode();
        node.put("frames", cell.frames()).put("depth", cell.depth());
        node.put("correct", cell.correct()).put("exact", cell.exact());
        node.put("total", cell.tests().size());
        node.put("tokens", cell.tokens()).put("seconds", cell.timeNs() / NS_PER_SECOND);
        ArrayNode tests = node.putArray("tests");
        for (CellResult.Test test : cell.tests()) {
            tests.addObject()
                    .put("question", test.question())
                    .put("expected", test.expected())
                    .put("answered", test.answered())
                    .put("isCorrect", test.isCorrect())
                    .put("isExact", test.isExact());
        }
        return node;
    }

    private static CellResult cell(JsonNode node) {
        List<CellResult.Test> tests = new ArrayList<>();
        for (JsonNode test : node.path("tests")) {
            tests.add(new CellResult.Test(
                    test.path("question").asText(),
                    test.path("expected").asText(),
                    test.path("answered").asText(),
                    test.path("isCorrect").asBoolean(),
                    test.path("isExact").asBoolean()));
        }
        return new CellResult(
                node.path("frames").asInt(),
                node.path("depth").asDouble(),
                tests,
                node.path("tokens").asLong(),
                Math.round(node.path("seconds").asDouble() * NS_PER_SECOND));
    }
}
