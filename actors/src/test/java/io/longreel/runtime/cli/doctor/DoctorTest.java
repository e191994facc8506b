package io.longreel.runtime.cli.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import io.longreel.runtime.cli.doctor.Finding.Grade;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DoctorTest {
    @Test
    void shouldReportAFindingWhenACheckBreaks() {
        List<Finding> findings = new Doctor(Map.of("video", () -> {
                    throw new UnsatisfiedLinkError("no jniavutil in java.library.path\nmore");
                }))
                .examine();
        assertEquals(Grade.MISSING, findings.getFirst().grade());
        assertEquals(
                "a native library cannot be loaded: no jniavutil in java.library.path",
                findings.getFirst().fact());
    }

    @Test
    void shouldFindThePortMissingWhenItIsInUse() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Finding finding = new MachineChecks(config("cluster.seed-port=" + taken.getLocalPort())).ports();
            assertEquals(Grade.MISSING, finding.grade(), finding::toString);
            assertTrue(finding.fact().startsWith("cannot bind 127.0.0.1:" + taken.getLocalPort()), finding::fact);
        }
        assertEquals(Grade.OK, new MachineChecks(config()).ports().grade());
    }

    @Test
    void shouldFindTheRunDirectoryMissingWhenItCannotBeMade(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        Finding finding = new MachineChecks(config("out=" + file.resolve("run"))).runDirectory();
        assertEquals(Grade.MISSING, finding.grade(), finding::toString);
    }

    @Test
    void shouldNotBeContentWithSharedMemoryWhenTheWindowsDoNotFit() throws IOException {
        Finding finding = new MachineChecks(config(
                        "transport.window=1 GiB", "cluster.ranks-per-node=512", "mesh.ulysses=4", "mesh.ring=256"))
                .sharedMemory();
        assertNotSame(Grade.OK, finding.grade(), finding::toString);
    }

    @Test
    void shouldPutEveryLibraryToWorkWhenAskedAboutThisMachine() {
        List<Finding> findings = Doctor.of(config(), System::nanoTime).examine();
        assertTrue(
                findings.stream().noneMatch(f -> f.grade() == Grade.MISSING),
                () -> "a machine that runs these tests can run the demonstration: " + findings);
        assertTrue(findings.stream().anyMatch(f -> f.fact().contains("GFLOP/s")), findings::toString);
        assertTrue(findings.stream().anyMatch(f -> f.fact().contains("(8 frames)")), findings::toString);
    }

    private static RunConfig config(String... overrides) {
        return RunConfigLoader.load("demo", List.of(overrides));
    }
}
