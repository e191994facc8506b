package io.longreel.curriculum.chat;

import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.model.MmspSession;
import io.longreel.model.ModelConfig;
import io.longreel.model.SessionOptions;
import io.longreel.ops.device.Devices;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankThreads;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Tiny models with random weights, in VILA's layout. */
public final class TestModel {
    public static final int IMAGE_SIZE = 56;
    public static final int TOKENS_PER_FRAME = 4;

    private TestModel() {}

    public static ModelConfig config(int vocabularySize, int maxPositions, String frameEnd) {
        return new ModelConfig(
                new ModelConfig.Vision(16, 24, 2, 2, IMAGE_SIZE, 14, 1e-6f, -2),
                new ModelConfig.Llm(vocabularySize, 32, 48, 2, 4, 2, maxPositions, 1e6, 1, 1e-6f, true),
                ModelConfig.MLP_DOWNSAMPLE,
                319,
                frameEnd);
    }

    /** Writes one. */
    public static Path write(Path folder, ModelConfig config, long seed) {
        Mesh mesh = Mesh.single();
        try (InProcessTransport transport = InProcessTransport.open(Placement.inProcess(mesh))) {
            RankThreads.run(transport.endpoints(), endpoint -> {
                try (MmspSession session =
                        MmspSession.open(config, Devices.plain(), mesh, SessionOptions.DEFAULTS, endpoint)) {
                    session.initialize(seed);
                    session.exportModel(folder, Map.of());
                }
                return List.of();
            });
        }
        return folder;
    }
}
