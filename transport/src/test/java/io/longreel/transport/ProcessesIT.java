package io.longreel.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three JVMs: two processes of node A share a driver (rank 0 and rank 1, windows between them), one process is node B (ranks 2 and 3, direct
 * between them); UDP between the nodes.
 */
@Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
class ProcessesIT {
    @TempDir(factory = SharedMemoryFactory.class)
    @SuppressWarnings("NullAway.Init")
    private Path base;

    private final List<RankChild> children = new ArrayList<>();

    @BeforeEach
    void startAndWork() throws IOException {
        String firstDriver = start("-");
        String firstSite = "A,A0," + firstDriver;
        String secondSite = "A,A1," + start(firstDriver.split(",")[1]);
        String thirdSite = "B,B0," + start("-");
        String sites = String.join(" ", firstSite, secondSite, thirdSite, thirdSite);
        List<String> processes = List.of("A0", "A1", "B0");
        for (int i = 0; i < children.size(); i++) {
            children.get(i).say(sites);
            children.get(i).say(processes.get(i));
        }
    }

    @AfterEach
    void stop() throws InterruptedException {
        for (RankChild child : children) {
            child.process().destroyForcibly();
            assertTrue(child.process().waitFor(10, TimeUnit.SECONDS));
        }
    }

    @Test
    void shouldComputeTheSameEverywhereWhenRanksLiveInSeveralProcesses() throws Exception {
        List<String> hashes = new ArrayList<>();
        for (RankChild child : children) {
            String[] words = child.line().split(" ");
            assertEquals("done", words[0]);
            for (int i = 1; i < words.length; i++) {
                String[] parts = words[i].split("/");
                hashes.add(parts[0]);
                // Each step: the ring's 4 MB, a piece to both ranks of the other node, the own piece to one of them.
                assertEquals(5 * (4_000_000L + 2 * 1_000_000 + 1_000_000), Long.parseLong(parts[1]));
            }
        }
        for (RankChild child : children) {
            assertEquals(List.of(), child.complaints());
        }
        assertEquals(4, hashes.size());
        assertEquals(1, hashes.stream().distinct().count(), hashes.toString());
        for (RankChild child : children.reversed()) { // who hosts the driver goes last
            child.say("leave");
            assertTrue(child.process().waitFor(20, TimeUnit.SECONDS));
            assertEquals(0, child.process().exitValue());
        }
        try (Stream<Path> left = Files.list(base)) {
            assertEquals(List.of(), left.toList());
        }
    }

    @Test
    void shouldEndWaitsWhenAProcessIsKilled() throws Exception {
        for (RankChild child : children) {
            assertEquals("done", child.line().split(" ")[0]);
        }
        children.get(0).say("wait");
        children.get(1).say("wait");
        assertEquals("waiting", children.get(0).line());
        assertEquals("waiting", children.get(1).line());
        children.get(2).process().destroyForcibly();
        for (RankChild child : children.subList(0, 2)) {
            String line = child.line();
            assertTrue(line.startsWith("aborted "), line);
            assertTrue(line.contains("missingBytes"), line);
        }
    }

    /** Starts a child; returns its endpoint and driver directory, as a site names them. */
    private String start(String driver) throws IOException {
        RankChild child = RankChild.start(base, driver);
        children.add(child);
        String[] words = child.line().split(" ");
        assertEquals("at", words[0], String.join(" ", words));
        return words[1] + "," + words[2];
    }
}
