package io.longreel.model.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import io.longreel.config.RuntimeFailure;
import io.longreel.model.ModelConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Reads the numbers of a model from the four config.json files of VILA's layout (specification 1.2 to 1.5), as transformers 4.x and 5.x write
 * them. Settings that would change the computation and that this version does not have are refused, never ignored.
 */
final class VilaConfigReader {
    static final String CONFIG = "config.json";
    static final String LLM = "llm";
    static final String VISION = "vision_tower";
    static final String PROJECTOR = "mm_projector";
    static final String IMAGE_TOKEN = "image_token_index";

    /** Other names of {@code mlp_downsample}: the same function, the same tensors (specification 1.4). */
    private static final List<String> DOWNSAMPLE_ALIASES = List.of("mlp_downsample_2x2_fix", "mlp_downsample_fix");

    private VilaConfigReader() {}

    static ModelConfig read(Path directory) {
        ConfigFile root = file(directory, Path.of(CONFIG));
        ConfigFile llm = file(directory, Path.of(LLM, CONFIG));
        ConfigFile vision = file(directory, Path.of(VISION, CONFIG));
        ConfigFile projector = file(directory, Path.of(PROJECTOR, CONFIG));
        refuseOtherInputs(root);
        ModelConfig.Vision visionNumbers = vision(vision, root);
        ModelConfig.Llm llmNumbers = llm(llm);
        root.allow("mm_hidden_size", List.of(Integer.toString(visionNumbers.hiddenSize())));
        return new ModelConfig(
                visionNumbers,
                llmNumbers,
                projectorType(projector),
                imageToken(root, directory.resolve(LLM), llmNumbers));
    }

    private static ConfigFile file(Path directory, Path relative) {
        Path file = directory.resolve(relative);
        if (!Files.isRegularFile(file)) {
            throw RuntimeFailure.data(
                    "checkpoint must be a directory with config.json, llm/, vision_tower/ and mm_projector/: missing=%s directory=%s"
                            .formatted(relative, directory));
        }
        return ConfigFile.read(file);
    }

    private static void refuseOtherInputs(ConfigFile root) {
        root.allow("mm_vision_select_feature", List.of("cls_patch"));
        for (String key : List.of("s2", "dynamic_s2", "ps3", "mm_use_im_start_end", "mm_use_im_patch_token")) {
            root.allow(key, List.of("false"));
        }
    }

    private static ModelConfig.Vision vision(ConfigFile vision, ConfigFile root) {
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
                root.integer("mm_vision_select_layer"));
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
