package io.longreel.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
 * between them); UDP between the nodes. Node B is what gets lost.
 */
@Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
class ProcessesIT {
    /** Several times longer than a busy machine has been seen to stand still. */
    private static final long CLIENT_MS = 1600;

    @TempDir(factory = SharedMemoryFactory.class)
    @SuppressWarnings("NullAway.Init")
    private Path base;

    private final Map<String, RankChild> children = new LinkedHashMap<>();
    private final Map<String, String> sites = new LinkedHashMap<>();

    @BeforeEach
    void startAndWork() throws IOException {
        start("A0", "-");
        start("A1", driverOf("A0"));
        start("B0", "-");
        open(1, "A0", "A1", "B0", "B0");
        for (RankChild child : children.values()) {
            child.say("work");
        }
    }

    @AfterEach
    void stop() throws InterruptedException {
        for (RankChild child : children.values()) {
            child.process().destroyForcibly();
            assertTrue(child.process().waitFor(10, TimeUnit.SECONDS));
        }
    }

    @Test
    void shouldComputeTheSameEverywhereWhenRanksLiveInSeveralProcesses() throws Exception {
        assertEquals(1, hashes("A0", "A1", "B0").stream().distinct().count());
        for (RankChild child : children.values()) {
            assertEquals(List.of(), child.complaints());
        }
        for (RankChild child : List.copyOf(children.values()).reversed()) { // who hosts the driver goes last
            child.say("leave");
            assertTrue(child.process().waitFor(20, TimeUnit.SECONDS));
            assertEquals(0, child.process().exitValue());
        }
        try (Stream<Path> left = Files.list(base)) {
            assertEquals(List.of(), left.toList());
        }
    }

    @Test
    void shouldEndWaitsAndGoOnWithAnotherProcessWhenOneIsKilled() throws Exception {
        List<String> undisturbed = hashes("A0", "A1", "B0");
        waitFor("A0", "A1");
        child("B0").process().destroyForcibly();
        for (String survivor : List.of("A0", "A1")) { // nobody tells them: the links notice
            String why = child(survivor).expect("aborted");
            assertTrue(why.contains("missingBytes"), why);
        }
        start("C0", "-");
        open(2, "A0", "A1", "C0", "C0");
        assertEquals(undisturbed, work("A0", "A1", "C0"));
    }

    @Test
    void shouldGoOnWithoutAStoppedProcessAndRefuseItsTransportWhenItWakes() throws Exception {
        List<String> undisturbed = hashes("A0", "A1", "B0");
        waitFor("A0", "A1");
        child("B0").signal("STOP");
        child("A0").say("abort 1");
        String told = child("A0").expect("aborted");
        assertTrue(told.contains("the parent asked for it"), told);
        String noticed = child("A1").expect("aborted"); // which takes longer than the stopped process is waited for
        assertTrue(noticed.contains("missingBytes"), noticed);
        start("C0", "-");
        open(2, "A0", "A1", "C0", "C0");
        assertEquals(undisturbed, work("A0", "A1", "C0"));

        RankChild zombie = child("B0");
        zombie.signal("CONT");
        zombie.say("wait");
        zombie.say("outlive");
        String line = zombie.line();
        while (line.equals("waiting")) { // of no, one or both ranks, as far as they got
            line = zombie.line();
        }
        assertTrue(line.startsWith("aborted "), line);
        String why = zombie.expect("refused RETRYABLE");
        assertTrue(why.startsWith("data transport of this process is lost"), why);
        assertEquals(undisturbed, work("A0", "A1", "C0"));
        zombie.say("leave");
        assertTrue(zombie.process().waitFor(20, TimeUnit.SECONDS));
        assertEquals(0, zombie.process().exitValue());
        assertTrue(Files.notExists(Path.of(driverOf("B0"))), "it leaves no files");
    }

    private RankChild child(String name) {
        return Objects.requireNonNull(children.get(name), name);
    }

    private String driverOf(String name) {
        return Objects.requireNonNull(sites.get(name), name).split(",")[3];
    }

    private void start(String name, String driver) throws IOException {
        RankChild child = RankChild.start(base, driver, CLIENT_MS);
        children.put(name, child);
        String[] words = child.expect("at").split(" ");
        sites.put(name, "%s,%s,%s,%s".formatted(name.substring(0, 1), name, words[0], words[1]));
    }

    /** Opens a generation on the processes of its ranks. */
    private void open(int generation, String... processOfRank) throws IOException {
        String all = String.join(" ", Stream.of(processOfRank).map(sites::get).toList());
        List<String> names = Stream.of(processOfRank).distinct().toList();
        for (String name : names) {
            child(name).say("open %d %s %s".formatted(generation, name, all));
        }
        for (String name : names) {
            child(name).expect("opened");
        }
    }

    private void waitFor(String... names) throws IOException {
        for (String name : names) {
            child(name).say("wait");
        }
        for (String name : names) {
            child(name).expect("waiting");
        }
    }

    private List<String> work(String... names) throws IOException {
        for (String name : names) {
            child(name).say("work");
        }
        return hashes(names);
    }

    /** What the ranks computed, in the order of the ranks. */
    private List<String> hashes(String... names) throws IOException {
        List<String> hashes = new ArrayList<>();
        for (String name : names) {
            for (String result : child(name).expect("done").split(" ")) {
                hashes.add(result.split("/")[0]);
                // Each step: the ring's 4 MB, a piece to both ranks of the other node, the own piece to one of them.
                assertEquals(5 * (4_000_000L + 2 * 1_000_000 + 1_000_000), Long.parseLong(result.split("/")[1]));
            }
        }
        assertEquals(4, hashes.size());
        return hashes;
    }
}
