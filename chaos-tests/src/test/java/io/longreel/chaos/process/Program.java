package io.longreel.chaos.process;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Any program, as a user starts it; its words go to files. Closing ends it and what it has started. Used by one thread. */
final class Program implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofMinutes(4);

    private final Process process;
    private final Path out;
    private final Path err;

    private Program(Process process, Path out, Path err) {
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /** What is left of it. */
    record Ended(int exitCode, String out, String err) {
        Ended requireOk() {
            assertEquals(0, exitCode, () -> out + err);
            return this;
        }
    }

    static Program start(Map<String, String> environment, String... command) throws IOException {
        Path out = Files.createTempFile("longreel-program-", ".out");
        Path err = Files.createTempFile("longreel-program-", ".err");
        ProcessBuilder builder = new ProcessBuilder(List.of(command))
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().putAll(environment);
        return new Program(builder.start(), out, err);
    }

    static Ended runToEnd(Map<String, String> environment, String... command) throws IOException {
        try (Program program = start(environment, command)) {
            return program.ended();
        }
    }

    Ended ended() throws IOException {
        try {
            if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                throw new IllegalStateException("still running after %s%n%s".formatted(LIMIT, story()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
        return new Ended(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** A signal by its name. */
    void signal(String name) throws IOException {
        runToEnd(Map.of(), "kill", "-" + name, Long.toString(process.pid())).requireOk();
    }

    String story() {
        try {
            return Files.readString(out) + Files.readString(err);
        } catch (IOException e) {
            return e.toString();
        }
    }

    @Override
    public void close() {
        List<ProcessHandle> all = process.descendants().toList();
        process.destroyForcibly();
        all.forEach(ProcessHandle::destroyForcibly);
        try {
            Files.deleteIfExists(out);
            Files.deleteIfExists(err);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
