package io.longreel.model.attention;

import io.longreel.model.state.Workspace;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;

/**
 * The form in which activations leave a rank: F32 as they are, or BF16 at half the bytes. What travels is rounded once where it is made, on every
 * mesh and also where nothing travels, so that a mesh changes what is sent and not what is computed. Buffers live in scratch.
 */
final class Wire {
    private final Workspace ws;
    private final DType type;

    Wire(Workspace ws, DType type) {
        if (type != DType.F32 && type != DType.BF16) {
            throw new IllegalArgumentException("activations travel as F32 or BF16: type=" + type);
        }
        this.ws = ws;
        this.type = type;
    }

    /** Rounds F32 values in place to what the wire can carry. */
    void round(Tensor values) {
        if (type == DType.BF16) {
            long mark = ws.scratch().mark();
            unpack(pack(values), values);
            ws.scratch().rewind(mark);
        }
    }

    /** {@code values} as they travel: themselves, or a narrowed copy. */
    Tensor pack(Tensor values) {
        if (type == DType.F32) {
            return values;
        }
        Tensor packed = ws.scratch().allocate(DType.BF16, values.shape());
        ws.kernels().elementwise().narrow(values, packed);
        return packed;
    }

    /** Writes F32 {@code values} into {@code packed}, which may have another shape, in the form that it has. */
    void pack(Tensor values, Tensor packed) {
        Tensor flat = values.reshape(packed.shape());
        if (packed.dtype() == DType.F32) {
            ws.kernels().elementwise().copy(flat, packed);
        } else {
            ws.kernels().elementwise().narrow(flat, packed);
        }
    }

    /** What arrived, in F32: itself, or a widened copy. */
    Tensor wide(Tensor packed) {
        if (packed.dtype() == DType.F32) {
            return packed;
        }
        Tensor wide = ws.scratch().allocate(packed.shape());
        ws.kernels().elementwise().widen(packed, wide);
        return wide;
    }

    /** Where the travelling form of {@code values} may arrive: the values themselves, or a buffer to {@link #unpack}. */
    Tensor arrival(Tensor values) {
        return type == DType.F32 ? values : ws.scratch().allocate(DType.BF16, values.shape());
    }

    /** Widens what arrived into {@code values}; nothing to do where it arrived in place. */
    void unpack(Tensor packed, Tensor values) {
        if (type == DType.BF16) {
            ws.kernels().elementwise().widen(packed, values);
        }
    }

    /** Room for {@code elements} travelling elements. */
    Tensor buffer(int elements) {
        return ws.scratch().allocate(type, elements);
    }

    /** What travels. */
    DType type() {
        return type;
    }

    /** Whether what travels differs from what is computed with. */
    boolean isNarrow() {
        return type != DType.F32;
    }
}
