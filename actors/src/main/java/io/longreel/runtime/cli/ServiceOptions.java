package io.longreel.runtime.cli;

import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Mesh;
import io.longreel.curriculum.chat.ChatService;
import io.longreel.runtime.dashboard.ServingLine;
import io.longreel.runtime.launch.ClusterService;
import io.longreel.runtime.launch.RunDirectory.Existing;
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

/** Options of every command in which a model answers: use it as {@code @Mixin}. */
final class ServiceOptions {
    @Option(names = "--model", paramLabel = "DIR", description = "Model in VILA's layout, such as runs/demo/model.")
    private @Nullable Path model;

    @Option(
            names = "--mesh",
            paramLabel = "ring=R,ulysses=U",
            converter = ForwardCommand.MeshConverter.class,
            description = "Ranks that answer together (default: one).")
    private @Nullable Mesh mesh;

    @Option(
            names = "--frames",
            paramLabel = "N",
            description = "Most frames of each video, evenly spread (default: as many as the model was made for).")
    private @Nullable Integer frames;

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
            names = "--out",
            paramLabel = "DIR",
            description = "With --nodes: folder for logs and journal (default: runs/serve).")
    private @Nullable Path out;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Another value for a key of the configuration, such as inference.cache=4GiB. Repeatable.")
    private List<String> set = List.of();

    /** The configuration of a run that answers. */
    RunConfig config() {
        if (model == null) {
            throw RuntimeFailure.config(
                    "--model DIR is missing: which model is to answer? The demo leaves one in runs/demo/model");
        }
        if (!Files.isDirectory(model)) {
            throw RuntimeFailure.config("there is no model in %s: no such folder".formatted(model));
        }
        List<String> overrides = new ArrayList<>();
        overrides.add("name=serve");
        overrides.add("model.checkpoint=" + model.toAbsolutePath().normalize());
        if (mesh != null) {
            overrides.addAll(List.of(
                    "mesh.ring=" + mesh.ringDegree(),
                    "mesh.ulysses=" + mesh.ulyssesDegree(),
                    "mesh.inner=" + mesh.inner().name().toLowerCase(Locale.ROOT)));
        }
        overrides.addAll(processes(mesh == null ? 1 : mesh.worldSize()));
        if (frames != null) {
            overrides.add("inference.frames-max=" + frames);
        }
        overrides.addAll(set);
        return RunConfigLoader.parse("", "the command line", overrides);
    }

    private List<String> processes(int ranks) {
        if (nodes < 0 || spares < 0 || (nodes > 0 && ranks % nodes != 0)) {
            throw RuntimeFailure.config(
                    "--nodes must divide the ranks of the mesh, and neither it nor --spares be negative: nodes=%d spares=%d ranks=%d"
                            .formatted(nodes, spares, ranks));
        }
        return List.of(
                "cluster.nodes=" + Math.max(1, nodes),
                "cluster.ranks-per-node=" + ranks / Math.max(1, nodes),
                "recovery.spares=" + spares,
                "out=" + (out == null ? Path.of("runs", "serve") : out));
    }

    /** @param questionsMax answered or waiting at the same time */
    ChatService open(RunConfig config, int questionsMax, PrintWriter screen, LongSupplier clockNs) {
        if (nodes == 0) {
            return LocalService.open(config, questionsMax, clockNs);
        }
        return ClusterService.open(
                config,
                new ClusterService.Setup(
                        true,
                        out == null ? Existing.REPLACE : Existing.REPLACE_FINISHED,
                        questionsMax,
                        news -> ServingLine.of(news).ifPresent(line -> {
                            screen.println(line);
                            screen.flush();
                        }),
                        address -> {}),
                clockNs);
    }
}
