package io.longreel.runtime.supervisor;

import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.engine.TickResult;

/** What whoever asks the ranks of a job that serves hears of them. */
public sealed interface EngineNews {
    /** The ranks of a mesh incarnation wait for ticks. */
    record Ready(int generation, int ringDegree) implements EngineNews {}

    record Done(TickResult result) implements EngineNews {}

    /** The incarnation is over, and with it the tick in flight; another one follows. */
    record Lost(String reason) implements EngineNews {}

    /** Nothing follows. */
    record Failed(RuntimeFailure.Category category, String reason) implements EngineNews {}
}
