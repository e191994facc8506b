package io.longreel.chaos.process;

import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * One process of the program, started through its real entry point with the class path and the flags of this process. Output goes to files, so that no
 * pipe can fill up. Closing kills it and whatever it has started. Owned and used by one thread.
 */
public final class ChildJvm implements AutoCloseable {
    /** Several ranks share the cores, as when the program forks its workers itself. */
    private static final Map<String, String> ENVIRONMENT = Map.of("OMP_WAIT_POLICY", "PASSIVE", "OMP_NUM_THREADS", "1");

    /** For a machine that is busy with other things: what is judged here is what is right, not how fast it starts. */
    private static final List<String> PATIENCE =
            List.of("--set", "cluster.join-timeout=240 s", "--set", "transport.wait-timeout=120 s");

    private final String commandLine;
    private final Process process;
    private final Path out;
    private final Path err;

    private ChildJvm(String commandLine, Process process, Path out, Path err) {
        this.commandLine = commandLine;
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /** Starts {@code bin/longreel ARGS}; relative paths start at {@code folder}. New runs get {@link #PATIENCE}, unless they say otherwise. */
    public static ChildJvm start(Path folder, String... args) {
        return start(folder, List.of(), List.of(args));
    }

    /**
     * Starts {@code PREFIX bin/longreel ARGS}.
     *
     * @param prefix command that the program is handed to, such as one that gives it a network of its own; it must become the program
     */
    public static ChildJvm start(Path folder, List<String> prefix, List<String> args) {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(javaCommand());
        command.add(args.getFirst());
        if (List.of("train", "seed").contains(args.getFirst())) {
            command.addAll(PATIENCE);
        }
        command.addAll(args.subList(1, args.size()));
        try {
            Path out = Files.createTempFile("longreel-child-", ".out");
            Path err = Files.createTempFile("longreel-child-", ".err");
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile());
            builder.environment().putAll(ENVIRONMENT);
            return new ChildJvm("longreel " + String.join(" ", args), builder.start(), out, err);
        } catch (IOException e) {
            throw new UncheckedIOException("no child process: folder=" + folder, e);
        }
    }

    private static List<String> javaCommand() {
        List<String> command = java();
        ClassArchive.file().ifPresent(archive -> {
            command.addAll(List.of(
                    "-XX:SharedArchiveFile=" + archive, "-Xlog:cds*=off", "-Xlog:aot*=off", "-Xlog:class+path=off"));
            command.add("-Dlongreel.jvm.archive=" + archive);
        });
        command.addAll(main());
        return command;
    }

    /** The JVM and its flags. */
    static List<String> java() {
        String flags = System.getProperty("longreel.jvm.flags", "");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(flags.split(" +")));
        command.addAll(List.of("-Xmx1g", "-XX:+UseSerialGC", "-Dlongreel.jvm.flags=" + flags));
        if (ChildJvm.class.desiredAssertionStatus()) {
            command.add("-ea");
        }
        return command;
    }

    /** The program. */
    static List<String> main() {
        return List.of("-cp", ClassArchive.CLASS_PATH, "io.longreel.runtime.cli.Main");
    }

    /** What a process left behind when it ended by itself or by a signal; 128 + number of the signal, as shells have it. */
    public record Outcome(int exitCode, String out, String err) {}

    /** Waits for the end. */
    public Outcome outcome(Duration limit) {
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new RuntimeFailure(
                        RuntimeFailure.Category.FATAL,
                        "still running after %d s%n%s".formatted(limit.toSeconds(), story()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for " + commandLine, e);
        }
        return new Outcome(process.exitValue(), out(), err());
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    public long pid() {
        return process.pid();
    }

    public ProcessHandle handle() {
        return process.toHandle();
    }

    /** Processes that this one has started, and theirs. */
    public List<ProcessHandle> descendants() {
        return process.descendants().toList();
    }

    /** SIGTERM. */
    public void terminate() {
        process.destroy();
    }

    /** SIGKILL: no handler, no shutdown hook, no flush. */
    public void kill() {
        process.destroyForcibly();
    }

    public String out() {
        return read(out);
    }

    public String err() {
        return read(err);
    }

    /** Command, end and output, for the message of a failure. */
    public String story() {
        String end = process.isAlive() ? "running" : "exit code " + process.exitValue();
        return "$ %s%n(%s)%n--- stdout%n%s--- stderr%n%s".formatted(commandLine, end, out(), err());
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        process.onExit().join();
        try {
            Files.deleteIfExists(out);
            Files.deleteIfExists(err);
        } catch (IOException e) {
            throw new UncheckedIOException("output of a child cannot be deleted", e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException("output of a child cannot be read: file=" + file, e);
        }
    }
}
