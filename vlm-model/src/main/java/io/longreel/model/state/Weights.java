package io.longreel.model.state;

import io.longreel.ops.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the layers see of the weights: each parameter, the gradient that accumulates for it while it trains (none when frozen), and the low-rank
 * adapter on it, if any. Layers ask by name at every use, so a stage transition is a change of these maps and of nothing else.
 */
public final class Weights {
    private final Parameters parameters;
    private final Map<String, Tensor> gradients = new HashMap<>();
    private final Map<String, Adapter> adapters = new HashMap<>();

    /**
     * LoRA on a linear layer (Hu et al.): {@code W x + scale B (A x)}.
     *
     * @param a [rank, in], {@code b} [out, rank]
     * @param dA gradient of {@code a}, {@code dB} of {@code b}
     */
    public record Adapter(Tensor a, Tensor b, float scale, Tensor dA, Tensor dB) {}

    public Weights(Parameters parameters) {
        this.parameters = parameters;
    }

    public Parameters parameters() {
        return parameters;
    }

    public Tensor weight(String name) {
        return parameters.tensor(name);
    }

    /** Where the gradient of a parameter accumulates; null when it is frozen. */
    public @Nullable Tensor gradient(String name) {
        return gradients.get(name);
    }

    /** True when any parameter whose name starts with {@code prefix} trains, adapters included. */
    public boolean trains(String prefix) {
        return gradients.keySet().stream().anyMatch(n -> n.startsWith(prefix))
                || adapters.keySet().stream().anyMatch(n -> n.startsWith(prefix));
    }

    public @Nullable Adapter adapter(String linearName) {
        return adapters.get(linearName);
    }

    public void attachGradient(String name, Tensor gradient) {
        gradients.put(name, gradient);
    }

    public void attachAdapter(String linearName, Adapter adapter) {
        adapters.put(linearName, adapter);
    }

    /** Freezes everything: no gradient, no adapter. */
    public void detachAll() {
        gradients.clear();
        adapters.clear();
    }
}
