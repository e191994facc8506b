package io.longreel.chaos.process;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The classes of the program as the JVM has them in memory, which takes a third of a process's start away: the one that {@code bin/longreel} made, else one that the first child
 * makes for all that follow. The JVM takes archives of jars only, so of a class path that has this module's jar folders are left out: they hold tests.
 */
final class ClassArchive {
    /** Class path of child processes. */
    static final String CLASS_PATH = jars(System.getProperty("java.class.path"));

    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Optional<Path> FILE = find();

    private ClassArchive() {}

    /** The archive; empty = children start without. */
    static Optional<Path> file() {
        return FILE;
    }

    private static String jars(String classPath) {
        List<String> entries = Arrays.asList(classPath.split(File.pathSeparator));
        List<String> files = entries.stream()
                .filter(entry -> Files.isRegularFile(Path.of(entry)))
                .toList();
        boolean hasThisModule = files.stream()
                .map(entry -> String.valueOf(Path.of(entry).getFileName()))
                .anyMatch(name -> name.startsWith("chaos-tests-"));
        return hasThisModule ? String.join(File.pathSeparator, files) : classPath;
    }

    private static Optional<Path> find() {
        String named = System.getProperty("longreel.jvm.archive", "");
        if (!named.isEmpty()) {
            return Optional.of(Path.of(named));
        }
        boolean hasFolders = Arrays.stream(CLASS_PATH.split(File.pathSeparator))
                .anyMatch(entry -> Files.isDirectory(Path.of(entry)));
        return hasFolders ? Optional.empty() : make();
    }

    /** A worker that finds no seed has loaded most classes. */
    private static Optional<Path> make() {
        try {
            Path folder = Files.createTempDirectory("longreel-classes-");
            Path archive = folder.resolve("longreel.jsa");
            archive.toFile().deleteOnExit();
            folder.toFile().deleteOnExit();
            List<String> command = new ArrayList<>(ChildJvm.java());
            command.add("-XX:ArchiveClassesAtExit=" + archive);
            command.addAll(ChildJvm.main());
            command.addAll(List.of("worker", "--seed", "127.0.0.1:9", "--join-timeout", "1", "--log", "/dev/null"));
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            boolean ended = process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS);
            process.destroyForcibly();
            return ended && Files.exists(archive) ? Optional.of(archive) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty(); // children start without it, only slower
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }
}
