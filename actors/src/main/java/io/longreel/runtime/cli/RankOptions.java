package io.longreel.runtime.cli;

import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Mesh;
import io.longreel.curriculum.chat.ChatService;
import io.longreel.runtime.dashboard.ServingLine;
import io.longreel.runtime.launch.ClusterService;
import io.longreel.runtime.serving.LocalService;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which ranks answer, and where they live: use it as {@code @Mixin}. */
final class RankOptions {
    @Option(
            names = "--mesh",
            paramLabel = "ring=R,ulysses=U",
            converter = ForwardCommand.MeshConverter.class,
            description = "Ranks that answer together (default: one).")
    private @Nullable Mesh mesh;

    @Option(
            names = "--nodes",
            paramLabel = "N",
            description =
                    "Worker processes that the ranks are spread over (default: the ranks are threads of this process).")
    private int nodes;

    @Option(
            names = "--spares",
            paramLabel = "N",
            description = "With --nodes: processes that wait for one to be lost (default: ${DEFAULT-VALUE}).")
    private int spares;

    @Option(
            names = "--by-hand",
            description = "With --nodes: the workers are started by hand, here or elsewhere, with bin/longreel worker.")
    private boolean byHand;

    @Option(
            names = "--run-dir",
            paramLabel = "DIR",
            description =
                    "Folder for what the job leaves: logs and journal, with --nodes; uploads (default: runs/serve).")
    private @Nullable Path runDirectory;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Another value for a key of the configuration, such as inference.cache=4GiB. Repeatable.")
    private List<String> set = List.of();

    /**
     * The configuration of a job that answers.
     *
     * @param own overrides that the command itself brings
     */
    RunConfig config(@Nullable Path model, List<String> own) {
        if (model == null) {
            throw RuntimeFailure.config(
                    "--model DIR is missing: which model is to answer? bin/longreel demo leaves one in runs/demo/model");
        }
        if (!Files.isDirectory(model)) {
            throw RuntimeFailure.config("there is no model in %s: no such folder".formatted(model));
        }
        Mesh wanted = mesh();
        if (nodes < 0 || spares < 0 || (nodes > 0 && wanted.worldSize() % nodes != 0)) {
            throw RuntimeFailure.config(
                    "--nodes must divide the ranks of the mesh, and neither it nor --spares be negative: nodes=%d spares=%d ranks=%d"
                            .formatted(nodes, spares, wanted.worldSize()));
        }
        if (nodes == 0 && (spares > 0 || byHand)) {
            throw RuntimeFailure.config("--spares and --by-hand need --nodes N: without it no process is started");
        }
        List<String> overrides = new ArrayList<>(List.of(
                "name=serve",
                "model.checkpoint=" + model.toAbsolutePath().normalize(),
                "mesh.ring=" + wanted.ringDegree(),
                "mesh.ulysses=" + wanted.ulyssesDegree(),
                "mesh.inner=" + wanted.inner().name().toLowerCase(Locale.ROOT),
                "cluster.nodes=" + Math.max(1, nodes),
                "cluster.ranks-per-node=" + wanted.worldSize() / Math.max(1, nodes),
                "recovery.spares=" + spares,
                "out=" + folder()));
        overrides.addAll(own);
        overrides.addAll(set);
        return RunConfigLoader.parse("", "the command line", overrides);
    }

    /** The ranks that answer together. */
    Mesh mesh() {
        return mesh == null ? Mesh.single() : mesh;
    }

    /** Refuses worker processes for what knows only ranks of this one. */
    void requireHere(String who) {
        if (nodes > 0 || spares > 0 || byHand) {
            throw RuntimeFailure.config(
                    "%s runs on ranks of this process: leave --nodes, --spares and --by-hand out".formatted(who));
        }
    }

    /** What the job leaves lies here. */
    Path folder() {
        return runDirectory == null ? Path.of("runs", "serve") : runDirectory;
    }

    /**
     * Opens what answers.
     *
     * @param questionsMax answered or waiting at the same time
     * @param screen for what happens to the ranks
     */
    ChatService open(RunConfig config, int questionsMax, PrintWriter screen, LongSupplier clockNs) {
        if (nodes == 0) {
            return LocalService.open(config, questionsMax, clockNs);
        }
        return ClusterService.open(
                config,
                new ClusterService.Setup(
                        !byHand,
                        questionsMax,
                        news -> ServingLine.of(news).ifPresent(line -> say(screen, line)),
                        address -> {
                            if (byHand) {
                                say(
                                        screen,
                                        "waiting for %d nodes; on each: bin/longreel worker --seed %s"
                                                .formatted(nodes, address));
                            }
                        }),
                clockNs);
    }

    private static void say(PrintWriter screen, String line) {
        screen.println(line);
        screen.flush();
    }
}
