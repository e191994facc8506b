package io.longreel.runtime.rank;

import io.longreel.config.ChaosSettings.Phase;
import io.longreel.model.PackedBatch;
import io.longreel.ops.device.Device;
import io.longreel.runtime.protocol.StepId;
import io.longreel.transport.RankEndpoint;
import java.util.List;

/**
 * What stands between one rank and the things that it works with, to watch them or to disturb them on purpose. Production has {@link #NONE}, which passes
 * everything through. Called on the rank's compute thread only.
 */
public interface RankInstruments {
    RankInstruments NONE = new RankInstruments() {};

    /** Instruments round instruments: the outer ones see what the inner ones do. */
    static RankInstruments both(RankInstruments inner, RankInstruments outer) {
        return new RankInstruments() {
            @Override
            public void reached(StepId at, Phase phase) {
                inner.reached(at, phase);
                outer.reached(at, phase);
            }

            @Override
            public RankEndpoint around(RankEndpoint endpoint) {
                return outer.around(inner.around(endpoint));
            }

            @Override
            public Device around(Device device) {
                return outer.around(inner.around(device));
            }

            @Override
            public List<PackedBatch> around(List<PackedBatch> batches) {
                return outer.around(inner.around(batches));
            }
        };
    }

    /** The rank is about to do what the phase says, for the command at {@code at}. */
    default void reached(StepId at, Phase phase) {}

    /** What the rank uses instead of its endpoint. */
    default RankEndpoint around(RankEndpoint endpoint) {
        return endpoint;
    }

    /** What the rank uses instead of its device. */
    default Device around(Device device) {
        return device;
    }

    /** What the rank trains on instead of these samples. */
    default List<PackedBatch> around(List<PackedBatch> batches) {
        return batches;
    }
}
