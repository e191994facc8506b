package io.longreel.model.checkpoint;

import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;

/**
 * Elements {@code [from, from + values.elements())} of one named vector, flattened row-major: what a rank writes of its state.
 *
 * @param shape shape of the whole tensor, of which this is a part
 * @param values F32; borrowed until the write is over
 */
public record SlicePiece(StateKind kind, String name, int[] shape, long from, Tensor values) {

    public SlicePiece {
        if (values.dtype() != DType.F32 || from < 0 || from + values.elements() > Tensor.elements(shape)) {
            throw new IllegalArgumentException(
                    "piece must be F32 and lie in its tensor: name=%s from=%d values=%s elements=%d"
                            .formatted(name, from, values, Tensor.elements(shape)));
        }
    }

    long to() {
        return from + values.elements();
    }
}
