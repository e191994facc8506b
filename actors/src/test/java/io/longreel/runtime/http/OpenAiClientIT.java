package io.longreel.runtime.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The official client of the npm registry under Node.js (src/test/openai-client). The client is installed into target/ once; where Node.js, npm
 * or the registry are missing the test is skipped, and says why.
 */
final class OpenAiClientIT {
    private static final Path SOURCE = Path.of("src/test/openai-client").toAbsolutePath();
    private static final Path WORK = Path.of("target/openai-client").toAbsolutePath();
    private static final long INSTALL_LIMIT_S = 120;
    private static final long CHECK_LIMIT_S = 60;

    @TempDir
    private Path folder;

    private record Ended(int exitCode, String output) {}

    @Test
    void shouldWorkWithTheOfficialClient() throws Exception {
        skipUnless(runs("node", "--version"), "there is no Node.js (node)");
        install();
        Path video = Files.write(folder.resolve("v.mp4"), ServeFixtures.VIDEO);
        Path key = Files.createFile(
                folder.resolve("key"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(key, "sk-right\n");
        FakeService service = new FakeService(1);
        try (service;
                ChatServer server = ChatServer.open(
                        ServeFixtures.settings(
                                8,
                                Duration.ofSeconds(30),
                                ServeFixtures.media(List.of(folder), List.of()),
                                Optional.of(key)),
                        folder.resolve("uploads"),
                        service,
                        InstantSource.system())) {
            Ended check = run(
                    Map.of("BASE_URL", server.base().toString(), "API_KEY", "sk-right", "VIDEO", video.toString()),
                    CHECK_LIMIT_S,
                    "node",
                    "check.mjs");
            assertEquals(0, check.exitCode(), check::output);
            assertTrue(check.output().contains("is content"), check::output);
        }
        assertEquals(0, service.open());
        assertEquals(1, service.cancelled.get());
    }

    private static void install() throws Exception {
        Files.createDirectories(WORK);
        boolean isThere = Files.isDirectory(WORK.resolve("node_modules/openai"))
                && Files.mismatch(SOURCE.resolve("package.json"), WORK.resolve("package.json")) < 0;
        for (String file : List.of("package.json", "package-lock.json", "check.mjs")) {
            Files.copy(SOURCE.resolve(file), WORK.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        if (!isThere) {
            skipUnless(runs("npm", "--version"), "there is no npm");
            Ended install = run(
                    Map.of(),
                    INSTALL_LIMIT_S,
                    "npm",
                    "ci",
                    "--no-audit",
                    "--no-fund",
                    "--ignore-scripts",
                    "--prefer-offline");
            skipUnless(install.exitCode() == 0, "npm cannot install the client: " + install.output());
        }
    }

    private static void skipUnless(boolean holds, String why) {
        if (!holds) {
            System.out.println("OpenAiClientIT is skipped: " + why);
        }
        assumeTrue(holds, why);
    }

    private static boolean runs(String... command) throws Exception {
        Files.createDirectories(WORK);
        try {
            return run(Map.of(), CHECK_LIMIT_S, command).exitCode() == 0;
        } catch (IOException notThere) {
            return false;
        }
    }

    private static Ended run(Map<String, String> environment, long limitS, String... command) throws Exception {
        Path log = WORK.resolve("output.log");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(WORK.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        boolean isOver = process.waitFor(limitS, TimeUnit.SECONDS);
        if (!isOver) {
            process.destroyForcibly().waitFor();
        }
        return new Ended(isOver ? process.exitValue() : -1, Files.readString(log));
    }
}
