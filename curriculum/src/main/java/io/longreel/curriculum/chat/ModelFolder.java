package io.longreel.curriculum.chat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.StageSettings.Aspect;
import io.longreel.model.checkpoint.ModelOrigin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;

/**
 * What the files of a model in VILA's layout say about being asked, beside its numbers: how media are looked at (specification 1.2 and 2.1), and which tokens
 * end an answer. A setting that this version cannot follow is refused, never ignored. Immutable.
 *
 * @param framesMax most frames of a video that the model was made for
 * @param aspect how what is not square becomes square
 * @param tilesMax most tiles of an image; 1 unless they are dynamic
 * @param endIds tokens at which the model ends what it says
 */
record ModelFolder(int framesMax, Aspect aspect, int tilesMax, NavigableSet<Integer> endIds) {
    private static final JsonMapper JSON = new JsonMapper();
    private static final String CONFIG = "config.json";
    private static final String GENERATION = "generation_config.json";
    private static final int FRAMES_UNSAID = 8;
    private static final int TILES_UNSAID = 12;

    static ModelFolder read(ModelOrigin origin) {
        Optional<JsonNode> root = origin.root().flatMap(folder -> json(folder.resolve(CONFIG)));
        Path where = origin.root().orElse(origin.llm()).resolve(CONFIG);
        Aspect aspect = root.map(node -> aspect(node, where)).orElse(Aspect.RESIZE);
        int tiles = root.map(node -> positive(node, "max_tiles", TILES_UNSAID, where))
                .orElse(TILES_UNSAID);
        if (aspect == Aspect.DYNAMIC && positive(root.orElseThrow(), "min_tiles", 1, where) != 1) {
            throw wrong(where, "min_tiles", "1");
        }
        return new ModelFolder(
                root.map(node -> positive(node, "num_video_frames", FRAMES_UNSAID, where))
                        .orElse(FRAMES_UNSAID),
                aspect,
                aspect == Aspect.DYNAMIC ? tiles : 1,
                endIds(origin));
    }

    /** {@code square} and nothing at all leave everything to the processor, which makes squares by resizing. */
    private static Aspect aspect(JsonNode root, Path file) {
        return switch (root.path("image_aspect_ratio").asText("")) {
            case "", "null", "square", "resize" -> Aspect.RESIZE;
            case "pad" -> Aspect.PAD;
            case "dynamic" -> Aspect.DYNAMIC;
            default -> throw wrong(file, "image_aspect_ratio", "resize, pad or dynamic");
        };
    }

    private static int positive(JsonNode root, String key, int unsaid, Path file) {
        if (!root.hasNonNull(key)) {
            return unsaid;
        }
        int value = root.get(key).isInt() ? root.get(key).intValue() : 0;
        if (value < 1) {
            throw wrong(file, key, "an integer of at least 1");
        }
        return value;
    }

    /** As transformers has them: one id, or a list; those of all files together. */
    private static NavigableSet<Integer> endIds(ModelOrigin origin) {
        NavigableSet<Integer> ids = new TreeSet<>();
        for (String name : new String[] {CONFIG, GENERATION}) {
            addEnds(origin.llm().resolve(name), ids);
            origin.root().ifPresent(root -> addEnds(root.resolve(name), ids));
        }
        return ids;
    }

    private static void addEnds(Path file, NavigableSet<Integer> ids) {
        JsonNode ends = json(file).map(node -> node.path("eos_token_id")).orElseGet(JSON::missingNode);
        if (ends.isInt()) {
            ids.add(ends.intValue());
        }
        for (JsonNode end : ends) {
            ids.add(end.intValue());
        }
    }

    private static Optional<JsonNode> json(Path file) {
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        try {
            return Optional.of(JSON.readTree(Files.readAllBytes(file)));
        } catch (JsonProcessingException e) {
            throw unreadable(file, e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw unreadable(file, String.valueOf(e.getMessage()), e);
        }
    }

    private static RuntimeFailure unreadable(Path file, String why, IOException cause) {
        return new RuntimeFailure(
                RuntimeFailure.Category.DATA, "file %s of the model cannot be read: %s".formatted(file, why), cause);
    }

    private static RuntimeFailure wrong(Path file, String key, String expected) {
        return RuntimeFailure.data(
                "bad model configuration: key=%s expected=%s file=%s".formatted(key, expected, file));
    }
}
