package io.longreel.runtime.launch;

import io.longreel.config.RunConfig;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.StageSettings;
import io.longreel.model.checkpoint.CheckpointManifest;
import io.longreel.model.checkpoint.CheckpointStore;
import io.longreel.runtime.supervisor.JobPlan.Start;
import io.longreel.runtime.supervisor.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Where a run goes on that was stopped, or killed: behind its newest whole checkpoint, or at its very start when it has
 * none.
 */
final class ResumePoint {
    /**
     * @param notes for the user: checkpoints that were passed over and why, and harmless differences of the configuration
     */
    record Found(Start start, List<String> notes) {
        Found {
            notes = List.copyOf(notes);
        }
    }

    private ResumePoint() {}

    /** Goes down from the newest checkpoint to the first that is sound; one that run.conf contradicts is refused with one line. */
    static Found find(RunConfig config, RunDirectory directory) {
        int generation = directory.lastGeneration() + 1;
        CheckpointStore.Choice choice = CheckpointStore.of(directory.root()).choose();
        List<String> notes = new ArrayList<>();
        choice.refused().forEach(refused -> notes.add(refused.line()));
        Optional<CheckpointStore.Stored> newest = choice.stored();
        if (newest.isEmpty()) {
            return new Found(Start.fresh(generation), notes);
        }
        RunProvenance.of(config).requireSame(newest.get().manifest()).ifPresent(notes::add);
        Position position = positionOf(config, newest.get().manifest());
        Set<Integer> evaluated = directory.evaluatedStages().stream()
                .filter(stage -> stage < position.stage()
                        || (stage == position.stage()
                                && position.step() == config.stages().get(stage).steps()))
                .collect(Collectors.toSet());
        String checkpoint = newest.get().directory().toAbsolutePath().toString();
        return new Found(
                new Start(generation, position, Optional.of(checkpoint), evaluated, directory.skippedSteps()), notes);
    }

    static Position positionOf(RunConfig config, CheckpointManifest manifest) {
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
