package io.longreel.peer;

import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** Lifetimes of native tensors. */
final class Tensors {
    private Tensors() {}

    static Scalar scalar(double value) {
        return new Scalar(value);
    }

    static Scalar scalar(long value) {
        return new Scalar(value);
    }

    /**
     * Runs a part of the model and lets go of every tensor made in it but the result, as Python does when a function returns: what
     * autograd needs it keeps by itself, and the rest goes back to the allocator at once.
     */
    static Tensor scoped(Supplier<Tensor> part) {
        PointerScope outer = PointerScope.getInnerScope();
        try (PointerScope inner = new PointerScope()) {
            Tensor result = part.get();
            outer.attach(result);
            return result;
        }
    }
}
