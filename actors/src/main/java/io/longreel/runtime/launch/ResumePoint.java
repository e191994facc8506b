package io.longreel.runtime.launch;

import io.longreel.config.RunConfig;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.StageSettings;
import io.longreel.model.checkpoint.CheckpointManifest;
import io.longreel.model.checkpoint.CheckpointStore;
import io.longreel.runtime.supervisor.JobPlan.Start;
import io.longreel.runtime.supervisor.Position;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Where a run goes on that was stopped, or killed: behind its newest whole checkpoint, or at its very start when it has
 * none.
 */
final class ResumePoint {
    private ResumePoint() {}

    static Start of(RunConfig config, RunDirectory directory) {
        int generation = directory.lastGeneration() + 1;
        Optional<CheckpointStore.Stored> newest =
                CheckpointStore.of(directory.root()).latest();
        if (newest.isEmpty()) {
            return Start.fresh(generation);
        }
        Position position = positionOf(config, newest.get().manifest());
        Set<Integer> evaluated = directory.evaluatedStages().stream()
                .filter(stage -> stage < position.stage()
                        || (stage == position.stage()
                                && position.step() == config.stages().get(stage).steps()))
                .collect(Collectors.toSet());
        String checkpoint = newest.get().directory().toAbsolutePath().toString();
        return new Start(generation, position, Optional.of(checkpoint), evaluated);
    }

    private static Position positionOf(RunConfig config, CheckpointManifest manifest) {
        long before = 0;
        for (int stage = 0; stage < config.stages().size(); stage++) {
            StageSettings settings = config.stages().get(stage);
            if (settings.name().equals(manifest.stage())) {
                boolean fits = manifest.step() <= settings.steps() && before + manifest.step() == manifest.globalStep();
                if (fits) {
                    return new Position(stage, manifest.step(), manifest.globalStep());
                }
            }
            before += settings.steps();
        }
        throw RuntimeFailure.config(
                "run.conf does not fit the newest checkpoint (stage %s, step %d, step %d of the run): undo what was changed in it"
                        .formatted(manifest.stage(), manifest.step(), manifest.globalStep()));
    }
}
