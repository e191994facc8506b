package io.longreel.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RunConfigLoader;
import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Command;

final class MainTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void shouldPrintWhatLoadsAgainWhenConfigIsAsked() {
        assertEquals(Main.OK, run("config", "tiny", "--set", "seed=7", "--explain"), err::toString);
        assertEquals(
                RunConfigLoader.load("tiny", List.of("seed=7")),
                RunConfigLoader.parse(out.toString(), "printed", List.of()));
        assertEquals("", err.toString());
    }

    @Test
    void shouldExitWithTwoAndALinePerFaultWhenTheConfigurationIsWrong() {
        assertEquals(Main.MISUSED, run("config", "tiny", "--set", "sed=7", "--set", "mesh.rng=2"));
        assertEquals("", out.toString());
        assertEquals("""
                longreel: --set sed=7: longreel.sed is an unknown key; did you mean seed?
                longreel: --set mesh.rng=2: longreel.mesh.rng is an unknown key; did you mean ring?
                """, err.toString());
    }

    @Test
    void shouldExitWithTwoWhenTheCommandLineIsWrong() {
        assertEquals(Main.MISUSED, run());
        assertEquals(Main.MISUSED, run("confg"));
        assertEquals(Main.MISUSED, run("config"));
        assertEquals(Main.MISUSED, run("config", "tiny", "--explian"));
        assertTrue(err.toString().contains("no command given"), err::toString);
        assertTrue(err.toString().contains("'confg'; did you mean config?"), err::toString);
        assertTrue(err.toString().contains("'--explian'; did you mean --explain?"), err::toString);
        assertEquals(4, err.toString().lines().count(), err::toString);
    }

    @Test
    void shouldRefuseAReportThatCannotBeWrittenBeforeItVerifies() {
        assertEquals(Main.MISUSED, run("verify", "--json", "/no such folder/report.json"));
        assertEquals("", out.toString());
        assertEquals(1, err.toString().lines().count(), err::toString);
        assertTrue(
                err.toString().startsWith("longreel: cannot write the report: file=/no such folder/"), err::toString);
    }

    @Test
    void shouldNameTheFileOfTheStackWhenACommandBreaks() throws IOException {
        assertEquals(Main.FAILED, run(new ExecutionException(new IllegalStateException("broken: a=1"))));
        List<String> lines = err.toString().lines().toList();
        assertEquals("longreel: java.lang.IllegalStateException: broken: a=1", lines.getFirst());
        Path file = Path.of(lines.getLast().substring("longreel: the stack trace is in ".length()));
        assertTrue(Files.readString(file).contains("MainTest"));
        Files.delete(file);
    }

    @Test
    void shouldShowTheStackWhenVerbose() {
        assertEquals(Main.FAILED, run(new IllegalStateException("broken"), "-v"));
        assertTrue(err.toString().contains("\tat io.longreel"), err::toString);
    }

    @Test
    void shouldExitByTheCategoryWhenTheFailureHasOne() {
        assertEquals(Main.MISUSED, run(RuntimeFailure.data("clip.mp4 is not a video; give another file")));
        assertEquals("longreel: clip.mp4 is not a video; give another file\n", err.toString());
        assertEquals(Main.FAILED, run(new RuntimeFailure(RuntimeFailure.Category.RETRYABLE, "a peer went away"), "-v"));
    }

    @Test
    void shouldSayInOneLineThatThereIsNotEnoughMemory() {
        int exitCode = Main.run(
                List.of(new Hungry()), new PrintWriter(out, true), new PrintWriter(err, true), "ask-for-too-much");
        assertEquals(Main.FAILED, exitCode);
        assertEquals(1, err.toString().lines().count(), err::toString);
        assertTrue(err.toString().startsWith("longreel: there is not enough memory (no room)"), err::toString);
    }

    @Test
    void shouldFailWhenTheOutputIsLost() {
        PrintWriter full = new PrintWriter(new FullDisk());
        assertEquals(Main.FAILED, Main.run(full, new PrintWriter(err, true), "config", "tiny"));
        assertTrue(err.toString().contains("the output could not be written"), err::toString);
    }

    @Test
    void shouldListEveryCommandWhenHelpIsAsked() {
        assertEquals(Main.OK, run("--help"));
        assertTrue(out.toString().contains("config"), out::toString);
        assertFalse(out.toString().contains("\u001b"), "no colours where no terminal is");
    }

    private int run(String... args) {
        return Main.run(new PrintWriter(out), new PrintWriter(err, true), args);
    }

    private int run(Exception thrown, String... options) {
        String[] args = java.util.stream.Stream.concat(
                        java.util.stream.Stream.of("break"), java.util.stream.Stream.of(options))
                .toArray(String[]::new);
        return Main.run(List.of(new Breaking(thrown)), new PrintWriter(out, true), new PrintWriter(err, true), args);
    }

    @Command(name = "ask-for-too-much")
    private static final class Hungry implements Runnable {
        @Override
        public void run() {
            throw new OutOfMemoryError("no room");
        }
    }

    private static final class FullDisk extends Writer {
        @Override
        public void write(char[] buffer, int offset, int length) throws IOException {
            throw new IOException("no space left on device");
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    @Command(name = "break")
    private record Breaking(Exception thrown) implements java.util.concurrent.Callable<Integer> {
        @Override
        public Integer call() throws Exception {
            throw thrown;
        }
    }
}
