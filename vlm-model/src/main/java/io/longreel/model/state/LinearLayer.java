package io.longreel.model.state;

import io.longreel.ops.kernels.LinearKernels;
import io.longreel.ops.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A linear layer by name, {@code y = x W^T + b}, with its adapter while one is attached: {@code y += scale (x A^T) B^T}. Keeps nothing between
 * forward and backward: the low-rank product is so small that it is computed again.
 */
public final class LinearLayer {
    private final Weights weights;
    private final String name;

    public LinearLayer(Weights weights, String name) {
        this.weights = weights;
        this.name = name;
    }

    /** {@code y [T, out] = x [T, in] W^T + b}. */
    public void forward(Workspace ws, Tensor x, Tensor y) {
        LinearKernels linear = ws.kernels().linear();
        Products.forward(ws, x, weight(ws), bias(), y);
        Weights.Adapter adapter = weights.adapter(name);
        if (adapter != null) {
            long mark = ws.scratch().mark();
            linear.matmul(false, lowRank(ws, x, adapter), true, adapter.b(), 1f, y);
            ws.scratch().rewind(mark);
        }
    }

    /**
     * Accumulates the gradients of what trains, and {@code dx = beta dx + dy W}.
     *
     * @param dx null when nothing below trains
     */
    public void backward(Workspace ws, Tensor x, Tensor dy, float beta, @Nullable Tensor dx) {
        LinearKernels linear = ws.kernels().linear();
        Products.backward(
                ws,
                x,
                weight(ws),
                dy,
                beta,
                dx,
                weights.gradient(name + ".weight"),
                bias() == null ? null : weights.gradient(name + ".bias"));
        Weights.Adapter adapter = weights.adapter(name);
        if (adapter == null) {
            return;
        }
        long mark = ws.scratch().mark();
        linear.matmul(true, dy, false, lowRank(ws, x, adapter), 1f, adapter.dB());
        Tensor dLow = ws.scratch().allocate(dy.rows(), adapter.a().rows());
        linear.matmul(false, dy, false, adapter.b(), 0f, dLow);
        ws.kernels().elementwise().scale(dLow, adapter.scale());
        linear.matmul(true, dLow, false, x, 1f, adapter.dA());
        if (dx != null) {
            linear.matmul(false, dLow, false, adapter.a(), 1f, dx);
        }
        ws.scratch().rewind(mark);
    }

    private Tensor lowRank(Workspace ws, Tensor x, Weights.Adapter adapter) {
        Tensor low = ws.scratch().allocate(x.rows(), adapter.a().rows());
        ws.kernels().linear().matmul(false, x, true, adapter.a(), 0f, low);
        ws.kernels().elementwise().scale(low, adapter.scale());
        return low;
    }

    private Tensor weight(Workspace ws) {
        return weights.factor(name + ".weight", ws.kernels().operands());
    }

    private @Nullable Tensor bias() {
        return weights.contains(name + ".bias") ? weights.weight(name + ".bias") : null;
    }
}
