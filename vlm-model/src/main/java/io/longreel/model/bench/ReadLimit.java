package io.longreel.model.bench;

import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;

/** Reads memory and does nothing else: the limit of work that goes through many bytes once. One rank's thread. */
final class ReadLimit implements AutoCloseable {
    private final TensorArena arena;
    private final Tensor values;
    private final Tensor copy;

    private ReadLimit(int floats) {
        this.arena = TensorArena.open("read", 2 * TensorArena.sizeBytes(DType.F32, floats));
        this.values = arena.zeros(floats);
        this.copy = arena.zeros(floats);
    }

    /** Of so many bytes on this rank. */
    static ReadLimit of(double bytes) {
        return new ReadLimit((int) Math.min(1 << 28, Math.ceil(bytes / 2 / Float.BYTES)));
    }

    /** Compares memory with its copy: loads all bytes once. */
    void read() {
        if (values.segment().mismatch(copy.segment()) != -1) {
            throw new IllegalStateException("a copy must be equal: tensor=" + values);
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
