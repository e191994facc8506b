package io.longreel.runtime.cli;

import io.longreel.config.RuntimeFailure;
import io.longreel.model.checkpoint.CheckpointContents;
import io.longreel.model.checkpoint.CheckpointManifest;
import io.longreel.model.checkpoint.ModelContents;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code inspect PATH}: what a checkpoint, the newest one of a run, or a model holds. Reads manifests and headers, never tensors. */
@Command(
        name = "inspect",
        description = "Shows what a checkpoint, a run's newest checkpoint or a model holds, without loading it.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class InspectCommand implements Callable<Integer> {
    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "PATH", description = "Folder of a checkpoint, of a run, or of a model in VILA's layout.")
    private Path path = Path.of("");

    @Option(names = "--boxes", description = "Also where each part of a tensor lies: file and elements.")
    private boolean boxes;

    @Option(names = "--json", description = "Everything as JSON.")
    private boolean json;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        switch (CheckpointPath.of(path)) {
            case CheckpointPath.Checkpoint checkpoint -> checkpoint(out, checkpoint.directory());
            case CheckpointPath.Run run -> run(out, run);
            case CheckpointPath.Model model -> {
                ModelContents contents = ModelContents.read(model.directory());
                print(out, json ? List.of(contents.toJson()) : ContentsTable.of(contents));
            }
        }
        return Main.OK;
    }

    private void run(PrintWriter out, CheckpointPath.Run run) {
        if (run.complete().isEmpty()) {
            throw RuntimeFailure.config("%s has no checkpoint".formatted(run.directory()));
        }
        if (!json) {
            for (Path directory : run.checkpoints()) {
                out.println("%-24s %s".formatted(directory.getFileName(), summary(directory)));
            }
            out.println();
        }
        checkpoint(out, run.complete().getFirst());
    }

    /** A damaged one must not hide those beside it. */
    private static String summary(Path directory) {
        if (!CheckpointManifest.exists(directory)) {
            return "incomplete: it has no manifest";
        }
        try {
            CheckpointManifest manifest = CheckpointManifest.read(directory);
            return "stage %s, step %d; step %d of the run; %d slices"
                    .formatted(
                            manifest.stage(),
                            manifest.step(),
                            manifest.globalStep(),
                            manifest.slices().size());
        } catch (RuntimeFailure e) {
            return "damaged: " + e.getMessage();
        }
    }

    private void checkpoint(PrintWriter out, Path directory) {
        CheckpointContents contents = CheckpointContents.read(directory);
        print(out, json ? List.of(contents.toJson()) : ContentsTable.of(contents, boxes));
    }

    private static void print(PrintWriter out, List<String> lines) {
        lines.forEach(out::println);
        out.flush();
    }
}
