package io.longreel.peer;

import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * {@code torch.optim.AdamW(parameters, lr=1e-4, fused=True)}, whose work ATen's {@code _fused_adamw_} does: one pass over each parameter
 * that has a gradient. Which those are is settled at the first step.
 */
final class FusedAdamW {
    private static final double RATE = 1e-4;
    private static final double BETA1 = 0.9;
    private static final double BETA2 = 0.999;
    private static final double DECAY = 0.01;
    private static final double EPSILON = 1e-8;

    /** The parameters with a gradient and what the optimizer remembers of each, as ATen's lists. */
    private record State(
            List<Tensor> parameters, IValue list, IValue means, IValue squares, IValue maxima, IValue steps) {
        static State of(List<Tensor> all) {
            List<Tensor> used =
                    all.stream().filter(parameter -> parameter.grad().defined()).toList();
            return new State(
                    used,
                    lasting(used, parameter -> parameter),
                    lasting(used, torch::zeros_like),
                    lasting(used, torch::zeros_like),
                    lasting(List.of(), parameter -> parameter),
                    lasting(used, parameter -> torch.zeros()));
        }

        private static IValue lasting(List<Tensor> tensors, UnaryOperator<Tensor> of) {
            return Operators.list(tensors.stream().map(of).toList()).retainReference();
        }
    }

    private final OperatorHandle count = Operators.find("_foreach_add_", "Scalar");
    private final OperatorHandle update = Operators.find("_fused_adamw_", "");
    private final List<Tensor> parameters;
    private State state;

    FusedAdamW(List<Tensor> parameters) {
        this.parameters = parameters;
    }

    /** One step; the gradients are gone afterwards, as after {@code zero_grad()}. */
    void step() {
        try (PointerScope scope = new PointerScope()) {
            if (state == null) {
                state = State.of(parameters);
            }
            Operators.call(count, state.steps(), new IValue(Tensors.scalar(1)));
            Operators.call(
                    update,
                    state.list(),
                    Operators.list(state.parameters().stream().map(Tensor::grad).toList()),
                    state.means(),
                    state.squares(),
                    state.maxima(),
                    state.steps(),
                    new IValue(RATE),
                    new IValue(BETA1),
                    new IValue(BETA2),
                    new IValue(DECAY),
                    new IValue(EPSILON),
                    new IValue(false),
                    new IValue(false),
                    Operators.none(),
                    Operators.none());
            state.parameters().forEach(parameter -> parameter.mutable_grad().reset());
        }
    }
}
