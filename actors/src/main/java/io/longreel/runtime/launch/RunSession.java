package io.longreel.runtime.launch;

import io.longreel.config.ClusterSettings;
import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import io.longreel.config.RuntimeFailure;
import io.longreel.model.ModelConfig;
import io.longreel.runtime.dashboard.Dashboard;
import io.longreel.runtime.dashboard.Terminal;
import io.longreel.runtime.metrics.StepWork;
import io.longreel.runtime.plan.RunOperations;
import io.longreel.runtime.rank.TrainingWorkFactory;
import io.longreel.runtime.supervisor.JobPlan;
import io.longreel.runtime.supervisor.JobPlan.Start;
import io.longreel.runtime.supervisor.RunEnd;
import io.longreel.runtime.supervisor.RunNews;
import io.longreel.runtime.web.RunBoard;
import io.longreel.runtime.web.RunServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/**
 * A run as one command of the user: takes the run directory, runs the seed with or without workers of its own, shows
 * it, and says how it ended. What the user got wrong is found before anything is written, or what was written is taken
 * back.
 */
public final class RunSession {
    private final boolean forksWorkers;
    private final boolean stays;
    private final PrintWriter out;

    private RunSession(boolean forksWorkers, boolean stays, PrintWriter out) {
        this.forksWorkers = forksWorkers;
        this.stays = stays;
        this.out = out;
    }

    /** The whole job on this machine. */
    public static RunSession withWorkers(PrintWriter out) {
        return new RunSession(true, false, out);
    }

    /**
     * The seed only; workers are started by hand, here or elsewhere.
     *
     * @param stays whether a run that is over is shown until SIGTERM
     */
    public static RunSession seedOnly(PrintWriter out, boolean stays) {
        return new RunSession(false, stays, out);
    }

    /** Trains from the start. */
    public RunEnd start(RunConfig given, RunDirectory.Existing existing) {
        RunDirectory directory = RunDirectory.at(given.out());
        RunConfig config = inPlace(given, directory);
        if (config.serves()) {
            throw RuntimeFailure.config(
                    "there is nothing to train: longreel.stages is empty; name stages, or let the model answer with bin/longreel serve");
        }
        ModelConfig model = TrainingWorkFactory.modelOf(config);
        directory.check(existing);
        awaitOwnName(config.cluster());
        SeedAddress.check(config.cluster());
        SeedAddress.check(config.dashboard());
        ProcessLog.writeTo(directory.logFile(RunDirectory.SEED));
        RunEnd end;
        try (directory) {
            directory.create(existing, RunConfigLoader.render(config));
            end = run(config, model, directory, Start.fresh(1));
        }
        if (end.exitCode() == 2 && hasNoSteps(directory)) {
            directory.discard();
        } else {
            directory.settle();
        }
        return end;
    }

    /** Goes on behind the newest checkpoint. */
    public RunEnd resume(Path root) {
        RunDirectory directory = RunDirectory.at(root);
        if (!Files.isRegularFile(directory.configFile())) {
            throw RuntimeFailure.config("%s is not the directory of a run: it has no run.conf".formatted(root));
        }
        RunConfig config = inPlace(RunConfigLoader.load(directory.configFile(), List.of()), directory);
        ModelConfig model = TrainingWorkFactory.modelOf(config);
        if (directory.isFinished()) {
            if (stays) {
                showFinished(config, model);
            }
            return new RunEnd(0, "the run in %s is finished: nothing is left to do".formatted(directory.root()));
        }
        awaitOwnName(config.cluster());
        SeedAddress.check(config.cluster());
        SeedAddress.check(config.dashboard());
        ProcessLog.writeTo(directory.logFile(RunDirectory.SEED));
        try (directory) {
            directory.reopen();
            ResumePoint.Found found = ResumePoint.find(config, directory);
            Start start = found.start();
            found.notes().forEach(out::println);
            out.println(
                    start.checkpoint().isPresent()
                            ? "going on at step %d, stage %s"
                                    .formatted(
                                            start.position().globalStep(),
                                            config.stages()
                                                    .get(start.position().stage())
                                                    .name())
                            : "there is no whole checkpoint: starting again");
            return run(config, model, directory, start);
        }
    }

