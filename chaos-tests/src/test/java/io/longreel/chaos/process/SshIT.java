package io.longreel.chaos.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.longreel.chaos.process.Program.Ended;
import io.longreel.runtime.journal.JournalEntry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code deploy/ssh/longreel-ssh} over real servers of OpenSSH, one a "machine", with keys of this test. */
final class SshIT {
    private static final Path HOME = Path.of("..").toAbsolutePath().normalize();
    private static final Path SSHD = Path.of("/usr/sbin/sshd");
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final int STEPS = 30;
    private static final int INTERRUPTED = 130;
    private static final int SIGKILLED = 137;

    /** The tests must not start another build inside this one. */
    private static final Map<String, String> NO_BUILD = Map.of("LONGREEL_NO_BUILD", "1");

    @TempDir
    static Path folder;

    private static final List<Program> servers = new ArrayList<>();
    private static final List<String> hosts = new ArrayList<>();

    @BeforeAll
    static void startServers() throws IOException {
        assumeTrue(
                Files.isExecutable(SSHD) || isInstalled(),
                "skipped: there is no sshd (Debian package openssh-server), and it cannot be installed");
        assumeTrue(
                Files.isExecutable(Path.of("/usr/bin/ssh")),
                "skipped: there is no ssh (Debian package openssh-client)");
        if (isRoot()) { // where a server that root starts puts what it does not trust
            Files.createDirectories(Path.of("/run/sshd"));
        }
        for (String key : List.of("host", "user")) {
            Program.runToEnd(
                            Map.of(),
                            "ssh-keygen",
                            "-q",
                            "-t",
                            "ed25519",
                            "-N",
                            "",
                            "-f",
                            folder.resolve(key).toString())
                    .requireOk();
        }
        servers.add(server());
        servers.add(server());
    }

    @AfterAll
    static void stopServers() {
        servers.forEach(Program::close);
    }

    /** Whether this machine lets the test install it. */
    private static boolean isInstalled() throws IOException {
        if (!isRoot() || !Files.isExecutable(Path.of("/usr/bin/apt-get"))) {
            return false;
        }
        Ended apt = Program.runToEnd(
                Map.of("DEBIAN_FRONTEND", "noninteractive"),
                "apt-get",
                "install",
                "-y",
                "--no-install-recommends",
                "openssh-server");
        return apt.exitCode() == 0 && Files.isExecutable(SSHD);
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    private static Program server() throws IOException {
        int port = freePort();
        Path config = Files.writeString(folder.resolve("sshd-" + port), """
                Port %d
                ListenAddress 127.0.0.1
                HostKey %s
                AuthorizedKeysFile %s
                PidFile none
                PermitRootLogin yes
                PasswordAuthentication no
                KbdInteractiveAuthentication no
                StrictModes no
                UsePAM no
                """.formatted(
                        port, folder.resolve("host"), folder.resolve("user.pub")));
        Program server = Program.start(Map.of(), SSHD.toString(), "-D", "-e", "-f", config.toString());
        BoundedWait.until("a server of ssh", LIMIT, () -> answers(port) || !server.isAlive(), server::story);
        assertTrue(server.isAlive(), server::story);
        hosts.add("%s@127.0.0.1 -p %d -i %s -o StrictHostKeyChecking=no -o UserKnownHostsFile=%s -o LogLevel=ERROR"
                .formatted(System.getProperty("user.name"), port, folder.resolve("user"), folder.resolve("known")));
        return server;
    }

    private static boolean answers(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket any = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return any.getLocalPort();
        }
    }

    /** The script, whose hosts have the program under a name that does not build. */
    private static Program run(ObservedRun run, List<String> machines, String... options) throws IOException {
        Path file = Files.write(folder.resolve(run.root().getFileName() + ".hosts"), machines);
        Path program = Files.writeString(
                folder.resolve("longreel"),
                "#!/bin/sh\nLONGREEL_NO_BUILD=1 JAVA_HOME='%s' exec '%s' \"$@\"\n"
                        .formatted(System.getProperty("java.home"), HOME.resolve("bin/longreel")));
        assertTrue(program.toFile().setExecutable(true));
        List<String> command = new ArrayList<>(List.of(
                HOME.resolve("cluster-config/deploy/ssh/longreel-ssh").toString(),
                "-p",
                Integer.toString(freePort()),
                "-l",
                program.toString(),
                file.toString(),
                "tiny",
                "--out",
                run.root().toString(),
                "--set",
                "cluster.join-timeout=120 s"));
        command.addAll(List.of(options));
        return Program.start(NO_BUILD, command.toArray(String[]::new));
    }

