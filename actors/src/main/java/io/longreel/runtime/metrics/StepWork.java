package io.longreel.runtime.metrics;

import io.longreel.runtime.supervisor.CommittedStep;
import java.util.OptionalDouble;

/** What a run's steps compute, and what its processors could. Any thread. */
public interface StepWork {
    /** Of a run of whose model nobody knows. */
    StepWork UNKNOWN = step -> OptionalDouble.empty();

    /** Floating point operations that a step is for; what is computed twice counts once. Empty when nobody counted its tokens. */
    OptionalDouble operations(CommittedStep step);

    /** Operations per second that one rank can reach; empty when nobody measured the machine. */
    default OptionalDouble peakPerRank() {
        return OptionalDouble.empty();
    }
}
