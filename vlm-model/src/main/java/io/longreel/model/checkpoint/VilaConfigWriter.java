package io.longreel.model.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.model.ModelConfig;
import io.longreel.model.checkpoint.VilaExport.Style;
import io.longreel.ops.tensor.DType;

/**
 * The four config.json files of VILA's layout for a model (specification 1.2 to 1.5). Each method completes an object, which is empty or a
 * former checkpoint's: keys that the model's numbers decide are set, other keys stay.
 */
final class VilaConfigWriter {
    private final ModelConfig config;
    private final Style style;
    private final DType storage;

    VilaConfigWriter(ModelConfig config, Style style, DType storage) {
        this.config = config;
        this.style = style;
        this.storage = storage;
    }

    /** The root config, which repeats the parts' configs: VILA finds a part by the presence of its key. */
    void root(ObjectNode json, ObjectNode vision, ObjectNode projector, ObjectNode llm) {
        architecture(json, "LlavaLlamaModel", "llava_llama");
        json.put("mm_vision_select_layer", config.vision().selectLayer());
        json.put("mm_vision_select_feature", "cls_patch");
        json.put("mm_hidden_size", config.vision().hiddenSize());
        json.put("hidden_size", config.llm().hiddenSize());
        json.putIfAbsent("image_aspect_ratio", json.textNode("resize"));
        // VILA's encoders would add a newline behind each frame if not told otherwise.
        json.put("image_encoder", encoder("BasicImageEncoder"));
        json.put(VilaConfigReader.VIDEO_ENCODER, encoder("BasicVideoEncoder"));
        json.put("mm_projector", config.projectorType());
        json.put(VilaConfigReader.IMAGE_TOKEN, config.imageToken());
        json.put("model_dtype", "torch." + torchName());
        json.set("llm_cfg", llm);
        json.set("vision_tower_cfg", vision);
        json.set("mm_projector_cfg", projector);
    }

    void vision(ObjectNode json, boolean poolingHead) {
        ModelConfig.Vision v = config.vision();
        architecture(json, "SiglipVisionModel", "siglip_vision_model");
        json.putIfAbsent("attention_dropout", json.numberNode(0.0));
        json.put("hidden_act", "gelu_pytorch_tanh");
        json.put("hidden_size", v.hiddenSize());
        json.put("image_size", v.imageSize());
        json.put("intermediate_size", v.intermediateSize());
        json.put("layer_norm_eps", decimal(v.layerNormEps()));
        json.put("num_attention_heads", v.heads());
        json.put("num_channels", 3);
        json.put("num_hidden_layers", v.layers());
        json.put("patch_size", v.patchSize());
        json.put("vision_use_head", poolingHead);
        dtype(json);
    }

    void projector(ObjectNode json) {
        architecture(json, "MultimodalProjector", "v2l_projector");
        json.putIfAbsent("mm_projector_type", json.textNode(config.projectorType()));
        dtype(json);
    }

    void llm(ObjectNode json) {
        ModelConfig.Llm l = config.llm();
        architecture(json, "Qwen2ForCausalLM", "qwen2");
        json.putIfAbsent("attention_dropout", json.numberNode(0.0));
        json.put("hidden_act", "silu");
        json.put("hidden_size", l.hiddenSize());
        json.putIfAbsent("initializer_range", json.numberNode(0.02));
        json.put("intermediate_size", l.intermediateSize());
        json.put("max_position_embeddings", l.maxPositions());
        json.put("num_attention_heads", l.heads());
        json.put("num_hidden_layers", l.layers());
        json.put("num_key_value_heads", l.kvHeads());
        json.put("rms_norm_eps", decimal(l.rmsNormEps()));
        json.put("tie_word_embeddings", l.tieEmbeddings());
        json.putIfAbsent("use_cache", json.booleanNode(true));
        json.put("use_sliding_window", false);
        json.put("vocab_size", l.vocabularySize());
        rope(json, l);
        dtype(json);
    }

    private void rope(ObjectNode json, ModelConfig.Llm l) {
        boolean linear = l.ropeScale() != 1.0;
        json.remove("rope_theta");
        json.remove("rope_scaling");
        json.remove("rope_parameters");
        if (style.oldKeys()) {
            json.put("rope_theta", l.ropeTheta());
            if (linear) {
                // "type" is what versions before 4.43 look for.
                json.putObject("rope_scaling")
                        .put("type", "linear")
                        .put("rope_type", "linear")
                        .put("factor", l.ropeScale());
            }
        }
        if (style.newKeys()) {
            ObjectNode parameters = json.putObject("rope_parameters");
            parameters.put("rope_theta", l.ropeTheta());
            parameters.put("rope_type", linear ? "linear" : "default");
            if (linear) {
                parameters.put("factor", l.ropeScale());
            }
        }
    }

    private void dtype(ObjectNode json) {
        json.remove("dtype");
        json.remove("torch_dtype");
        if (style.oldKeys()) {
            json.put("torch_dtype", torchName());
        }
        if (style.newKeys()) {
            json.put("dtype", torchName());
        }
    }

    private String torchName() {
        return switch (storage) {
            case F32 -> "float32";
            case BF16 -> "bfloat16";
            case F16 -> "float16";
            case I32, I64, U8, SUM128 ->
                throw new IllegalStateException("storage must be floating: storage=" + storage);
        };
    }

    private static void architecture(ObjectNode json, String architecture, String modelType) {
        if (!json.has("architectures")) {
            json.putArray("architectures").add(architecture);
        }
        json.putIfAbsent("model_type", json.textNode(modelType));
    }

    private String encoder(String name) {
        ObjectNode json = JsonFile.newObject();
        json.put("_target_", "llava.model.encoders." + name);
        json.putNull("start_tokens");
        if (config.frameEnd().isEmpty()) {
            json.putNull(VilaConfigReader.END_TOKENS);
        } else {
            json.put(VilaConfigReader.END_TOKENS, config.frameEnd());
        }
        return json.toString();
    }

    /** The shortest decimal that reads back as this float, so that 1e-6 does not become 9.99e-7. */
    private static double decimal(float value) {
        return Double.parseDouble(Float.toString(value));
    }
}
