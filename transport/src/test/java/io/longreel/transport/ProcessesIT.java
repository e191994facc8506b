package io.longreel.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
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

    private final List<Child> children = new ArrayList<>();

    private record Child(Process process, BufferedReader out, PrintStream in) {
        String line() throws IOException {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                if (!line.contains(" INFO ") && !line.startsWith("WARNING")) {
                    return line;
                }
            }
            throw new IOException("child ended: exit=" + process.onExit().join().exitValue());
        }

        void say(String line) {
            in.println(line);
            in.flush();
        }
    }

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
        for (Child child : children) {
            child.process().destroyForcibly();
            assertTrue(child.process().waitFor(10, TimeUnit.SECONDS));
        }
    }

    @Test
    void shouldComputeTheSameEverywhereWhenRanksLiveInSeveralProcesses() throws Exception {
        List<String> hashes = new ArrayList<>();
        for (Child child : children) {
            String[] words = child.line().split(" ");
            assertEquals("done", words[0]);
            for (int i = 1; i < words.length; i++) {
                String[] parts = words[i].split("/");
                hashes.add(parts[0]);
                // Each step: the ring's 4 MB, a piece to both ranks of the other node, the own piece to one of them.
                assertEquals(5 * (4_000_000L + 2 * 1_000_000 + 1_000_000), Long.parseLong(parts[1]));
            }
        }
        assertEquals(4, hashes.size());
        assertEquals(1, hashes.stream().distinct().count(), hashes.toString());
        for (Child child : children.reversed()) { // who hosts the driver goes last
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
        for (Child child : children) {
            assertEquals("done", child.line().split(" ")[0]);
        }
        children.get(0).say("wait");
        children.get(1).say("wait");
        assertEquals("waiting", children.get(0).line());
        assertEquals("waiting", children.get(1).line());
        children.get(2).process().destroyForcibly();
        for (Child child : children.subList(0, 2)) {
            String line = child.line();
            assertTrue(line.startsWith("aborted "), line);
            assertTrue(line.contains("missingBytes"), line);
        }
    }

    /** Starts a child; returns its endpoint and driver directory, as a site names them. */
    private String start(String driver) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(System.getProperty("longreel.jvm.flags").split(" ")));
        command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), RankProcess.class.getName()));
        command.addAll(List.of(base.toString(), driver));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        Child child = new Child(
                process,
                process.inputReader(StandardCharsets.UTF_8),
                new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8));
        children.add(child);
        String[] words = child.line().split(" ");
        assertEquals("at", words[0], String.join(" ", words));
        return words[1] + "," + words[2];
    }
}
