package io.longreel.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RunConfig;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.TlsSettings;
import io.longreel.runtime.node.NodeEnd;
import io.longreel.runtime.rank.FakeWorkFactory;
import io.longreel.runtime.security.TlsIdentity;
import io.longreel.runtime.supervisor.RunEnd;
import io.longreel.runtime.web.NodeHealth;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A job whose control plane is TLS, with certificates that the test makes, and those who do not belong to it. */
class SecureClusterIT {
    private static final ExecutorService THREADS = Executors.newCachedThreadPool();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private static Path folder;

    @SuppressWarnings("NullAway.Init")
    private static Keys keys;

    private final CompletableFuture<String> address = new CompletableFuture<>();

    @BeforeAll
    static void makeCertificates() throws Exception {
        keys = Keys.make(folder, "job", "stranger", "expired");
    }

    @AfterAll
    static void stop() {
        THREADS.shutdownNow();
    }

    private CompletableFuture<RunEnd> seed(RunDirectory directory, TlsSettings tls) {
        RunConfig config = RunFixtures.config(
                directory.root(),
                "cluster.tls.key-store=" + tls.keyStore(),
                "cluster.tls.trust-store=" + tls.trustStore(),
                "cluster.tls.password-file=" + tls.passwordFile().orElseThrow());
        SeedProcess.Job job = RunFixtures.job(config, directory, address::complete);
        CompletableFuture<RunEnd> end = CompletableFuture.supplyAsync(() -> SeedProcess.run(job), THREADS);
        var unused = end.exceptionally(failure -> {
            address.completeExceptionally(failure);
            return new RunEnd(1, "failed");
        });
        return end;
    }

    private CompletableFuture<NodeEnd> worker(String nodeId, Optional<TlsSettings> tls, int patienceS)
            throws Exception {
        HostPort seed = HostPort.parse(address.get(60, TimeUnit.SECONDS));
        WorkerProcess.Options options = new WorkerProcess.Options(
                seed, nodeId, "", Duration.ofSeconds(patienceS), false, tls, NodeHealth.untold());
        return CompletableFuture.supplyAsync(
                () -> WorkerProcess.run(options, (system, clockNs) -> (text, host) -> new FakeWorkFactory()), THREADS);
    }

    @Test
    void shouldRunAmongThoseWhoAreTrustedAndLetNobodyElseIn(@TempDir Path root) throws Exception {
        TlsSettings trusted = keys.settings("job", "job");
        try (RunDirectory directory = RunFixtures.created(root)) {
            CompletableFuture<RunEnd> seed = seed(directory, trusted);
            List<CompletableFuture<NodeEnd>> refused = List.of(
                    worker("another-key", Optional.of(keys.settings("stranger", "job")), 3),
                    worker("no-trust", Optional.of(keys.settings("job", "stranger")), 3),
                    worker("no-tls", Optional.empty(), 3));
            for (CompletableFuture<NodeEnd> stranger : refused) {
                NodeEnd end = stranger.get(90, TimeUnit.SECONDS);
                assertEquals(2, end.exitCode());
                assertTrue(end.reason().startsWith("no seed answers at " + address.join()), end.reason());
            }
            List<CompletableFuture<NodeEnd>> members =
                    List.of(worker("node-a", Optional.of(trusted), 60), worker("node-b", Optional.of(trusted), 60));
            assertEquals(new RunEnd(0, "finished: 5 steps"), seed.get(90, TimeUnit.SECONDS));
            for (CompletableFuture<NodeEnd> member : members) {
                assertEquals(new NodeEnd(0, "finished: 5 steps"), member.get(90, TimeUnit.SECONDS));
            }
            assertNoSecretIn(root);
        }
    }

    private static void assertNoSecretIn(Path root) throws Exception {
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String text = Files.readString(file, StandardCharsets.ISO_8859_1);
                assertTrue(!text.contains(Keys.PASSWORD), file + " has the password");
            }
        }
    }

    @Test
    void shouldSayInOneLineWhatIsWrongWithAStore(@TempDir Path root) throws Exception {
        TlsSettings good = keys.settings("job", "job");
        Path open = Files.writeString(root.resolve("open"), Keys.PASSWORD);
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-r--r--"));
        Path wrong = Files.writeString(root.resolve("wrong"), "guess");
        Files.setPosixFilePermissions(wrong, PosixFilePermissions.fromString("rw-------"));
        Map<TlsSettings, String> faults = Map.of(
                new TlsSettings(root.resolve("none.p12"), good.trustStore(), good.passwordFile()),
                "none.p12",
                new TlsSettings(good.keyStore(), good.trustStore(), Optional.of(wrong)),
                "the password does not fit",
                new TlsSettings(good.keyStore(), good.trustStore(), Optional.of(open)),
                "chmod",
                new TlsSettings(good.keyStore(), good.trustStore(), Optional.empty()),
                "LONGREEL_TLS_PASSWORD",
                new TlsSettings(good.keyStore(), good.keyStore(), good.passwordFile()),
                "no certificate to trust",
                new TlsSettings(good.trustStore(), good.trustStore(), good.passwordFile()),
                "no private key",
                keys.settings("expired", "job"),
                "expired on");
        faults.forEach((settings, expected) -> {
            RuntimeFailure failure = assertThrows(
                    RuntimeFailure.class, () -> TlsIdentity.load(settings, Map.of(), InstantSource.system()), expected);
            String message = String.valueOf(failure.getMessage());
            assertEquals(RuntimeFailure.Category.CONFIG, failure.category());
            assertTrue(message.contains(expected), message);
            assertEquals(1, message.lines().count(), message);
            assertTrue(!message.contains(Keys.PASSWORD) && !message.contains("guess"), message);
        });
        TlsIdentity fromEnvironment = TlsIdentity.load(
                new TlsSettings(good.keyStore(), good.trustStore(), Optional.empty()),
                Map.of("LONGREEL_TLS_PASSWORD", Keys.PASSWORD),
                InstantSource.system());
        assertEquals(List.of("TLSv1.3"), List.of(fromEnvironment.parameters().getProtocols()));
    }
}
