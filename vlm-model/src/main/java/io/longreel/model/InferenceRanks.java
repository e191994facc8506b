package io.longreel.model;

import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.model.cache.RankCache;
import io.longreel.ops.device.Device;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankThreads;

/** Ranks that answer as threads of this process. Stateless. */
public final class InferenceRanks {
    private InferenceRanks() {}

    /** What one rank does with its session. */
    @FunctionalInterface
    public interface Body {
        void run(int rank, InferenceSession session) throws Exception;
    }

    /**
     * Runs until all ranks have ended; when one fails, the waits of the others end.
     *
     * @param cachePages of each rank
     */
    public static void run(
            LoadedModel model, Device device, Mesh mesh, SessionOptions options, int cachePages, Body body) {
        try (InProcessTransport transport = InProcessTransport.open(Placement.inProcess(mesh))) {
            RankThreads.run(transport.endpoints(), endpoint -> {
                int rank = endpoint.rank();
                try (RankCache cache = InferenceSession.openCache(model.config(), mesh, rank, cachePages, false);
                        InferenceSession session =
                                InferenceSession.open(model, device, mesh, options, cache, endpoint)) {
                    body.run(rank, session);
                }
                return rank;
            });
        }
    }
}