    private RunEnd run(RunConfig config, ModelConfig model, RunDirectory directory, Start start) {
        JobPlan plan = JobPlan.of(
                config,
                model.llm().heads(),
                RunConfigLoader.render(config),
                new SecureRandom().nextLong(),
                directory.root().toString(),
                start);
        boolean isTerminal = Terminal.isThere();
        Dashboard dashboard = new Dashboard(config, model.tokensPerFrame(), out, isTerminal, InstantSource.system());
        dashboard.keep("%s: %d ranks on %d nodes, mesh %s%s, %d stages, %,d steps, in %s"
                .formatted(
                        config.name(),
                        config.mesh().worldSize(),
                        config.cluster().nodes(),
                        config.mesh(),
                        config.meshPlanned() ? " by the planner" : "",
                        config.stages().size(),
                        plan.totalSteps(),
                        directory.root()));
        ResultFiles results = new ResultFiles(config, model, directory, InstantSource.system());
        StepWork work = RunOperations.of(config, model);
        RunEnd end;
        try (RunWatch watch = RunWatch.open(
                config,
                model.tokensPerFrame(),
                work,
                directory,
                start.position().globalStep(),
                InstantSource.system())) {
            watch.address().ifPresent(address -> dashboard.keep("watch it: " + address.forPeople()));
            RunFiles files = RunFiles.open(
                    config,
                    directory,
                    RunDirectory.SEED,
                    start.position().globalStep(),
                    RunFiles.rope(config, model),
                    work,
                    results,
                    watch.before(dashboard));
            end = SeedProcess.run(new SeedProcess.Job(
                    plan,
                    config.cluster(),
                    directory,
                    files,
                    forksWorkers,
                    address -> listening(dashboard, plan, address),
                    watch::controls,
                    Optional.empty()));
            MemoryLog.peak();
            results.closingReport();
            if (end.exitCode() == 0) {
                dashboard.summary(directory.root());
            }
            if (stays && end.exitCode() == 0) {
                out.println("the run is over; waiting for SIGTERM");
                out.flush();
                StopSignals.await();
            }
        }
        return end;
    }

    /** A finished run whose process was started again: it is alive, and has nothing to do. */
    private void showFinished(RunConfig config, ModelConfig model) {
        RunBoard board = new RunBoard(config, model.tokensPerFrame(), InstantSource.system());
        board.accept(new RunNews.Closed());
        try (RunServer server = RunServer.open(config.dashboard().withoutControls(), board, "")) {
            out.println("the run is finished; waiting for SIGTERM; watch it: " + server.base());
            out.flush();
            StopSignals.await();
        }
    }

    /** A name service may learn of this machine's name after this process has begun; one for itself does not wait. */
    private void awaitOwnName(ClusterSettings cluster) {
        if (!forksWorkers) {
            HostNames.system().await(cluster.seedHost(), cluster.joinTimeout());
        }
    }

    private void listening(Dashboard dashboard, JobPlan plan, String address) {
        if (!forksWorkers) {
            dashboard.keep(
                    "waiting for %d nodes; on each: bin/longreel worker --seed %s".formatted(plan.nodes(), address));
        }
    }

    /** The configuration with the run directory as an absolute path: workers need not start where the seed did. */
    private static RunConfig inPlace(RunConfig given, RunDirectory directory) {
        return RunConfigLoader.parse(
                RunConfigLoader.render(given), "the run's configuration", List.of("out=" + directory.root()));
    }

    private static boolean hasNoSteps(RunDirectory directory) {
        try {
            return !Files.exists(directory.metricsFile()) || Files.size(directory.metricsFile()) == 0;
        } catch (IOException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.FATAL, "cannot read %s: %s".formatted(directory.metricsFile(), e), e);
        }
    }
}
