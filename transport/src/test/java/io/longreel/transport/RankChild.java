package io.longreel.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A {@link RankProcess} as its parent sees it: what it says, apart from what it logs. */
final class RankChild {
    private final Process process;
    private final BufferedReader out;
    private final PrintStream in;
    private final List<String> log = new ArrayList<>();

    private RankChild(Process process) {
        this.process = process;
        this.out = process.inputReader(StandardCharsets.UTF_8);
        this.in = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
    }

    /**
     * @param driver driver directory to attach to, or "-" for a driver of its own
     * @param clientMs silence after which Aeron gives up a process
     */
    static RankChild start(Path base, String driver, long clientMs) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(System.getProperty("longreel.jvm.flags").split(" ")));
        command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), RankProcess.class.getName()));
        command.addAll(List.of(base.toString(), driver, Long.toString(clientMs)));
        return new RankChild(
                new ProcessBuilder(command).redirectErrorStream(true).start());
    }

    Process process() {
        return process;
    }

    /** The next thing that it says. Throws with its log when it ends instead. */
    String line() throws IOException {
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            if (line.startsWith(RankProcess.MARK)) {
                return line.substring(RankProcess.MARK.length());
            }
            log.add(line);
        }
        throw new IOException(
                "child ended: exit=%d log=%s".formatted(process.onExit().join().exitValue(), log));
    }

    void say(String line) {
        in.println(line);
        in.flush();
    }

    /** Reads what must be the next thing that it says; returns the words after that. */
    String expect(String words) throws IOException {
        String line = line();
        assertTrue(line.equals(words) || line.startsWith(words + " "), () -> line + " log=" + log);
        return line.substring(words.length()).strip();
    }

    /** Sends STOP, CONT or another signal. */
    void signal(String name) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
        assertEquals(0, kill.waitFor());
    }

    /** Logged lines that were read so far and that are no part of a normal run. */
    List<String> complaints() {
        return log.stream()
                .filter(line -> !line.contains(" INFO ") && !line.startsWith("WARNING"))
                .toList();
    }
}
