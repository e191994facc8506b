package io.longreel.runtime.rank;

import io.longreel.config.ChaosSettings.Phase;
import io.longreel.model.PackedBatch;
import io.longreel.ops.device.Device;
import io.longreel.runtime.protocol.StepId;
import io.longreel.transport.RankEndpoint;
import java.util.List;

/**
 * What stands between one rank and the things that it works with, to disturb them on purpose. Production has {@link #NONE}, which passes
 * everything through. Called on the rank's compute thread only.
 */
public interface RankInstruments {
    RankInstruments NONE = new RankInstruments() {};

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
