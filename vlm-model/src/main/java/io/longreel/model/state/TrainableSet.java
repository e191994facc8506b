package io.longreel.model.state;

import io.longreel.config.StageSettings.Part;
import io.longreel.model.ModelConfig;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Which parameters a stage trains. Vision blocks beyond the selected hidden state and the tower's post-norm are never run, so they never train, and no
 * weight decay touches them.
 */
public final class TrainableSet {
    private static final List<String> ADAPTED = List.of("q_proj", "k_proj", "v_proj", "o_proj");

    private final ModelConfig config;
    private final Set<Part> parts;

    public TrainableSet(ModelConfig config, Set<Part> parts) {
        this.config = config;
        this.parts = Set.copyOf(parts);
    }

    /** Whether a parameter of the model itself trains (adapters are not parameters of the model). */
    public boolean contains(String name) {
        Part part = partOf(name);
        boolean isNamed = parts.stream().anyMatch(named -> named.contains(part));
        return isNamed && (part != Part.VISION_TOWER || isUsed(name));
    }

    /** Which part a parameter belongs to, adapters' matrices included: the narrowest that has a name of its own. */
    public static Part partOf(String name) {
        if (name.startsWith(ParameterSpec.VISION)) {
            return Part.VISION_TOWER;
        }
        if (name.startsWith(ParameterSpec.PROJECTOR)) {
            return Part.PROJECTOR;
        }
        if (name.contains(".lora_")) {
            return Part.LORA;
        }
        if (name.endsWith("norm.weight")) {
            return Part.NORMS;
        }
        return name.endsWith("embed_tokens.weight") ? Part.EMBEDDING : Part.LLM;
    }

    /** Names of the linear layers that carry an adapter, q, k, v and o of each decoder layer; none without LORA. */
    public List<String> adaptedLayers() {
        if (!parts.contains(Part.LORA)) {
            return List.of();
        }
        return IntStream.range(0, config.llm().layers())
                .boxed()
                .flatMap(layer -> ADAPTED.stream().map(p -> ParameterSpec.decoderLayer(layer) + "self_attn." + p))
                .toList();
    }

    private boolean isUsed(String name) {
        if (name.startsWith(ParameterSpec.VISION + "post_layernorm")) {
            return false;
        }
        for (int layer = config.vision().usedLayers(); layer < config.vision().layers(); layer++) {
            if (name.startsWith(ParameterSpec.visionLayer(layer))) {
                return false;
            }
        }
        return true;
    }
}
