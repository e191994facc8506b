package io.longreel.model.state;

import io.longreel.model.ModelConfig;
import io.longreel.ops.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Name and shape of one parameter. Names are a part's prefix and the Hugging Face name of transformers 5.x; older spellings exist only in
 * checkpoint files (specification 1.3 to 1.5).
 */
public record ParameterSpec(String name, int[] shape) {
    public static final String VISION = "vision_tower.";
    public static final String PROJECTOR = "mm_projector.";
    public static final String LLM = "llm.";

    public long elements() {
        return Tensor.elements(shape);
    }

    /** Every parameter of a model, in the order in which they lie in the flat buffer. */
    public static List<ParameterSpec> of(ModelConfig config) {
        List<ParameterSpec> specs = new ArrayList<>();
        vision(config.vision(), specs);
        projector(config, specs);
        decoder(config.llm(), specs);
        return List.copyOf(specs);
    }

    /** Prefix of a vision block, with its trailing dot. */
    public static String visionLayer(int layer) {
        return VISION + "encoder.layers." + layer + ".";
    }

    /** Prefix of a decoder layer, with its trailing dot. */
    public static String decoderLayer(int layer) {
        return LLM + "model.layers." + layer + ".";
    }

    private static void vision(ModelConfig.Vision v, List<ParameterSpec> specs) {
        int c = v.hiddenSize();
        add(specs, VISION + "embeddings.patch_embedding.weight", c, 3, v.patchSize(), v.patchSize());
        add(specs, VISION + "embeddings.patch_embedding.bias", c);
        add(specs, VISION + "embeddings.position_embedding.weight", v.patches(), c);
        for (int layer = 0; layer < v.layers(); layer++) {
            String prefix = visionLayer(layer);
            norm(specs, prefix + "layer_norm1", c);
            for (String part : List.of("q_proj", "k_proj", "v_proj", "out_proj")) {
                linear(specs, prefix + "self_attn." + part, c, c);
            }
            norm(specs, prefix + "layer_norm2", c);
            linear(specs, prefix + "mlp.fc1", v.intermediateSize(), c);
            linear(specs, prefix + "mlp.fc2", c, v.intermediateSize());
        }
        norm(specs, VISION + "post_layernorm", c);
    }

    private static void projector(ModelConfig config, List<ParameterSpec> specs) {
        int in = 4 * config.vision().hiddenSize();
        int hidden = config.llm().hiddenSize();
        norm(specs, PROJECTOR + "layers.1", in);
        linear(specs, PROJECTOR + "layers.2", hidden, in);
        linear(specs, PROJECTOR + "layers.4", hidden, hidden);
    }

    private static void decoder(ModelConfig.Llm l, List<ParameterSpec> specs) {
        int d = l.hiddenSize();
        int kv = l.kvHeads() * l.headDim();
        add(specs, LLM + "model.embed_tokens.weight", l.vocabularySize(), d);
        for (int layer = 0; layer < l.layers(); layer++) {
            String prefix = decoderLayer(layer);
            add(specs, prefix + "input_layernorm.weight", d);
            linear(specs, prefix + "self_attn.q_proj", d, d);
            linear(specs, prefix + "self_attn.k_proj", kv, d);
            linear(specs, prefix + "self_attn.v_proj", kv, d);
            add(specs, prefix + "self_attn.o_proj.weight", d, d);
            add(specs, prefix + "post_attention_layernorm.weight", d);
            add(specs, prefix + "mlp.gate_proj.weight", l.intermediateSize(), d);
            add(specs, prefix + "mlp.up_proj.weight", l.intermediateSize(), d);
            add(specs, prefix + "mlp.down_proj.weight", d, l.intermediateSize());
        }
        add(specs, LLM + "model.norm.weight", d);
        if (!l.tieEmbeddings()) {
            add(specs, LLM + "lm_head.weight", l.vocabularySize(), d);
        }
    }

    private static void norm(List<ParameterSpec> specs, String name, int width) {
        add(specs, name + ".weight", width);
        add(specs, name + ".bias", width);
    }

    private static void linear(List<ParameterSpec> specs, String name, int out, int in) {
        add(specs, name + ".weight", out, in);
        add(specs, name + ".bias", out);
    }

    private static void add(List<ParameterSpec> specs, String name, int... shape) {
        specs.add(new ParameterSpec(name, shape));
    }
}
