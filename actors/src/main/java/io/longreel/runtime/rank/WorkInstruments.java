package io.longreel.runtime.rank;

import io.longreel.config.RunConfig;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Placement;
import io.longreel.transport.fault.LinkFault;
import java.util.ServiceLoader;

/**
 * The instruments of one process: what its run wants watched or disturbed. A run whose configuration names no fault gets {@link #NONE}, and no class that
 * could disturb it is even looked for.
 */
public interface WorkInstruments {
    WorkInstruments NONE = (placement, rank) -> RankInstruments.NONE;

    /** Found by {@link ServiceLoader}: the runtime does not know who makes faults. */
    @FunctionalInterface
    interface Provider {
        WorkInstruments open(RunConfig config);
    }

    /** Instruments of one rank for one mesh incarnation. */
    RankInstruments of(Placement placement, int rank);

    /** Asked before each frame that leaves the process. */
    default LinkFault links() {
        return LinkFault.NONE;
    }

    /** Instruments round instruments: the outer ones see what the inner ones do. */
    static WorkInstruments both(WorkInstruments inner, WorkInstruments outer) {
        if (outer == NONE) {
            return inner;
        }
        return new WorkInstruments() {
            @Override
            public RankInstruments of(Placement placement, int rank) {
                return RankInstruments.both(inner.of(placement, rank), outer.of(placement, rank));
            }

            @Override
            public LinkFault links() {
                if (outer.links() != LinkFault.NONE) {
                    throw new IllegalArgumentException("only the inner one of two instruments may disturb links");
                }
                return inner.links();
            }
        };
    }

    /** The faults that the run's configuration asks for. */
    static WorkInstruments of(RunConfig config) {
        if (!config.chaos().isNeeded()) {
            return NONE;
        }
        return ServiceLoader.load(Provider.class)
                .findFirst()
                .orElseThrow(
                        () -> RuntimeFailure.config(
                                "longreel.chaos.faults names faults, but the module that makes them (chaos-tests) is not on the class path"))
                .open(config);
    }
}
