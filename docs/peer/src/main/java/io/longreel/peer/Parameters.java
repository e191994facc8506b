package io.longreel.peer;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Makes the leaf tensors of a model, in the order in which they were asked for. */
final class Parameters {
    /** A matrix {@code [out, in]} and, unless absent, its bias. */
    record Linear(Tensor weight, TensorOptional bias) {
        Tensor apply(Tensor x) {
            return torch.linear(x, weight, bias);
        }
    }

    record LayerNorm(long[] shape, TensorOptional weight, TensorOptional bias, double epsilon) {
        Tensor apply(Tensor x) {
            return torch.layer_norm(x, shape, weight, bias, epsilon, true);
        }
    }

    private final ScalarType type;
    private final List<Tensor> all = new ArrayList<>();

    Parameters(ScalarType type) {
        this.type = type;
    }

    List<Tensor> all() {
        return List.copyOf(all);
    }

    long count() {
        return all.stream().mapToLong(Tensor::numel).sum();
    }

    Tensor normal(double deviation, long... shape) {
        return keep(torch.randn(shape).mul_(Tensors.scalar(deviation)));
    }

    Tensor filled(double value, long... shape) {
        return keep(torch.zeros(shape).fill_(Tensors.scalar(value)));
    }

    Linear linear(int in, int out, double deviation, boolean biased) {
        Tensor weight = normal(deviation, out, in);
        return new Linear(weight, biased ? new TensorOptional(filled(0, out)) : new TensorOptional());
    }

    LayerNorm layerNorm(int width, double epsilon) {
        return new LayerNorm(
                new long[] {width},
                new TensorOptional(filled(1, width)),
                new TensorOptional(filled(0, width)),
                epsilon);
    }

    private Tensor keep(Tensor values) {
        Tensor leaf = values.to(type).set_requires_grad(true);
        all.add(leaf);
        return leaf;
    }
}
