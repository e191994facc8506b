package io.longreel.config;

import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.MeshAdvice;
import java.nio.file.Path;

/**
 * The rules between a run's configuration and a model that is only known when its checkpoint is read; {@link RunConfigLoader} has judged them
 * already where the configuration itself has the model's numbers. Pure.
 */
public final class ModelFit {
    private ModelFit() {}

    /**
     * Refuses what does not fit.
     *
     * @param heads query heads of the decoder
     * @param layers layers of the decoder
     * @param source folder that the numbers come from
     */
    public static void require(RunConfig config, int heads, int layers, Path source) {
        Mesh mesh = config.mesh();
        if (mesh.ulyssesDegree() > heads) {
            int samples = config.stages().stream()
                    .flatMap(stage -> stage.phases().stream())
                    .mapToInt(StageSettings.Phase::samplesPerStep)
                    .min()
                    .orElse(MeshAdvice.ANY);
            MeshAdvice advice =
                    new MeshAdvice(config.cluster().nodes(), config.cluster().ranksPerNode(), heads, samples);
            throw RuntimeFailure.config(
                    "longreel.mesh.ulysses must not exceed the query heads of the model: ulysses=%d heads=%d checkpoint=%s%s"
                            .formatted(mesh.ulyssesDegree(), heads, source, advice.hint(mesh)));
        }
        if (config.recompute().layers() > layers) {
            throw RuntimeFailure.config(
                    "longreel.recompute.layers must not exceed the decoder's layers: layers=%d, the model has %d; all = every layer; checkpoint=%s"
                            .formatted(config.recompute().layers(), layers, source));
        }
    }
}
