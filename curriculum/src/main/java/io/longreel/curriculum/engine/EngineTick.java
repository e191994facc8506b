package io.longreel.curriculum.engine;

import java.util.List;

/**
 * What all ranks do until they are told more.
 *
 * @param incarnation of the mesh that it is meant for; no other does it
 * @param number from 1 within the incarnation
 */
public record EngineTick(long incarnation, long number, List<EngineOp> ops) {
    public EngineTick {
        ops = List.copyOf(ops);
    }
}