    private static void awaitSteps(ObservedRun run, int steps, Program script) {
        BoundedWait.until(
                "step " + steps,
                LIMIT,
                () -> run.committedSteps() >= steps || !script.isAlive(),
                () -> script.story() + run.story());
    }

    /** The process that computes as a node now; the JDK tells no arguments of a command line as long as this program's. */
    private static ProcessHandle processOf(ObservedRun run, String nodeId) {
        return ProcessHandle.allProcesses()
                .filter(process -> process.info().command().orElse("").endsWith("java"))
                .filter(process -> arguments(process).containsAll(List.of(nodeId, log(run, nodeId))))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no process: node=" + nodeId));
    }

    private static List<String> arguments(ProcessHandle process) {
        try {
            return List.of(Files.readString(Path.of("/proc/%d/cmdline".formatted(process.pid())))
                    .split("\0"));
        } catch (IOException e) { // it is gone
            return List.of();
        }
    }

    private static String log(ObservedRun run, String nodeId) {
        return run.root().resolve("logs").resolve(nodeId + ".log").toString();
    }

    @Test
    void shouldStopWithACheckpointGoOnAndSurviveAWorkerWhereASpareIs() throws IOException {
        ObservedRun stopped = new ObservedRun(folder.resolve("stopped"));
        try (Program script = run(stopped, hosts)) {
            awaitSteps(stopped, 3, script);
            ProcessHandle worker = processOf(stopped, "node-1");
            script.signal("INT");
            Ended ended = script.ended();
            assertEquals(INTERRUPTED, ended.exitCode(), () -> ended.err() + stopped.story());
            assertFalse(stopped.journal(JournalEntry.CheckpointCommitted.class).isEmpty(), stopped::story);
            assertFalse(worker.isAlive(), "a worker lives on");
        }
        assertTrue(stopped.committedSteps() < STEPS, "the signal came too late");
        try (Program script = run(stopped, hosts, "--resume")) {
            Ended ended = script.ended();
            assertEquals(0, ended.exitCode(), () -> ended.err() + stopped.story());
            assertTrue(
                    ended.err().contains("node-1 on ") && ended.err().contains("ended with exit code 0"), ended::err);
        }
        assertEquals(STEPS, stopped.losses().size());
        assertTrue(stopped.logs(Pattern.compile("board.listening")), stopped::story);

        ObservedRun struck = new ObservedRun(folder.resolve("struck"));
        try (Program script =
                run(struck, List.of(hosts.get(0), hosts.get(1), hosts.get(0)), "--set", "recovery.spares=1")) {
            awaitSteps(struck, 3, script);
            String node = struck.journal(JournalEntry.Placed.class)
                    .getLast()
                    .nodeIds()
                    .getLast();
            processOf(struck, node).destroyForcibly();
            Ended ended = script.ended();
            assertEquals(0, ended.exitCode(), () -> ended.err() + struck.story());
            assertTrue(ended.err().contains("ended with exit code " + SIGKILLED), ended::err);
        }
        assertFalse(struck.journal(JournalEntry.NodeLost.class).isEmpty(), struck::story);
        assertEquals(stopped.losses(), struck.losses(), "whatever happened, the same mesh gives the same bits");
    }

    @Test
    void shouldSayInOneLineWhatIsWrong() throws IOException {
        ObservedRun nowhere = new ObservedRun(folder.resolve("nowhere"));
        try (Program script = run(nowhere, List.of(hosts.getFirst().replaceFirst("-p \\d+", "-p " + freePort())))) {
            Ended ended = script.ended();
            assertEquals(2, ended.exitCode(), ended::err);
            assertTrue(ended.err().contains("longreel-ssh: the first host of"), ended::err);
        }
        assertFalse(Files.exists(nowhere.root()));
    }
}
