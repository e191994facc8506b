package io.longreel.config;

/**
 * Which activations are computed again in the backward pass instead of being kept.
 *
 * @param layers decoder layers, from the first, whose activations are computed again; {@link #ALL} = every layer
 * @param keepAttention queries, keys, values and the output of attention are kept, so that no collective runs twice
 * @param vision the blocks of the vision tower too, while it trains; only their inputs are kept
 */
public record RecomputeSettings(int layers, boolean keepAttention, boolean vision) {
    /** Every layer, however many the model has. */
    public static final int ALL = -1;

    /** Nothing is computed twice. */
    public static final RecomputeSettings NONE = new RecomputeSettings(0, true, false);

    public RecomputeSettings {
        if (layers < ALL) {
            throw new IllegalArgumentException("layers must be a number from 0 on, or -1 for all: layers=" + layers);
        }
    }

    /** Of the decoder only. */
    public RecomputeSettings(int layers, boolean keepAttention) {
        this(layers, keepAttention, false);
    }

    /** Whether any decoder layer's are. */
    public boolean isOn() {
        return layers != 0;
    }

    /** Whether the activations of decoder layer {@code layer}, from 0, are computed again. */
    public boolean covers(int layer) {
        return layers == ALL || layer < layers;
    }
}
