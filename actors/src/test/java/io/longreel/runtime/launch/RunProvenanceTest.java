package io.longreel.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import io.longreel.config.RuntimeFailure;
import io.longreel.model.TrainSession.SliceFile;
import io.longreel.model.checkpoint.CheckpointManifest;
import io.longreel.model.checkpoint.Provenance;
import io.longreel.model.checkpoint.SampleLedger;
import io.longreel.runtime.supervisor.Position;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunProvenanceTest {
    private static final Position AT = new Position(1, 1, 4);

    private final RunConfig config;
    private final Path root;

    RunProvenanceTest(@TempDir Path root) {
        this.root = root;
        this.config = RunFixtures.config(root);
    }

    private RunConfig changed(String... overrides) {
        return RunConfigLoader.parse(RunConfigLoader.render(config), "changed", List.of(overrides));
    }

    private static CheckpointManifest manifest(RunConfig config, Set<Long> skipped) {
        Provenance provenance = RunProvenance.of(config).at(AT, 3, skipped);
        List<SliceFile> slices = Collections.nCopies(4, new SliceFile("rank.slice", 0, ""));
        return new CheckpointManifest(
                "fixture", config.seed(), "long", 1, 4, config.mesh(), 1e6, 1, slices, Optional.of(provenance));
    }

    private void refuses(String expected, String... overrides) {
        RunProvenance provenance = RunProvenance.of(changed(overrides));
        RuntimeFailure failure =
                assertThrows(RuntimeFailure.class, () -> provenance.requireSame(manifest(config, Set.of())));
        assertEquals(RuntimeFailure.Category.CONFIG, failure.category());
        assertTrue(failure.getMessage().contains(expected), failure.getMessage());
        assertEquals(1, failure.getMessage().lines().count(), failure.getMessage());
    }

    @Test
    void shouldGoOnWithoutAWordWhenNothingWasChanged() {
        assertEquals(Optional.empty(), RunProvenance.of(config).requireSame(manifest(config, Set.of())));
        assertEquals(Optional.empty(), RunProvenance.of(config).requireSame(manifest(config, Set.of(2L))));
    }

    @Test
    void shouldRefuseWhenSamplesOrModelWouldBeOthers() {
        refuses("seed is 99, was " + config.seed(), "seed=99");
        refuses("data (footage", "data.generated.frames=77");
        refuses("model.architecture was changed", "model.architecture.llm.rope-theta=5");
        refuses("attention was changed", "attention.mask=full");
        refuses("its first 4 steps would draw other samples", "stages[0].phases[0].samples-per-step=3");
        refuses(
                "its first 4 steps would draw other samples",
                "stages[1].phases[0].source={kind=passkeys,tokens-min=100,tokens-max=120}");
    }

    @Test
    void shouldTellButAllowWhatChangesNoSample() {
        Optional<String> note = RunProvenance.of(changed(
                        "cluster.nodes=1", "cluster.ranks-per-node=4", "stages[1].phases[0].learning-rate=1e-5"))
                .requireSame(manifest(config, Set.of()));
        assertTrue(note.orElseThrow().endsWith("it differs in: cluster, stages"), note.toString());
    }

    @Test
    void shouldNotMindThatFootageWasMoved() throws IOException {
        Path old = Files.createDirectories(root.resolve("old")).resolve("walk.mp4");
        Path moved = Files.createDirectories(root.resolve("new")).resolve("walk.mp4");
        Files.writeString(old, "frames");
        Files.writeString(moved, "frames");
        CheckpointManifest written = manifest(changed("data.footage=[\"%s\"]".formatted(old)), Set.of());
        RunProvenance now = RunProvenance.of(changed("data.footage=[\"%s\"]".formatted(moved)));
        assertEquals(Optional.empty(), now.requireSame(written));
        Files.writeString(moved, "other frames");
        assertThrows(RuntimeFailure.class, () -> now.requireSame(written));
    }

    @Test
    void shouldCountEachStepOnceInWhateverOrderItIsAsked() {
        RunProvenance walking = RunProvenance.of(config);
        SampleLedger early = walking.at(new Position(0, 2, 2), 1, Set.of()).ledger();
        SampleLedger late = walking.at(AT, 1, Set.of()).ledger();
        assertEquals(early, walking.at(new Position(0, 2, 2), 1, Set.of()).ledger());
        assertEquals(late, RunProvenance.of(config).at(AT, 1, Set.of()).ledger());
        SampleLedger skipping = walking.at(AT, 1, Set.of(1L)).ledger();
        int perStep = config.stages().getFirst().phases().getFirst().samplesPerStep();
        assertEquals(late.samples() - perStep, skipping.samples());
        assertEquals(late.samples() / 2, early.samples());
    }

    @Test
    void shouldTakeACheckpointOfAnOlderVersionWhenItsSeedIsThatOfTheRun() {
        List<SliceFile> slices = Collections.nCopies(4, new SliceFile("rank.slice", 0, ""));
        CheckpointManifest old =
                new CheckpointManifest("fixture", config.seed(), "long", 1, 4, config.mesh(), 1e6, slices);
        assertEquals(Optional.empty(), RunProvenance.of(config).requireSame(old));
        assertThrows(
                RuntimeFailure.class, () -> RunProvenance.of(changed("seed=99")).requireSame(old));
    }
}
