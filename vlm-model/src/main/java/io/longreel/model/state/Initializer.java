package io.longreel.model.state;

import io.longreel.model.ModelConfig;
import io.longreel.ops.tensor.Tensor;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * New weights as the parts' own authors start them: decoder normal with standard deviation 0.02; SigLIP attention and MLP Xavier uniform, patches
 * LeCun normal, positions normal with 1/sqrt(C); projector as PyTorch's linear layers; biases 0, norms 1. Each parameter draws from a stream of its own,
 * split from the seed by its name, so the values depend on nothing else.
 */
public final class Initializer {
    private static final double DECODER_DEVIATION = 0.02;

    private final ModelConfig config;
    private final long seed;

    public Initializer(ModelConfig config, long seed) {
        this.config = config;
        this.seed = seed;
    }

    /** Fills every parameter. */
    public void fill(Parameters parameters) {
        for (ParameterSpec spec : ParameterSpec.of(config)) {
            fill(spec, 0, parameters.tensor(spec.name()));
        }
    }

    /** Normal values for an adapter's first matrix: {@code a [rank, in]} with deviation 1/sqrt(in); its second starts at zero. */
    public void fillAdapter(String name, Tensor a, Tensor b) {
        Draw draw = normal(stream(name), 1.0 / Math.sqrt(a.columns()));
        for (long i = 0; i < a.elements(); i++) {
            a.setFloat(i, draw.next());
        }
        b.zero();
    }

    /** Fills elements {@code [from, from + target.elements())} of a parameter: whoever asks for whatever part gets the same values. */
    public void fill(ParameterSpec spec, long from, Tensor target) {
        Draw draw = draw(spec);
        for (long i = 0; i < from; i++) {
            draw.next();
        }
        for (long i = 0; i < target.elements(); i++) {
            target.setFloat(i, draw.next());
        }
    }

    /** The values of one parameter, in order. */
    private interface Draw {
        float next();
    }

    private Draw draw(ParameterSpec spec) {
        String name = spec.name();
        if (spec.shape().length == 1 && name.endsWith(".weight")) {
            return () -> 1f; // a norm
        }
        if (name.startsWith(ParameterSpec.LLM)) {
            return name.endsWith(".bias") ? () -> 0f : normal(stream(name), DECODER_DEVIATION);
        }
        return name.startsWith(ParameterSpec.PROJECTOR) ? projector(name) : vision(spec);
    }

    private Draw projector(String name) {
        if (name.equals(ParameterSpec.PROJECTOR + "layers.1.bias")) {
            return () -> 0f; // of the norm
        }
        int in = name.contains("layers.2.")
                ? 4 * config.vision().hiddenSize()
                : config.llm().hiddenSize();
        return uniform(stream(name), 1.0 / Math.sqrt(in));
    }

    private Draw vision(ParameterSpec spec) {
        String name = spec.name();
        int rows = spec.shape()[0];
        double columns = (double) spec.elements() / rows;
        if (name.endsWith(".bias")) {
            return () -> 0f;
        }
        if (name.endsWith("position_embedding.weight")) {
            return normal(stream(name), 1.0 / Math.sqrt(config.vision().hiddenSize()));
        }
        if (name.endsWith("patch_embedding.weight")) {
            return normal(stream(name), 1.0 / Math.sqrt(columns));
        }
        return uniform(stream(name), Math.sqrt(6.0 / (rows + columns)));
    }

    private RandomGenerator stream(String name) {
        long hash = 0xcbf29ce484222325L;
        for (int i = 0; i < name.length(); i++) {
            hash = (hash ^ name.charAt(i)) * 0x100000001b3L;
        }
        return new SplittableRandom(seed ^ hash);
    }

    private static Draw normal(RandomGenerator random, double deviation) {
        return () -> (float) (deviation * random.nextGaussian());
    }

    private static Draw uniform(RandomGenerator random, double bound) {
        return () -> (float) (bound * (2 * random.nextDouble() - 1));
    }
}
