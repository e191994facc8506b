package io.longreel.chaos.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.chaos.report.Matrix;
import io.longreel.chaos.scenario.ScenarioResult.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Scenarios of different kinds, as {@code bin/longreel chaos run} plays them: a fault inside a worker, a signal from outside, a frame,
 * memory, a disk. What decides about all others is tested in the simulation. Nothing here depends on how fast the machine is.
 */
final class ScenariosIT {
    @TempDir
    static Path folder;

    private static @Nullable Theatre theatre;

    /** One for all, as they share the undisturbed run. */
    private static synchronized Theatre theatre() {
        Theatre open = theatre;
        if (open == null) {
            open = Theatre.open(folder.resolve("runs"), InstantSource.system());
            theatre = open;
        }
        return open;
    }

    @ParameterizedTest
    @ValueSource(strings = {"kill-ring", "stop-zombie", "frame-corrupt", "bit-flip", "disk-full"})
    void shouldTrainTheSameBitsWhenDisturbed(String name) throws IOException {
        Scenario scenario = Catalogue.named(List.of(name)).getFirst();
        ScenarioResult result = theatre().play(scenario);
        Path story = folder.resolve("runs").resolve(name + ".story.txt");
        System.out.println(name + ": " + Matrix.sentence(result));
        if (result.verdict() == Verdict.SKIPPED) {
            assertFalse(scenario.obstacle().get().isEmpty(), "only what this machine cannot do is skipped");
            return;
        }
        String told = Files.exists(story) ? Files.readString(story) : "";
        assertEquals(Verdict.PASSED, result.verdict(), () -> result.complaints() + "\n" + told);
        assertTrue(!result.incidents().isEmpty(), "a fault that did not strike proves nothing");
    }
}
