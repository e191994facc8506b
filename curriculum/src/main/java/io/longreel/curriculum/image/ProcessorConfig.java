package io.longreel.curriculum.image;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code preprocessor_config.json} as Hugging Face's {@code SiglipImageProcessor} and {@code CLIPImageProcessor} do: what is missing has
 * their defaults. A value that would change pixels and is not understood is refused, and so is an unknown key that is set: a model that sees
 * other pixels than it was trained on answers worse, and nobody would know why.
 */
final class ProcessorConfig {
    private static final JsonMapper JSON = new JsonMapper();
    private static final int DEFAULT_SIDE = 224;
    private static final int BILINEAR = 2;
    private static final int BICUBIC = 3;
    private static final Set<String> SIGLIP_TYPES =
            Set.of("SiglipImageProcessor", "SiglipImageProcessorFast", "SiglipFeatureExtractor");
    private static final Set<String> CLIP_TYPES =
            Set.of("CLIPImageProcessor", "CLIPImageProcessorFast", "CLIPFeatureExtractor");
    private static final Set<String> READ_KEYS = Set.of(
            "image_processor_type",
            "feature_extractor_type",
            "size",
            "crop_size",
            "do_resize",
            "do_center_crop",
            "do_rescale",
            "rescale_factor",
            "do_normalize",
            "image_mean",
            "image_std",
            "resample");
    /** Pictures are RGB before they come here; the others say who wrote the file, or how arrays are handed about in Python. */
    private static final Set<String> KEYS_WITHOUT_EFFECT = Set.of(
            "do_convert_rgb",
            "processor_class",
            "auto_map",
            "device",
            "return_tensors",
            "input_data_format",
            "default_to_square",
            "disable_grouping",
            "transformers_version");

    private static final List<Double> HALF = List.of(0.5, 0.5, 0.5);
    private static final List<Double> CLIP_MEAN = List.of(0.48145466, 0.4578275, 0.40821073);
    private static final List<Double> CLIP_STD = List.of(0.26862954, 0.26130258, 0.27577711);

    private final Path file;
    private final JsonNode root;
    private final boolean clip;

    private ProcessorConfig(Path file, JsonNode root) {
        this.file = file;
        this.root = root;
        this.clip = isClip();
    }

    static ProcessorSettings read(Path file) {
        try {
            JsonNode root = JSON.readTree(Files.readAllBytes(file));
            if (!root.isObject()) {
                throw refused(file, "it holds no JSON object", "copy it from the checkpoint again", null);
            }
            return new ProcessorConfig(file, root).settings();
        } catch (JsonProcessingException e) {
            throw refused(file, "it is no JSON (%s)".formatted(e.getOriginalMessage()), "copy it again", e);
        } catch (IOException e) {
            throw refused(file, "it cannot be read (%s)".formatted(e), "check that it is there", e);
        }
    }

    private ProcessorSettings settings() {
        refuseUnknownKeys();
        Optional<ProcessorSettings.Resize> resize = flag("do_resize", true) ? Optional.of(resize()) : Optional.empty();
        boolean crops = flag("do_center_crop", clip);
        if (crops && !clip) {
            throw refused("do_center_crop=true: SigLIP's processor does not crop");
        }
        boolean normalises = flag("do_normalize", true);
        return new ProcessorSettings(
                resize,
                resampling(),
                crops ? Optional.of(size("crop_size")) : Optional.empty(),
                flag("do_rescale", true) ? number("rescale_factor", 1 / 255.0) : 1,
                normalises ? channels("image_mean", clip ? CLIP_MEAN : HALF) : List.of(0.0, 0.0, 0.0),
                normalises ? deviations() : List.of(1.0, 1.0, 1.0));
    }

    private boolean isClip() {
        for (String key : List.of("image_processor_type", "feature_extractor_type")) {
            JsonNode type = value(key);
            if (!type.isMissingNode() && !SIGLIP_TYPES.contains(type.asText()) && !CLIP_TYPES.contains(type.asText())) {
                throw refused("%s=%s: only the processors of SigLIP and CLIP are known".formatted(key, type));
            }
            if (CLIP_TYPES.contains(type.asText())) {
                return true;
            }
        }
        return false;
    }

    private void refuseUnknownKeys() {
        root.properties().forEach(entry -> {
            String key = entry.getKey();
            JsonNode value = entry.getValue();
            boolean unset = value.isNull() || (value.isBoolean() && !value.asBoolean());
            boolean known = key.startsWith("_") || READ_KEYS.contains(key) || KEYS_WITHOUT_EFFECT.contains(key);
            boolean usual = key.equals("data_format") && value.asText().equals("channels_first");
            if (!unset && !known && !usual) {
                throw refused("%s=%s is not understood".formatted(key, value));
            }
        });
    }

