package io.longreel.curriculum.sft;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.model.checkpoint.DurableFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.TreeMap;

/** {@code build.json}: how a data set was made, for people who find it later. Holds no key. */
final class BuildFile {
    static final String NAME = "build.json";

    private static final ObjectMapper JSON = new ObjectMapper();

    private BuildFile() {}

    static void write(
            Path folder, SftSettings settings, Prompts prompts, String captioner, String writer, SftReport report) {
        ObjectNode root = JSON.createObjectNode();
        root.putObject("models").put("captioner", captioner).put("writer", writer);
        ObjectNode sums = root.putObject("promptsSha256");
        for (Prompts.Part part : Prompts.Part.values()) {
            sums.put(part.file(), prompts.sha256(part));
        }
        root.putObject("settings")
                .put("clipSeconds", settings.cutting().clipSeconds())
                .put("shotThreshold", settings.cutting().shotThreshold())
                .put("framesPerClip", settings.looking().framesPerClip())
                .put("side", settings.looking().side())
                .put("captionTokensMax", settings.asking().captionTokensMax())
                .put("writerTokensMax", settings.asking().writerTokensMax())
                .put("temperature", settings.asking().temperature());
        root.putObject("videos")
                .put("used", report.videos())
                .put("fromEarlierBuild", report.videosReused())
                .put("skipped", report.failures().size())
                .put("seconds", report.videoMs() / 1000.0);
        root.putObject("clips").put("used", report.clips()).put("captionedNow", report.clipsAsked());
        ObjectNode samples = root.putObject("samples").put("written", report.samples());
        samples.put("questionsDropped", report.dropped());
        ObjectNode kinds = samples.putObject("kinds");
        new TreeMap<>(report.kinds()).forEach(kinds::put);
        root.put("requests", report.requests()).put("elapsedSeconds", report.elapsedMs() / 1000.0);
        ArrayNode failures = root.putArray("failures");
        report.failures()
                .forEach(failure ->
                        failures.addObject().put("video", failure.video()).put("reason", failure.reason()));
        try {
            String text = JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
            DurableFile.write(folder.resolve(NAME), text.getBytes(StandardCharsets.UTF_8));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree has a form in JSON", e);
        }
    }
}
