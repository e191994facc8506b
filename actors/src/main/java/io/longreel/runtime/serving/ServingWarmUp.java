package io.longreel.runtime.serving;

import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.model.FrameSource;
import io.longreel.model.InferenceSession;
import io.longreel.model.LoadedModel;
import io.longreel.model.SessionOptions;
import io.longreel.model.cache.KeyValueCache;
import io.longreel.model.cache.RankCache;
import io.longreel.model.generate.Sampling;
import io.longreel.ops.device.Device;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.RankThreads;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Has a process compute answers for nobody, so that its code is compiled when it is needed. Stateless. */
final class ServingWarmUp {
    private static final int PROMPT_TOKENS = 64;
    private static final int ANSWERS = 8;
    private static final int NEW_TOKENS = 16;

    private ServingWarmUp() {}

    /** Returns how many tokens it made; fewer when it is needed before. */
    static int run(LoadedModel model, Device device, SessionOptions options, BooleanSupplier isNeeded) {
        Mesh mesh = Mesh.single();
        try (InProcessTransport transport = InProcessTransport.open(Placement.inProcess(mesh))) {
            return RankThreads.run(
                            transport.endpoints(), endpoint -> answer(model, device, options, isNeeded, endpoint))
                    .getFirst();
        }
    }

    private static int answer(
            LoadedModel model, Device device, SessionOptions options, BooleanSupplier isNeeded, RankEndpoint endpoint) {
        int rows = InferenceSession.rowsMax(PROMPT_TOKENS, 1, NEW_TOKENS, 1);
        int tokens = 0;
        try (RankCache cache = InferenceSession.openCache(
                        model.config(), Mesh.single(), 0, KeyValueCache.pagesFor(rows), false);
                InferenceSession session =
                        InferenceSession.open(model, device, Mesh.single(), options, cache, endpoint)) {
            for (long id = 0; id < ANSWERS && !isNeeded.getAsBoolean(); id++) {
                session.begin(id, id + 1, rows, Sampling.GREEDY);
                session.extend(id, session.chunk(new int[PROMPT_TOKENS], FrameSource.NONE), true);
                for (int i = 1; i < NEW_TOKENS && !isNeeded.getAsBoolean(); i++) {
                    session.decode(List.of(id));
                    tokens++;
                }
                session.end(id);
            }
        }
        return tokens;
    }
}
