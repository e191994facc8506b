package io.longreel.curriculum.video;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.TestFootage;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** That the frames that it counts are read; what they cost is nobody's business here. */
class VideoBenchTest {
    private final AtomicLong clockNs = new AtomicLong();
    private final Path directory;

    VideoBenchTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @ParameterizedTest
    @CsvSource({"1, 1000, 100", "2, 70, 140"})
    void shouldReadAllFramesOnEachThread(int threads, int framesMax, int expected) {
        Path video = TestFootage.generated(directory, 100, 5);
        VideoBench.Result result = VideoBench.run(
                new VideoBench.Setting(List.of(video), 24, framesMax, threads), () -> clockNs.addAndGet(1_000_000_000));
        assertEquals(new VideoBench.Result(expected, 1, 1), result);
        assertEquals(expected, result.framesPerSecond());
    }

    @Test
    void shouldNameTheFileThatIsNotThere() {
        VideoBench.Setting setting = new VideoBench.Setting(List.of(directory.resolve("gone.mp4")), 24, 10, 2);
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> VideoBench.run(setting, System::nanoTime));
        assertTrue(String.valueOf(failure.getMessage()).contains("gone.mp4"), failure.toString());
    }

    @Test
    void shouldRefuseWhatCannotBeMeasured() {
        List<Path> files = List.of(directory.resolve("a.mp4"));
        assertThrows(RuntimeFailure.class, () -> new VideoBench.Setting(List.of(), 24, 10, 1));
        assertThrows(RuntimeFailure.class, () -> new VideoBench.Setting(files, 0, 10, 1));
        assertThrows(RuntimeFailure.class, () -> new VideoBench.Setting(files, 24, 0, 1));
        assertThrows(RuntimeFailure.class, () -> new VideoBench.Setting(files, 24, 10, 0));
    }
}
