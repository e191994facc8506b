package io.longreel.model.state;

import io.longreel.model.ModelConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Parameters that a pass uses together: an embedding, a block, a layer. Their elements lie end to end and are cut evenly over all ranks, whatever of
 * them trains, so that a rank's share of weights, gradients and optimizer state is the same range in every stage (FSDP, Zhao et al. 2023, section 3).
 * Named by the prefix of its parameters. Immutable.
 */
public final class Unit {
    /** Patches and positions of the vision tower. */
    public static final String VISION_EMBEDDINGS = ParameterSpec.VISION + "embeddings.";

    /** Token embedding; also the head where the two are tied. */
    public static final String EMBEDDING = ParameterSpec.LLM + "model.embed_tokens.";

    public static final String FINAL_NORM = ParameterSpec.LLM + "model.norm.";
    public static final String HEAD = ParameterSpec.LLM + "lm_head.";

    private final String name;
    private final List<ParameterSpec> specs;
    private final FlatSpace space;

    private Unit(String name, List<ParameterSpec> specs) {
        this.name = name;
        this.specs = List.copyOf(specs);
        Map<String, Long> sizes = new LinkedHashMap<>();
        for (ParameterSpec spec : specs) {
            if (sizes.put(spec.name(), spec.elements()) != null) {
                throw new IllegalArgumentException("parameter names must be unique: name=" + spec.name());
            }
        }
        this.space = FlatSpace.of(sizes);
    }

    public static Unit of(String name, List<ParameterSpec> specs) {
        return new Unit(name, specs);
    }

    /** All parameters of a model in units, in the order in which a forward pass uses them. */
    public static List<Unit> of(ModelConfig config) {
        List<String> names = names(config);
        Map<String, List<ParameterSpec>> members = new LinkedHashMap<>();
        for (ParameterSpec spec : ParameterSpec.of(config)) {
            String unit = names.stream()
                    .filter(spec.name()::startsWith)
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("parameter must be in a unit: name=" + spec.name()));
            members.computeIfAbsent(unit, key -> new ArrayList<>()).add(spec);
        }
        return members.entrySet().stream()
                .map(e -> of(e.getKey(), e.getValue()))
                .toList();
    }

    /** Name of the unit that is the head. */
    public static String head(ModelConfig.Llm config) {
        return config.tieEmbeddings() ? EMBEDDING : HEAD;
    }

    public String name() {
        return name;
    }

    public List<ParameterSpec> specs() {
        return specs;
    }

    public ParameterSpec spec(String parameter) {
        return specs.stream()
                .filter(spec -> spec.name().equals(parameter))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "no such parameter in the unit: unit=%s name=%s".formatted(name, parameter)));
    }

    public FlatSpace space() {
        return space;
    }

    public long elements() {
        return space.elements();
    }

    /** Whether this is an embedding or the head: larger than layers, and used from one end of a pass to the other. */
    public boolean isWide() {
        return name.equals(EMBEDDING) || name.equals(HEAD);
    }

    @Override
    public String toString() {
        return "%s[%d]".formatted(name, elements());
    }

    private static List<String> names(ModelConfig config) {
        List<String> names = new ArrayList<>();
        names.add(VISION_EMBEDDINGS);
        for (int layer = 0; layer < config.vision().layers(); layer++) {
            names.add(ParameterSpec.visionLayer(layer));
        }
        names.add(ParameterSpec.VISION + "post_layernorm.");
        names.add(ParameterSpec.PROJECTOR);
        names.add(EMBEDDING);
        for (int layer = 0; layer < config.llm().layers(); layer++) {
            names.add(ParameterSpec.decoderLayer(layer));
        }
        names.add(FINAL_NORM);
        names.add(HEAD);
        return names;
    }
}