    /** A number is a square for SigLIP and the shorter side for CLIP, as in Hugging Face's {@code get_size_dict}. */
    private ProcessorSettings.Resize resize() {
        JsonNode size = value("size");
        JsonNode edge = size.path("shortest_edge");
        if (clip && size.isMissingNode()) {
            return new ProcessorSettings.ShortestEdge(DEFAULT_SIDE);
        }
        if (clip && size.isNumber()) {
            return new ProcessorSettings.ShortestEdge(side("size", size));
        }
        if (size.size() == 1 && !edge.isMissingNode()) {
            if (!clip) {
                throw refused("size=%s: SigLIP's processor takes height and width".formatted(size));
            }
            return new ProcessorSettings.ShortestEdge(side("size.shortest_edge", edge));
        }
        return new ProcessorSettings.Exactly(size("size"));
    }

    private PictureSize size(String key) {
        JsonNode size = value(key);
        if (size.isMissingNode()) {
            return new PictureSize(DEFAULT_SIDE, DEFAULT_SIDE);
        }
        if (size.isNumber()) {
            return new PictureSize(side(key, size), side(key, size));
        }
        if (size.size() != 2) {
            throw refused("%s=%s: height and width must stand there, and nothing else".formatted(key, size));
        }
        return new PictureSize(side(key + ".width", size.path("width")), side(key + ".height", size.path("height")));
    }

    private int side(String key, JsonNode value) {
        if (!value.canConvertToExactIntegral() || value.asLong() < 1 || value.asLong() > PictureHeader.SIDE_MAX) {
            throw refused("%s=%s: it must be a number of pixels".formatted(key, value));
        }
        return value.asInt();
    }

    private Resampling resampling() {
        JsonNode value = value("resample");
        if (value.isMissingNode()) {
            return Resampling.BICUBIC;
        }
        return switch (value.canConvertToExactIntegral() ? value.asInt() : -1) {
            case BILINEAR -> Resampling.BILINEAR;
            case BICUBIC -> Resampling.BICUBIC;
            default -> throw refused("resample=%s: only 2 (bilinear) and 3 (bicubic) are known".formatted(value));
        };
    }

    private List<Double> deviations() {
        List<Double> std = channels("image_std", clip ? CLIP_STD : HALF);
        if (std.contains(0.0)) {
            throw refused("image_std=%s: it must not be 0".formatted(value("image_std")));
        }
        return std;
    }

    /** A list of three numbers, or one that stands for all. */
    private List<Double> channels(String key, List<Double> missing) {
        JsonNode value = value(key);
        if (value.isMissingNode()) {
            return missing;
        }
        List<Double> numbers = new ArrayList<>();
        for (int channel = 0; channel < Picture.CHANNELS; channel++) {
            JsonNode number = value.isArray() && value.size() == Picture.CHANNELS ? value.get(channel) : value;
            if (!number.isNumber()) {
                throw refused("%s=%s: three numbers must stand there".formatted(key, value));
            }
            numbers.add(number.asDouble());
        }
        return List.copyOf(numbers);
    }

    private double number(String key, double missing) {
        JsonNode value = value(key);
        if (!value.isMissingNode() && !value.isNumber()) {
            throw refused("%s=%s: it must be a number".formatted(key, value));
        }
        return value.asDouble(missing);
    }

    private boolean flag(String key, boolean missing) {
        JsonNode value = value(key);
        if (!value.isMissingNode() && !value.isBoolean()) {
            throw refused("%s=%s: it must be true or false".formatted(key, value));
        }
        return value.asBoolean(missing);
    }

    /** The value of a key; null counts as missing. */
    private JsonNode value(String key) {
        JsonNode value = root.path(key);
        return value.isNull() ? JsonNodeFactory.instance.missingNode() : value;
    }

    private RuntimeFailure refused(String what) {
        return refused(file, what, "its pixels would differ from those the model was trained on", null);
    }

    private static RuntimeFailure refused(Path file, String what, String advice, @Nullable Throwable cause) {
        String line = "image processor %s: %s; %s".formatted(file, what, advice);
        return new RuntimeFailure(RuntimeFailure.Category.DATA, line.replaceAll("\\s+", " "), cause);
    }
}
