package io.longreel.runtime.serving;

import io.longreel.config.RunConfig;
import io.longreel.curriculum.chat.ChatService;
import io.longreel.curriculum.chat.PromptEncoder;
import io.longreel.curriculum.engine.ChatEngine;
import io.longreel.curriculum.engine.EngineLimits;
import io.longreel.curriculum.engine.LocalMesh;
import io.longreel.model.SessionOptions;
import io.longreel.ops.device.Devices;
import java.util.function.LongSupplier;

/** A model that answers on ranks that are threads of this process. */
public final class LocalService {
    private LocalService() {}

    /** @param questionsMax answered or waiting at the same time */
    public static ChatService open(RunConfig config, int questionsMax, LongSupplier clockNs) {
        PromptEncoder encoder = ServingPlan.encoder(config, clockNs);
        try {
            EngineLimits limits = ServingPlan.limits(config, encoder.model(), questionsMax, false);
            LocalMesh mesh = new LocalMesh(new LocalMesh.Setup(
                    config.mesh(), Devices.cpu(), SessionOptions.of(config), encoder, limits.cachePages()));
            return ChatEngine.start(
                    ServingPlan.modelName(config),
                    encoder,
                    mesh,
                    limits,
                    config.mesh().ringDegree(),
                    clockNs);
        } catch (RuntimeException e) {
            encoder.close();
            throw e;
        }
    }
}
