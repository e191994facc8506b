package io.longreel.model.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.RuntimeFailure;
import io.longreel.model.ModelConfig;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads the numbers of a model from the four config.json files of VILA's layout (specification 1.2 to 1.5), as transformers 4.x and 5.x write
 * them; of parts that no root config.json joins, what that would say is what LongVILA trains with. Settings that would change the computation and that this version does not have are refused, never ignored.
 */
final class VilaConfigReader {
    static final String CONFIG = "config.json";
    static final String LLM = "llm";
    static final String VISION = "vision_tower";
    static final String PROJECTOR = "mm_projector";
    static final String IMAGE_TOKEN = "image_token_index";

    private static final String SELECT_LAYER = "mm_vision_select_layer";
    static final String VIDEO_ENCODER = "video_encoder";
    static final String END_TOKENS = "end_tokens";
    private static final String FRAME_END_UNSAID = "\n";

    /** What LongVILA trains with. */
    private static final int SELECT_LAYER_UNSAID = -2;

    private static final String TOWER = "vision_config";
    private static final Map<String, Integer> BASE_TOWER = Map.of(
            "hidden_size",
            768,
            "intermediate_size",
            3072,
            "num_hidden_layers",
            12,
            "num_attention_heads",
            12,
            "image_size",
            224,
            "patch_size",
            16);

    /** Other names of {@code mlp_downsample}: the same function, the same tensors (specification 1.4). */
    private static final List<String> DOWNSAMPLE_ALIASES = List.of("mlp_downsample_2x2_fix", "mlp_downsample_fix");

    private VilaConfigReader() {}

    static ModelConfig read(ModelOrigin origin) {
        ConfigFile root = origin.root()
                .map(folder -> file(origin, folder))
                .orElseGet(() -> new ConfigFile(origin.llm().resolve(CONFIG), JsonFile.newObject()));
        ConfigFile llm = file(origin, origin.llm());
        ConfigFile vision = tower(file(origin, origin.visionTower()));
        Optional<ConfigFile> projector = origin.projector().map(folder -> file(origin, folder));
        refuseOtherInputs(root);
        boolean mayBeUnsaid = projector.isEmpty() || origin.root().isEmpty();
        int selectLayer = mayBeUnsaid && !root.has(SELECT_LAYER) ? SELECT_LAYER_UNSAID : root.integer(SELECT_LAYER);
        ModelConfig.Vision visionNumbers = vision(vision, selectLayer);
        ModelConfig.Llm llmNumbers = llm(llm);
        root.allow("mm_hidden_size", List.of(Integer.toString(visionNumbers.hiddenSize())));
        return new ModelConfig(
                visionNumbers,
                llmNumbers,
                projector.map(VilaConfigReader::projectorType).orElse(ModelConfig.MLP_DOWNSAMPLE),
                imageToken(root, origin.llm(), llmNumbers),
                frameEnd(root));
    }

    /** Whether a root config.json says that there is a projector beside it. */
    static boolean promisesProjector(Path rootConfig) {
        ConfigFile root = ConfigFile.read(rootConfig);
        return root.has("mm_projector_cfg") || root.has("mm_projector");
    }

    /** The vision tower's own object: a whole SigLIP, with its text tower, has it inside. */
    static ObjectNode tower(ObjectNode json) {
        return json.path("model_type").asText().equals("siglip") && json.get(TOWER) instanceof ObjectNode tower
                ? tower
                : json;
    }

    /** Likewise; a whole SigLIP leaves out what is as in SigLIP's base model. */
    private static ConfigFile tower(ConfigFile vision) {
        ObjectNode tower = tower(vision.json());
        if (vision.has(TOWER)) {
            BASE_TOWER.forEach((key, value) -> tower.putIfAbsent(key, tower.numberNode(value)));
        }
        return new ConfigFile(vision.file(), tower);
    }

    private static ConfigFile file(ModelOrigin origin, Path folder) {
        Path file = folder.resolve(CONFIG);
        if (Files.isRegularFile(file)) {
            return ConfigFile.read(file);
        }
        throw RuntimeFailure.data(origin.root()
                .map(directory ->
                        "checkpoint must be a directory with config.json, llm/, vision_tower/ and mm_projector/: missing=%s directory=%s"
                                .formatted(directory.relativize(file), directory))
                .orElseGet(() -> "part of a model must be a folder with %s: missing=%s".formatted(CONFIG, file)));
    }

    private static void refuseOtherInputs(ConfigFile root) {
        root.allow("mm_vision_select_feature", List.of("cls_patch"));
        for (String key : List.of("s2", "dynamic_s2", "ps3", "mm_use_im_start_end", "mm_use_im_patch_token")) {
            root.allow(key, List.of("false"));
        }
    }

