package io.longreel.model.state;

import io.longreel.ops.memory.TensorArena;

/** Where the arenas of a rank's state come from: whoever makes state takes them from here, so that a plan of it runs the same code. */
public enum Arenas {
    /** With memory behind them. */
    REAL {
        @Override
        public TensorArena open(String tag, long capacityBytes) {
            return TensorArena.open(tag, capacityBytes);
        }
    },
    /** Arenas that only count: their tensors have shapes and must not be read or written. */
    COUNTING {
        @Override
        public TensorArena open(String tag, long capacityBytes) {
            return TensorArena.planning(tag);
        }
    };

    /**
     * @param tag names the lifetime
     * @param capacityBytes what its tensors take, alignment included
     */
    public abstract TensorArena open(String tag, long capacityBytes);
}
