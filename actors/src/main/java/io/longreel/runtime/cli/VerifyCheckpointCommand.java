package io.longreel.runtime.cli;

import io.longreel.config.RuntimeFailure;
import io.longreel.model.checkpoint.CheckpointExamination;
import io.longreel.model.checkpoint.CheckpointExamination.Damage;
import io.longreel.model.checkpoint.CheckpointManifest;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code verify-checkpoint PATH}: reads every byte of checkpoints and names what is damaged; exit code 1 when something is. */
@Command(
        name = "verify-checkpoint",
        description = "Reads every byte of a checkpoint, or of a run's, and names what is damaged.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class VerifyCheckpointCommand implements Callable<Integer> {
    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "PATH", description = "Folder of a checkpoint or of a run.")
    private Path path = Path.of("");

    @Option(names = "--all", description = "Of a run: all checkpoints; else the newest.")
    private boolean all;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        boolean sound = true;
        for (Path directory : chosen(out)) {
            sound &= examine(out, directory);
        }
        out.flush();
        return sound ? Main.OK : Main.FAILED;
    }

    private List<Path> chosen(PrintWriter out) {
        return switch (CheckpointPath.of(path)) {
            case CheckpointPath.Checkpoint checkpoint -> List.of(checkpoint.directory());
            case CheckpointPath.Run run -> {
                if (run.complete().isEmpty()) {
                    throw RuntimeFailure.config("%s has no checkpoint".formatted(run.directory()));
                }
                if (all) {
                    run.checkpoints().stream()
                            .filter(directory -> !CheckpointManifest.exists(directory))
                            .forEach(directory ->
                                    out.println("left out  %s: incomplete, nobody will load it".formatted(directory)));
                }
                yield all ? run.complete() : run.complete().subList(0, 1);
            }
            case CheckpointPath.Model model ->
                throw RuntimeFailure.config(
                        "%s is a model, whose format has no checksums: bin/longreel inspect checks what can be checked"
                                .formatted(model.directory()));
        };
    }

    private static boolean examine(PrintWriter out, Path directory) {
        CheckpointExamination.Result result = CheckpointExamination.of(directory);
        if (result.isSound()) {
            int slices = result.manifest().orElseThrow().slices().size();
            out.println(String.format(
                    Locale.ROOT,
                    "sound     %s: %d slices, %,d bytes, %,d blocks",
                    directory,
                    slices,
                    result.readBytes(),
                    result.blocks()));
        } else {
            out.println("damaged   " + directory);
            result.damages().stream().map(Damage::line).forEach(line -> out.println("          " + line));
        }
        return result.isSound();
    }
}
