package io.longreel.chaos.process;

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
 * One process of the program, started through its real entry point with the class path and the flags of this build. Output goes to files, so
 * that no pipe can fill up. Closing kills it and whatever it has started. Owned and used by one test's thread.
 */
final class ChildJvm implements AutoCloseable {
    /** Several ranks share the cores, as when the program forks its workers itself. */
    private static final Map<String, String> ENVIRONMENT = Map.of("OMP_WAIT_POLICY", "PASSIVE", "OMP_NUM_THREADS", "1");

    /** For a machine that is busy with other things: these tests are about what is right, not how fast. */
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
    static ChildJvm start(Path folder, String... args) {
        List<String> command = new ArrayList<>();
        String flags = System.getProperty("longreel.jvm.flags", "");
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(flags.split(" +")));
        command.addAll(List.of("-ea", "-Xmx1g", "-XX:+UseSerialGC", "-Dlongreel.jvm.flags=" + flags));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "io.longreel.runtime.cli.Main"));
        command.add(args[0]);
        if (List.of("train", "seed").contains(args[0])) {
            command.addAll(PATIENCE);
        }
        command.addAll(List.of(args).subList(1, args.length));
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

    /** What a process left behind when it ended by itself or by a signal; 128 + number of the signal, as shells have it. */
    record Outcome(int exitCode, String out, String err) {}

    /** Waits for the end. */
    Outcome outcome(Duration limit) {
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("still running after %d s%n%s".formatted(limit.toSeconds(), story()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while waiting for " + commandLine, e);
        }
        return new Outcome(process.exitValue(), out(), err());
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Processes that this one has started, and theirs. */
    List<ProcessHandle> descendants() {
        return process.descendants().toList();
    }

    /** SIGTERM. */
    void terminate() {
        process.destroy();
    }

    /** SIGKILL: no handler, no shutdown hook, no flush. */
    void kill() {
        process.destroyForcibly();
    }

    String out() {
        return read(out);
    }

    String err() {
        return read(err);
    }

    /** Command, end and output, for the message of a failed test. */
    String story() {
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
