package io.longreel.chaos.process;

import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.model.MmspSession;
import io.longreel.model.ModelConfig;
import io.longreel.model.SessionOptions;
import io.longreel.ops.device.Devices;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankThreads;
import java.nio.file.Path;
import java.util.Map;

/** A tiny model that has learned nothing: at a high temperature it talks until it happens to say the token that ends an answer. */
final class RandomModel {
    static final int CONTEXT_TOKENS = 4096;

    private RandomModel() {}

    /** Writes one in VILA's layout. */
    static Path write(Path folder, long seed) {
        ModelConfig config = new ModelConfig(
                new ModelConfig.Vision(16, 24, 2, 2, 56, 14, 1e-6f, -2),
                new ModelConfig.Llm(320, 32, 48, 2, 4, 2, CONTEXT_TOKENS, 1e6, 1, 1e-6f, true),
                ModelConfig.MLP_DOWNSAMPLE,
                319);
        Mesh mesh = Mesh.single();
        try (InProcessTransport transport = InProcessTransport.open(Placement.inProcess(mesh))) {
            RankThreads.run(transport.endpoints(), endpoint -> {
                try (MmspSession session =
                        MmspSession.open(config, Devices.plain(), mesh, SessionOptions.DEFAULTS, endpoint)) {
                    session.initialize(seed);
                    session.exportModel(folder, Map.of());
                }
                return 0;
            });
        }
        return folder;
    }
}
