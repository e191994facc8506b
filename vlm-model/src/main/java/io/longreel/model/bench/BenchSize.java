package io.longreel.model.bench;

import io.longreel.config.ModelSettings;
import io.longreel.model.ModelConfig;

/** The models that are measured. */
public enum BenchSize {
    /** A million parameters, 4 tokens per frame: overheads. */
    TINY(4),

    /** 38.7 million parameters, 16 tokens per frame. */
    SMALL(8);

    private final int layers;

    BenchSize(int layers) {
        this.layers = layers;
    }

    /** Of the decoder. */
    public int layers() {
        return layers;
    }

    ModelConfig config() {
        return config(layers);
    }

    /** With another number of decoder layers. */
    ModelConfig config(int decoderLayers) {
        ModelSettings.Architecture architecture = switch (this) {
            case TINY ->
                new ModelSettings.Architecture(
                        new ModelSettings.Vision(64, 128, 3, 2, 56, 14, -2),
                        new ModelSettings.Llm(320, 128, 384, decoderLayers, 4, 2, 65_536, 1e6, 1e-6, true));
            case SMALL ->
                new ModelSettings.Architecture(
                        new ModelSettings.Vision(384, 1536, 6, 6, 112, 14, -2),
                        new ModelSettings.Llm(8192, 512, 1408, decoderLayers, 8, 2, 65_536, 1e6, 1e-6, true));
        };
        return ModelConfig.of(architecture, architecture.llm().vocabularySize() - 1);
    }
}
