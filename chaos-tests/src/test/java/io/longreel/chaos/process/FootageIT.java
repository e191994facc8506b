package io.longreel.chaos.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.longreel.chaos.process.ChildJvm.Outcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training on video files that cameras and other people's encoders made. */
final class FootageIT {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final String THREE_STEPS =
            "stages=[{name=look,context-tokens-max=2048,phases=[{steps=3,samples-per-step=2,warmup-steps=0,"
                    + "source{kind=needle-questions,frames=[1,2,4,8]}}]}]";

    @TempDir
    Path folder;

    @Test
    void shouldTrainWhenFootageIsReal() {
        ObservedRun run = new ObservedRun(folder.resolve("run"));
        String footage = footage().stream()
                .map(file -> '"' + file.toString() + '"')
                .collect(Collectors.joining(",", "data.footage=[", "]"));
        try (ChildJvm child = ChildJvm.start(
                folder, "train", "tiny", "--out", run.root().toString(), "--set", footage, "--set", THREE_STEPS)) {
            Outcome outcome = child.outcome(LIMIT);
            assertEquals(0, outcome.exitCode(), () -> child.story() + run.story());
        }
        assertEquals(3, run.losses().size());
        assertTrue(run.losses().stream().allMatch(Double::isFinite), () -> "losses=" + run.losses());
    }

    /** Video files beside the repository; not every machine has them. */
    private static List<Path> footage() {
        Path videos = Path.of("..", "..", "shared", "videos").toAbsolutePath().normalize();
        assumeTrue(Files.isDirectory(videos), "skipped: there is no footage in " + videos);
        try (Stream<Path> files = Files.list(videos)) {
            List<Path> found = files.filter(file -> file.toString().matches(".*\\.(mp4|mkv|mov)"))
                    .sorted()
                    .toList();
            assumeTrue(!found.isEmpty(), "skipped: there is no video file in " + videos);
            return found;
        } catch (IOException e) {
            throw new UncheckedIOException("footage cannot be listed: " + videos, e);
        }
    }
}