    private static ModelConfig.Vision vision(ConfigFile vision, int selectLayer) {
        vision.allow("model_type", List.of("siglip_vision_model"));
        vision.allow("hidden_act", List.of("gelu_pytorch_tanh"));
        vision.allow("num_channels", List.of("3"));
        return new ModelConfig.Vision(
                vision.positiveInt("hidden_size"),
                vision.positiveInt("intermediate_size"),
                vision.positiveInt("num_hidden_layers"),
                vision.positiveInt("num_attention_heads"),
                vision.positiveInt("image_size"),
                vision.positiveInt("patch_size"),
                (float) vision.positiveOr("layer_norm_eps", 1e-6),
                selectLayer);
    }

    private static ModelConfig.Llm llm(ConfigFile llm) {
        llm.allow("model_type", List.of("qwen2"));
        llm.allow("hidden_act", List.of("silu"));
        llm.allow("use_sliding_window", List.of("false"));
        int hidden = llm.positiveInt("hidden_size");
        int heads = llm.positiveInt("num_attention_heads");
        llm.allow("head_dim", List.of(Integer.toString(hidden / heads)));
        return new ModelConfig.Llm(
                llm.positiveInt("vocab_size"),
                hidden,
                llm.positiveInt("intermediate_size"),
                llm.positiveInt("num_hidden_layers"),
                heads,
                llm.has("num_key_value_heads") ? llm.positiveInt("num_key_value_heads") : heads,
                llm.positiveInt("max_position_embeddings"),
                ropeTheta(llm),
                ropeScale(llm),
                (float) llm.positiveOr("rms_norm_eps", 1e-6),
                llm.flagOr("tie_word_embeddings", false));
    }

    private static double ropeTheta(ConfigFile llm) {
        ConfigFile parameters = llm.child("rope_parameters");
        return parameters.has("rope_theta") ? parameters.positive("rope_theta") : llm.positive("rope_theta");
    }

    /** transformers 5.x keeps theta and scaling together in {@code rope_parameters}, 4.x has {@code rope_scaling}. */
    private static double ropeScale(ConfigFile llm) {
        ConfigFile scaling = llm.child(llm.has("rope_parameters") ? "rope_parameters" : "rope_scaling");
        String type = scaling.textOr("rope_type", scaling.textOr("type", "default"));
        return switch (type) {
            case "default" -> 1.0;
            case "linear" -> scaling.positive("factor");
            default -> throw scaling.wrong(scaling.has("rope_type") ? "rope_type" : "type", "default or linear");
        };
    }

    private static String projectorType(ConfigFile projector) {
        String type = projector.textOr("mm_projector_type", "");
        if (type.equals(ModelConfig.MLP_DOWNSAMPLE) || DOWNSAMPLE_ALIASES.contains(type)) {
            return ModelConfig.MLP_DOWNSAMPLE;
        }
        throw projector.wrong("mm_projector_type", ModelConfig.MLP_DOWNSAMPLE);
    }

    /**
     * What VILA's encoder of videos puts behind each frame: {@code end_tokens} of the root's {@code video_encoder}, an object or its text; a line break
     * where nothing is said.
     */
    private static String frameEnd(ConfigFile root) {
        if (!root.has(VIDEO_ENCODER)) {
            return FRAME_END_UNSAID;
        }
        JsonNode said = root.json().get(VIDEO_ENCODER);
        JsonNode encoder =
                said.isTextual() ? JsonFile.parse(said.asText().getBytes(StandardCharsets.UTF_8), root.file()) : said;
        if (!encoder.has(END_TOKENS)) {
            return FRAME_END_UNSAID;
        }
        return encoder.get(END_TOKENS).isNull() ? "" : encoder.get(END_TOKENS).asText();
    }

    /**
     * The id that stands for a frame: the root config's, else the tokenizer's {@code <image>}, else the id that VILA gives when it loads a
     * checkpoint: it adds {@code <vila/sentinel>}, {@code <image>} and {@code <vila/video>} after the rows of the embedding table, in this order
     * (specification 1.5). The id need not have a row: frames never look it up.
     */
    private static int imageToken(ConfigFile root, Path llmFolder, ModelConfig.Llm llm) {
        if (root.has(IMAGE_TOKEN)) {
            int id = root.integer(IMAGE_TOKEN);
            if (id < 0) {
                throw root.wrong(IMAGE_TOKEN, "a token id");
            }
            return id;
        }
        Path added = llmFolder.resolve("added_tokens.json");
        if (Files.isRegularFile(added) && ConfigFile.read(added).has("<image>")) {
            return ConfigFile.read(added).integer("<image>");
        }
        Path tokenizer = llmFolder.resolve("tokenizer_config.json");
        if (Files.isRegularFile(tokenizer)) {
            for (Map.Entry<String, JsonNode> token :
                    JsonFile.read(tokenizer).path("added_tokens_decoder").properties()) {
                if (token.getValue().path("content").asText().equals("<image>")) {
                    return Integer.parseInt(token.getKey());
                }
            }
        }
        return llm.vocabularySize() + 1;
    }
}
