package io.longreel.curriculum.needle;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.image.ImageLayout;
import io.longreel.curriculum.image.PictureFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Needles of the user's: {@code [{"image": "poster.png", "question": "\nWhat is sold?", "answer": "Pears"}, ...]}. Images lie beside the file unless their paths are
 * absolute; other keys are left alone. Read and decoded at once.
 *
 * @param files those that the needles depend on: the list and the images
 */
record NeedleFile(List<HiddenNeedle> needles, List<Path> files) {
    private static final JsonMapper JSON = new JsonMapper();

    static NeedleFile read(Path file, ImageLayout layout) {
        JsonNode list = json(file);
        if (!list.isArray() || list.isEmpty()) {
            throw RuntimeFailure.data(
                    "needles %s must be a JSON list of objects with image, question and answer".formatted(file));
        }
        List<HiddenNeedle> needles = new ArrayList<>();
        List<Path> files = new ArrayList<>(List.of(file));
        for (int i = 0; i < list.size(); i++) {
            Path image = file.resolveSibling(text(file, list.get(i), i, "image"));
            files.add(image);
            float[] pixels_3hw = new float[Math.toIntExact(layout.processor().sizeBytes() / Float.BYTES)];
            layout.readFrame(PictureFile.at(image).read(), MemorySegment.ofArray(pixels_3hw));
            needles.add(new HiddenNeedle(
                    new HiddenNeedle.Thing.Shown(image, i, pixels_3hw),
                    text(file, list.get(i), i, "question"),
                    text(file, list.get(i), i, "answer")));
        }
        return new NeedleFile(List.copyOf(needles), List.copyOf(files));
    }

    private static String text(Path file, JsonNode needle, int index, String field) {
        JsonNode value = needle.path(field);
        if (!value.isTextual() || value.asText().isBlank()) {
            throw RuntimeFailure.data("needle %d of %s must have a text as its %s: found=%s"
                    .formatted(index + 1, file, field, value.isMissingNode() ? "nothing" : value));
        }
        return value.asText();
    }

    private static JsonNode json(Path file) {
        if (!Files.isRegularFile(file)) {
            throw RuntimeFailure.data("needles %s: there is no such file; check the path".formatted(file));
        }
        try {
            return JSON.readTree(Files.readAllBytes(file));
        } catch (JsonProcessingException e) {
            throw unreadable(file, "line %d: %s".formatted(lineOf(e), e.getOriginalMessage()), e);
        } catch (IOException e) {
            throw unreadable(file, String.valueOf(e.getMessage()), e);
        }
    }

    private static int lineOf(JsonProcessingException e) {
        return e.getLocation() == null ? 0 : e.getLocation().getLineNr();
    }

    private static RuntimeFailure unreadable(Path file, String why, IOException cause) {
        String line = why.lines().findFirst().orElse("");
        return new RuntimeFailure(
                RuntimeFailure.Category.DATA, "needles %s cannot be read: %s".formatted(file, line), cause);
    }
}
