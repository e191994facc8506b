package io.longreel.runtime.serving;

import io.longreel.config.DataSettings;
import io.longreel.config.InferenceSettings;
import io.longreel.config.RunConfig;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Mesh;
import io.longreel.curriculum.chat.PromptEncoder;
import io.longreel.curriculum.engine.EngineLimits;
import io.longreel.model.InferenceSession;
import io.longreel.model.ModelConfig;
import io.longreel.model.cache.KeyValueCache;
import java.nio.file.Path;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;

/** What a configuration says about answering. Stateless. */
public final class ServingPlan {
    private ServingPlan() {}

    /** The model's folder. */
    public static Path model(RunConfig config) {
        return config.model()
                .checkpoint()
                .orElseThrow(
                        () -> RuntimeFailure.config(
                                "who answers needs a model: longreel.model.checkpoint is not there; name a folder with --model"));
    }

    /** What the model is known by: its folder's name. */
    public static String modelName(RunConfig config) {
        Path folder = model(config).toAbsolutePath().normalize();
        Path name = folder.getFileName();
        return name == null ? folder.toString() : name.toString();
    }

    /** Opens what turns questions into tokens and back; every process has one. */
    public static PromptEncoder encoder(RunConfig config, LongSupplier clockNs) {
        DataSettings data = config.data();
        return PromptEncoder.open(
                model(config),
                new PromptEncoder.Options(data.prompt(), config.inference().framesMax(), data.frameCacheBytes()),
                clockNs);
    }

    /**
     * Pages of each rank's cache: those of the rank with the largest ones fit.
     *
     * @param mirrors whether half of the memory is for a mirror
     */
    public static int cachePages(RunConfig config, ModelConfig model, boolean mirrors) {
        Mesh mesh = config.mesh();
        long largest = IntStream.range(0, mesh.ulyssesDegree())
                .mapToLong(u -> InferenceSession.cacheShape(model, mesh, u, 1).pageBytes())
                .max()
                .orElseThrow();
        int copies = mirrors ? 2 : 1;
        long pages = config.inference().cacheBytes() / copies / largest;
        if (pages < 1) {
            throw RuntimeFailure.config(
                    "the cache must hold a page of %d tokens%s: longreel.inference.cache=%d B page=%d B; raise it"
                            .formatted(
                                    KeyValueCache.PAGE_ROWS,
                                    copies == 1 ? "" : ", twice with its mirror",
                                    config.inference().cacheBytes(),
                                    largest));
        }
        return (int) Math.min(pages, Integer.MAX_VALUE / KeyValueCache.PAGE_ROWS);
    }

    /** Whether ranks in worker processes mirror each other. Those of one process are lost together. */
    public static boolean mirrors(RunConfig config) {
        return config.inference().mirror() && config.mesh().ringDegree() > 1;
    }

    /** @param questionsMax answered or waiting at the same time */
    public static EngineLimits limits(RunConfig config, ModelConfig model, int questionsMax, boolean mirrors) {
        InferenceSettings settings = config.inference();
        int answers = settings.answersMax();
        return new EngineLimits(
                cachePages(config, model, mirrors),
                settings.chunkTokens(),
                answers,
                Math.max(1, questionsMax - answers),
                settings.stepsPerTick());
    }
}
