package io.longreel.runtime.launch;

import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.engine.EngineMesh;
import io.longreel.curriculum.engine.EngineTick;
import io.longreel.model.ModelConfig;
import io.longreel.runtime.protocol.SupervisorCommand;
import io.longreel.runtime.supervisor.EngineNews;
import io.longreel.runtime.supervisor.JobPlan;
import io.longreel.runtime.supervisor.JobPlan.Start;
import io.longreel.runtime.supervisor.RunEnd;
import io.longreel.runtime.supervisor.RunNews;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ranks in worker processes, under a supervisor in this one: lost ranks are replaced by spares, or the mesh is planned over what is left. Workers are forked here, or join by
 * hand. The run directory takes logs and journal.
 */
public final class ClusterMesh implements EngineMesh {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterMesh.class);

    private final RunConfig config;
    private final ModelConfig model;
    private final RunDirectory directory;
    private final boolean forksWorkers;
    private final Consumer<RunNews> screen;
    private final Consumer<String> listening;
    private final CompletableFuture<ActorRef<SupervisorCommand>> supervisor = new CompletableFuture<>();
    private @Nullable Thread thread;

    /**
     * @param directory taken by the caller, who lets it go behind {@link #close}
     * @param forksWorkers whether workers are started here; otherwise they are started by hand, perhaps elsewhere
     * @param screen told what happens, for people
     * @param listening told the address that workers join
     */
    public ClusterMesh(
            RunConfig config,
            ModelConfig model,
            RunDirectory directory,
            boolean forksWorkers,
            Consumer<RunNews> screen,
            Consumer<String> listening) {
        this.config = config;
        this.model = model;
        this.directory = directory;
        this.forksWorkers = forksWorkers;
        this.screen = screen;
        this.listening = listening;
    }

    @Override
    public void start(Listener listener) {
        JobPlan plan = JobPlan.of(
                config,
                model.llm().heads(),
                RunConfigLoader.render(config),
                new SecureRandom().nextLong(),
                directory.root().toString(),
                Start.fresh(1));
        SeedProcess.Job job = new SeedProcess.Job(
                plan,
                config.cluster(),
                directory,
                ServingFiles.open(directory, screen),
                forksWorkers,
                listening,
                supervisor -> {},
                Optional.of(new SeedProcess.Engine(news -> tell(listener, news), supervisor::complete)));
        thread = Thread.ofPlatform().daemon().name("longreel-seed").start(() -> run(job, listener));
    }

    private void run(SeedProcess.Job job, Listener listener) {
        try {
            RunEnd end = SeedProcess.run(job);
            LOG.info("serving.ended exitCode={} message=\"{}\"", end.exitCode(), end.message());
            // Whatever ended it, nothing follows; whoever asks has perhaps heard so before.
            listener.failed(new RuntimeFailure(
                    end.exitCode() == 2 ? RuntimeFailure.Category.CONFIG : RuntimeFailure.Category.FATAL,
                    end.message()));
        } catch (RuntimeException | Error e) {
            LOG.error("serving.failed", e);
            listener.failed(
                    e instanceof RuntimeFailure failure
                            ? failure
                            : new RuntimeFailure(RuntimeFailure.Category.FATAL, "the seed failed: " + e, e));
        }
    }

    private static void tell(Listener listener, EngineNews news) {
        switch (news) {
            case EngineNews.Ready ready -> listener.ready(ready.generation(), ready.ringDegree());
            case EngineNews.Done done -> listener.done(done.result());
            case EngineNews.Lost lost -> listener.lost(lost.reason());
            case EngineNews.Failed failed -> listener.failed(new RuntimeFailure(failed.category(), failed.reason()));
        }
    }

    @Override
    public void run(EngineTick tick) {
        var unused = supervisor.thenAccept(actor -> actor.tell(new SupervisorCommand.TickAsked(tick)));
    }

    @Override
    public void close() {
        var unused = supervisor.thenAccept(actor -> actor.tell(new SupervisorCommand.StopRun("nobody asks any more")));
        Thread running = thread;
        if (running != null) {
            try {
                running.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
