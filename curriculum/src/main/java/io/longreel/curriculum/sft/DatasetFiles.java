package io.longreel.curriculum.sft;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.model.checkpoint.DurableFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The files of a data set: samples as LLaVA has them, and the piece of configuration that names them. Each appears whole or not at all.
 * Equal texts give equal files, whichever builds made them.
 */
final class DatasetFiles {
    static final String DATASET = "dataset.jsonl";
    static final String CONFIGURATION = "dataset.conf";
    static final String SUMMARY = "Summary";

    private static final ObjectMapper JSON = new ObjectMapper();

    /** A video that is in the data set. */
    record Entry(VideoFile video, VideoText text) {}

    private DatasetFiles() {}

    /**
     * @param summaryQuestions what a summary is asked for with, one of the lines for each video
     * @param source of the samples, in words
     * @return how many samples there are of each kind
     */
    static Map<String, Integer> write(
            Path folder, String name, Path media, List<Entry> entries, String summaryQuestions, String source) {
        List<String> questions = summaryQuestions
                .lines()
                .filter(line -> !line.isBlank())
                .map(String::strip)
                .toList();
        Map<String, Integer> kinds = new TreeMap<>();
        DurableFile.write(folder.resolve(DATASET), file -> {
            kinds.clear();
            for (Entry entry : entries) {
                String video = entry.video().under(media);
                int number = 0;
                String asked = questions.get(Math.floorMod(video.hashCode(), questions.size()));
                kinds.merge(SUMMARY, 1, Integer::sum);
                file.write(line(
                        sample(video, number++, SUMMARY, asked, entry.text().summary(), source)));
                for (QaPair pair : entry.text().pairs()) {
                    kinds.merge(pair.kind().word(), 1, Integer::sum);
                    file.write(
                            line(sample(video, number++, pair.kind().word(), pair.question(), pair.answer(), source)));
                }
            }
        });
        String configuration = """
                # Made by "longreel data build-sft". Include this file in a run's configuration.
                longreel.data.datasets.%s {
                  format = llava
                  files = [%s]
                  media = %s
                }
                """.formatted(
                        name,
                        quoted(folder.resolve(DATASET).toAbsolutePath().normalize()),
                        quoted(media.toAbsolutePath().normalize()));
        DurableFile.write(folder.resolve(CONFIGURATION), configuration.getBytes(StandardCharsets.UTF_8));
        return kinds;
    }

    private static ObjectNode sample(
            String video, int number, String kind, String question, String answer, String source) {
        ObjectNode sample = JSON.createObjectNode()
                .put("id", "%s-%02d".formatted(video, number))
                .put("video", video);
        ArrayNode conversation = sample.putArray("conversations");
        conversation.addObject().put("from", "human").put("value", "<video>\n" + question);
        conversation.addObject().put("from", "gpt").put("value", answer);
        return sample.put("kind", kind).put("source", source);
    }

    private static ByteBuffer line(ObjectNode object) {
        return ByteBuffer.wrap((text(object) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** HOCON quotes as JSON does. */
    private static String quoted(Path path) {
        return text(JSON.getNodeFactory().textNode(path.toString()));
    }

    private static String text(com.fasterxml.jackson.databind.JsonNode node) {
        try {
            return JSON.writeValueAsString(node);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree has a form in JSON", e);
        }
    }
}
