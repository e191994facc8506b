package io.longreel.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.ClusterSettings;
import io.longreel.config.RunConfig;
import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.eval.StepMetrics;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.node.NodeEnd;
import io.longreel.runtime.rank.FakeWorkFactory;
import io.longreel.runtime.supervisor.RunEnd;
import io.longreel.runtime.web.NodeHealth;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Seed and workers as real members of a cluster over TCP, each on a thread of this JVM, with ranks that compute nothing. */
class SeedAndWorkersIT {
    private static final ExecutorService THREADS = Executors.newCachedThreadPool();

    private final CompletableFuture<String> address = new CompletableFuture<>();

    @AfterAll
    static void stop() {
        THREADS.shutdownNow();
    }

    private CompletableFuture<RunEnd> seed(RunDirectory directory) {
        RunConfig config = RunFixtures.config(directory.root());
        SeedProcess.Job job = RunFixtures.job(config, directory, address::complete);
        return CompletableFuture.supplyAsync(() -> SeedProcess.run(job), THREADS);
    }

    private CompletableFuture<NodeEnd> worker(String nodeId, FakeWorkFactory factory) throws Exception {
        HostPort seed = HostPort.parse(address.get(60, TimeUnit.SECONDS));
        WorkerProcess.Options options = new WorkerProcess.Options(
                seed, nodeId, "", Duration.ofSeconds(60), false, Optional.empty(), NodeHealth.untold());
        return CompletableFuture.supplyAsync(
                () -> WorkerProcess.run(options, (system, clockNs) -> (text, host) -> factory), THREADS);
    }

    private static <T> T get(CompletableFuture<T> future) throws Exception {
        return future.get(90, TimeUnit.SECONDS);
    }

    @Test
    void shouldRunAJobWhoseWorkersJoinByHandInAnyOrderAndRefuseOneTooMany(@TempDir Path root) throws Exception {
        try (RunDirectory directory = RunFixtures.created(root)) {
            List<FakeWorkFactory> factories = List.of(new FakeWorkFactory(), new FakeWorkFactory());
            CompletableFuture<RunEnd> seed = seed(directory);
            CompletableFuture<NodeEnd> late = worker("node-b", factories.get(1));
            CompletableFuture<NodeEnd> early = worker("node-a", factories.get(0));
            assertEquals(new RunEnd(0, "finished: 5 steps"), get(seed));
            assertEquals(new NodeEnd(0, "finished: 5 steps"), get(early));
            assertEquals(new NodeEnd(0, "finished: 5 steps"), get(late));
            assertTrue(factories.get(0).calls.contains("rank 0: export model"));
            assertTrue(factories.get(1).calls.contains("rank 3: step 1 1"));
            assertEquals(5, StepMetrics.read(directory.metricsFile()).size());
            assertTrue(Files.exists(root.resolve("needle-short.json")));
            assertTrue(Files.exists(root.resolve("report.html")));
            assertEquals(
                    new JournalEntry.RunEnded(0, "finished: 5 steps"),
                    directory.journal().last(JournalEntry.class).orElseThrow());
        }
    }

    @Test
    void shouldTellAllProcessesTheCauseWhenARankFails(@TempDir Path root) throws Exception {
        try (RunDirectory directory = RunFixtures.created(root)) {
            CompletableFuture<RunEnd> seed = seed(directory);
            CompletableFuture<NodeEnd> good = worker("node-a", new FakeWorkFactory().waitAt(0));
            CompletableFuture<NodeEnd> bad = worker("node-b", new FakeWorkFactory().failAt(0));
            RunEnd end = get(seed);
            assertEquals(2, end.exitCode());
            assertTrue(
                    end.message().contains("on node-b failed in stage short, step 0: frame 0 is broken"),
                    end.message());
            assertEquals(new NodeEnd(2, end.message()), get(good));
            assertEquals(new NodeEnd(2, end.message()), get(bad));
        }
    }

    @Test
    void shouldEndWithTwoWhenNoSeedAnswers() throws Exception {
        address.complete("127.0.0.1:1");
        HostPort nobody = HostPort.parse(address.join());
        NodeEnd end = WorkerProcess.run(
                new WorkerProcess.Options(
                        nobody, "node-a", "", Duration.ofSeconds(1), false, Optional.empty(), NodeHealth.untold()),
                (system, clockNs) -> (text, host) -> new FakeWorkFactory());
        assertEquals(2, end.exitCode());
        assertTrue(end.reason().startsWith("no seed answers at 127.0.0.1:1 within 1 s"), end.reason());
    }

    @Test
    void shouldSayInOneLineThatThePortIsInUse() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            ClusterSettings cluster = new ClusterSettings(
                    "127.0.0.1", taken.getLocalPort(), 1, 1, Duration.ofSeconds(1), 1, Optional.empty());
            RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> SeedAddress.check(cluster));
            assertEquals(RuntimeFailure.Category.CONFIG, failure.category());
            String message = String.valueOf(failure.getMessage());
            assertTrue(message.contains("cannot listen on 127.0.0.1:" + taken.getLocalPort()), message);
            assertEquals(1, message.lines().count());
        }
    }
}
