package io.longreel.curriculum.engine;

import java.util.List;

/** What all ranks do until they are told more. Numbered from 1 within a mesh incarnation. */
public record Tick(long number, List<EngineOp> ops) {
    public Tick {
        ops = List.copyOf(ops);
    }
}
