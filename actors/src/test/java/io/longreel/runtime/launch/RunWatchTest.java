package io.longreel.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RunConfig;
import io.longreel.runtime.metrics.StepWork;
import io.longreel.runtime.supervisor.RunNews;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunWatchTest {
    @TempDir
    Path root;

    private RunWatch watch(String... overrides) throws IOException {
        RunConfig config = RunFixtures.config(root, overrides);
        return RunWatch.open(config, 4, StepWork.UNKNOWN, RunDirectory.at(root), 0, RunFixtures.CLOCK);
    }

    private long curveBytes() throws IOException {
        try (var files = Files.list(root.resolve("tensorboard"))) {
            return files.mapToLong(file -> file.toFile().length()).sum();
        }
    }

    @Test
    void shouldWriteCurvesAndPassNewsOn() throws IOException {
        List<RunNews> seen = new ArrayList<>();
        try (RunWatch watch = watch()) {
            long before = curveBytes();
            RunNews news = new RunNews.StepCommitted(RunFixtures.step(1));
            watch.before(seen::add).accept(news);
            assertEquals(List.of(news), seen);
            assertTrue(curveBytes() > before, "a step has points");
            assertTrue(watch.address().isPresent());
        }
    }

    @Test
    void shouldServeNothingWhenItIsOff() throws IOException {
        try (RunWatch watch = watch("dashboard.port=off")) {
            assertEquals(Optional.empty(), watch.address());
        }
    }

    @Test
    void shouldLetARunGoOnUnseenWhenItsPortIsTaken() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                RunWatch watch = watch("dashboard.port=" + taken.getLocalPort())) {
            watch.accept(new RunNews.StepCommitted(RunFixtures.step(1)));
            assertEquals(Optional.empty(), watch.address());
        }
    }
}
