package io.longreel.chaos.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.chaos.process.ChildJvm.Outcome;
import io.longreel.model.checkpoint.SafetensorsFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code forward} as another implementation's tests would call it: its file holds what Hugging Face computed, on every mesh. */
final class ForwardIT {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final double FORWARD_TOLERANCE = 1e-4;
    private static final double GRADIENT_TOLERANCE = 1e-3;

    /** A vision key bias has no gradient in exact arithmetic: rounding noise is measured against this instead of against itself. */
    private static final double ZERO_NORM = 1e-4;

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "mha-odd-grid,'ring=1,ulysses=1',''",
        "gqa-even,'ring=1,ulysses=2',''",
        "mha-odd-grid,'ring=2,ulysses=1',--layout striped",
        "gqa-even,'inner=ring,ring=2,ulysses=2',''",
        "gqa-even,'ring=2,ulysses=2',--one-stage",
        "mha-odd-grid,'ring=4,ulysses=2',--layout contiguous"
    })
    void shouldEqualHuggingFaceOnTheCommandLine(String name, String mesh, String more) {
        Path out = folder.resolve("out.safetensors");
        List<String> arguments = new ArrayList<>(List.of(
                "forward",
                "--checkpoint",
                Goldens.checkpoint(name).toString(),
                "--batch",
                Goldens.batch(name).toString(),
                "--out",
                out.toString(),
                "--mesh",
                mesh,
                "--gradients"));
        arguments.addAll(more.isEmpty() ? List.of() : List.of(more.split(" ", -1)));
        try (ChildJvm child = ChildJvm.start(folder, arguments.toArray(String[]::new))) {
            Outcome outcome = child.outcome(LIMIT);
            assertEquals(0, outcome.exitCode(), child::story);
            assertTrue(outcome.out().startsWith("loss="), child::story);
        }
        try (SafetensorsFile expected = SafetensorsFile.open(Goldens.expected(name));
                SafetensorsFile actual = SafetensorsFile.open(out)) {
            assertEquals(expected.entries().keySet(), actual.entries().keySet());
            for (String tensor : expected.entries().keySet()) {
                double tolerance = tensor.startsWith("grad.") ? GRADIENT_TOLERANCE : FORWARD_TOLERANCE;
                double difference = relativeNorm(expected.floats(tensor), actual.floats(tensor));
                assertTrue(
                        difference <= tolerance,
                        () -> "%s mesh=%s %s tensor=%s relativeNorm=%g"
                                .formatted(name, mesh, more, tensor, difference));
            }
        }
    }

    private static double relativeNorm(float[] expected, float[] actual) {
        assertEquals(expected.length, actual.length);
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += Math.pow(expected[i] - (double) actual[i], 2);
            norm += Math.pow(expected[i], 2);
        }
        return Math.sqrt(difference) / Math.max(Math.sqrt(norm), ZERO_NORM);
    }
}
