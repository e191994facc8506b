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
        for (String name : parameters.names()) {
            fill(name, parameters.tensor(name));
        }
    }

    /** Normal values for an adapter's first matrix: {@code a [rank, in]} with deviation 1/sqrt(in); its second starts at zero. */
    public void fillAdapter(String name, Tensor a, Tensor b) {
        normal(stream(name), a, 1.0 / Math.sqrt(a.columns()));
        b.zero();
    }

    private void fill(String name, Tensor tensor) {
        boolean norm = tensor.rank() == 1 && name.endsWith(".weight");
        if (norm) {
            for (long i = 0; i < tensor.elements(); i++) {
                tensor.setFloat(i, 1f);
            }
        } else if (name.startsWith(ParameterSpec.LLM)) {
            if (name.endsWith(".bias")) {
                tensor.zero();
            } else {
                normal(stream(name), tensor, DECODER_DEVIATION);
            }
        } else if (name.startsWith(ParameterSpec.PROJECTOR)) {
            projector(name, tensor);
        } else {
            vision(name, tensor);
        }
    }

    private void projector(String name, Tensor tensor) {
        boolean normBias = name.equals(ParameterSpec.PROJECTOR + "layers.1.bias");
        int in = name.contains("layers.2.")
                ? 4 * config.vision().hiddenSize()
                : config.llm().hiddenSize();
        if (normBias) {
            tensor.zero();
        } else {
            uniform(stream(name), tensor, 1.0 / Math.sqrt(in));
        }
    }

    private void vision(String name, Tensor tensor) {
        if (name.endsWith(".bias")) {
            tensor.zero();
        } else if (name.endsWith("position_embedding.weight")) {
            normal(stream(name), tensor, 1.0 / Math.sqrt(config.vision().hiddenSize()));
        } else if (name.endsWith("patch_embedding.weight")) {
            normal(stream(name), tensor, 1.0 / Math.sqrt(tensor.columns()));
        } else {
            uniform(stream(name), tensor, Math.sqrt(6.0 / (tensor.rows() + tensor.columns())));
        }
    }

    private RandomGenerator stream(String name) {
        long hash = 0xcbf29ce484222325L;
        for (int i = 0; i < name.length(); i++) {
            hash = (hash ^ name.charAt(i)) * 0x100000001b3L;
        }
        return new SplittableRandom(seed ^ hash);
    }

    private static void normal(RandomGenerator random, Tensor tensor, double deviation) {
        for (long i = 0; i < tensor.elements(); i++) {
            tensor.setFloat(i, (float) (deviation * random.nextGaussian()));
        }
    }

    private static void uniform(RandomGenerator random, Tensor tensor, double bound) {
        for (long i = 0; i < tensor.elements(); i++) {
            tensor.setFloat(i, (float) (bound * (2 * random.nextDouble() - 1)));
        }
    }
}
