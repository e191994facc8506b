package io.longreel.runtime.cli;

import io.longreel.config.RuntimeFailure;
import io.longreel.model.checkpoint.CheckpointManifest;
import io.longreel.model.checkpoint.CheckpointStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What a user named: a training checkpoint, the directory of a run that has some, or a model. */
sealed interface CheckpointPath {

    /** A training checkpoint, whole or not. */
    record Checkpoint(Path directory) implements CheckpointPath {}

    /** @param checkpoints newest first, incomplete ones too */
    record Run(Path directory, List<Path> checkpoints) implements CheckpointPath {
        /** Those with a manifest. */
        List<Path> complete() {
            return checkpoints.stream().filter(CheckpointManifest::exists).toList();
        }
    }

    /** A model in VILA's layout. */
    record Model(Path directory) implements CheckpointPath {}

    /** Looks at names only; what is none of the three is a CONFIG failure. */
    static CheckpointPath of(Path path) {
        if (!Files.isDirectory(path)) {
            throw RuntimeFailure.config(
                    "%s must be the folder of a checkpoint, a run or a model: there is no such folder".formatted(path));
        }
        if (CheckpointManifest.exists(path) || hasSlices(path)) {
            return new Checkpoint(path);
        }
        if (Files.isRegularFile(path.resolve("run.conf")) || Files.isDirectory(path.resolve("checkpoints"))) {
            return new Run(path, CheckpointStore.of(path).directories());
        }
        if (Files.isRegularFile(path.resolve("config.json")) || Files.isRegularFile(path.resolve("llm/config.json"))) {
            return new Model(path);
        }
        throw RuntimeFailure.config(
                "%s must be the folder of a checkpoint (with a manifest.json), a run (with a run.conf) or a model (with a config.json)"
                        .formatted(path));
    }

    private static boolean hasSlices(Path path) {
        try (Stream<Path> files = Files.list(path)) {
            return files.anyMatch(file -> file.getFileName().toString().endsWith(".slice"));
        } catch (IOException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.CONFIG, "%s cannot be read: %s".formatted(path, e.getMessage()), e);
        }
    }
}
