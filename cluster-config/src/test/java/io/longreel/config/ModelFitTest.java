package io.longreel.config;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ModelFitTest {
    private static final Path SOURCE = Path.of("model");

    @Test
    void shouldNameTheNearestMeshesWhenTheCheckpointHasTooFewHeads() {
        RunConfig config = RunConfigLoader.load("tiny", List.of());
        assertDoesNotThrow(() -> ModelFit.require(config, 2, 4, SOURCE));
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> ModelFit.require(config, 1, 4, SOURCE));
        assertEquals(RuntimeFailure.Category.CONFIG, failure.category());
        assertEquals(
                "longreel.mesh.ulysses must not exceed the query heads of the model: ulysses=2 heads=1 checkpoint=model;"
                        + " nearest that work: data=1 ring=4 ulysses=1 or data=2 ring=2 ulysses=1",
                failure.getMessage());
    }

    @Test
    void shouldCountTheLayersWhenTheyAreToBeRecomputed() {
        RunConfig some = RunConfigLoader.load("tiny", List.of("recompute.layers=3"));
        assertDoesNotThrow(() -> ModelFit.require(some, 2, 3, SOURCE));
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> ModelFit.require(some, 2, 2, SOURCE));
        assertEquals(
                "longreel.recompute.layers must not exceed the decoder's layers: layers=3, the model has 2;"
                        + " all = every layer; checkpoint=model",
                failure.getMessage());
        RunConfig all = RunConfigLoader.load("tiny", List.of("recompute.layers=all"));
        assertDoesNotThrow(() -> ModelFit.require(all, 2, 2, SOURCE));
    }
}
