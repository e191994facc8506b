package io.longreel.runtime.launch;

import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.chat.AnswerListener;
import io.longreel.curriculum.chat.ChatQuestion;
import io.longreel.curriculum.chat.ChatService;
import io.longreel.curriculum.chat.PromptEncoder;
import io.longreel.curriculum.chat.ServiceFacts;
import io.longreel.curriculum.engine.ChatEngine;
import io.longreel.curriculum.engine.EngineLimits;
import io.longreel.runtime.launch.RunDirectory.Existing;
import io.longreel.runtime.serving.ServingPlan;
import io.longreel.runtime.supervisor.RunNews;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** A model that answers on ranks in worker processes; with its run directory, which it holds. */
public final class ClusterService implements ChatService {
    private final ChatService engine;
    private final RunDirectory directory;

    private ClusterService(ChatService engine, RunDirectory directory) {
        this.engine = engine;
        this.directory = directory;
    }

    /**
     * How the job is run.
     *
     * @param forksWorkers whether workers are started here; otherwise by hand, perhaps elsewhere
     * @param questionsMax answered or waiting at the same time
     * @param screen told what happens, for people
     * @param listening told the address that workers join
     */
    public record Setup(boolean forksWorkers, int questionsMax, Consumer<RunNews> screen, Consumer<String> listening) {}

    /** Returns at once; questions wait for the ranks. */
    public static ClusterService open(RunConfig given, Setup setup, LongSupplier clockNs) {
        RunDirectory directory = RunDirectory.at(given.out());
        RunConfig config = RunConfigLoader.parse(
                RunConfigLoader.render(given), "the job's configuration", List.of("out=" + directory.root()));
        SeedAddress.check(config.cluster());
        PromptEncoder encoder = ServingPlan.encoder(config, clockNs);
        try {
            EngineLimits limits =
                    ServingPlan.limits(config, encoder.model(), setup.questionsMax(), ServingPlan.mirrors(config));
            Existing existing = existing(directory);
            directory.check(existing);
            ProcessLog.writeTo(directory.logFile(RunDirectory.SEED));
            directory.create(existing, RunConfigLoader.render(config));
            directory.settle();
            ClusterMesh mesh = new ClusterMesh(
                    config, encoder.model(), directory, setup.forksWorkers(), setup.screen(), setup.listening());
            return new ClusterService(
                    ChatEngine.start(
                            ServingPlan.modelName(config),
                            encoder,
                            mesh,
                            limits,
                            config.mesh().ringDegree(),
                            clockNs),
                    directory);
        } catch (RuntimeException e) {
            encoder.close();
            directory.close();
            throw e;
        }
    }

    /** What an earlier job that served has left is worth nothing; a run that trained is. */
    private static Existing existing(RunDirectory directory) {
        boolean served = Files.isRegularFile(directory.configFile())
                && RunConfigLoader.load(directory.configFile(), List.of()).serves();
        return served ? Existing.REPLACE : Existing.KEEP;
    }

    @Override
    public String modelName() {
        return engine.modelName();
    }

    @Override
    public Optional<ServiceFacts> facts() {
        return engine.facts();
    }

    @Override
    public Answering ask(ChatQuestion question, AnswerListener listener) {
        return engine.ask(question, listener);
    }

    @Override
    public CompletableFuture<RuntimeFailure> broken() {
        return engine.broken();
    }

    @Override
    public void close() {
        engine.close();
        directory.close();
    }
}
