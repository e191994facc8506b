package io.longreel.chaos.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code bin/longreel} as a user calls it, on what this build has made. */
final class LauncherIT {
    private static final int OK = 0;
    private static final int MISUSED = 2;
    private static final Path HOME = Path.of("..").toAbsolutePath().normalize();

    @Test
    void shouldRunFromAnywhereWhenCalledThroughALink(@TempDir Path folder) throws Exception {
        Path link = Files.createSymbolicLink(folder.resolve("lr"), HOME.resolve("bin/longreel"));
        Outcome printed = run(folder, link, "config", "tiny");
        assertEquals(OK, printed.exitCode(), printed::err);
        assertTrue(printed.out().contains("longreel {"), printed::out);
        Outcome wrong = run(folder, link, "config", "nowhere.conf");
        assertEquals(MISUSED, wrong.exitCode(), wrong::err);
        assertTrue(wrong.err().contains("longreel: no such configuration: nowhere.conf"), wrong::err);
    }

    @Test
    void shouldSayHowToGetOneWhenNoJdkFits(@TempDir Path folder) throws Exception {
        String pom = Files.readString(HOME.resolve("pom.xml"));
        Files.writeString(folder.resolve("pom.xml"), pom.replace("release>25<", "release>99<"));
        Path launcher = Files.createDirectory(folder.resolve("bin")).resolve("longreel");
        Files.copy(HOME.resolve("bin/longreel"), launcher);
        assertTrue(launcher.toFile().setExecutable(true));
        Outcome outcome = run(folder, launcher, "config", "tiny");
        assertEquals(MISUSED, outcome.exitCode(), outcome::err);
        assertTrue(outcome.err().startsWith("longreel: no JDK 99 found; install one"), outcome::err);
        assertEquals(1, outcome.err().lines().count(), outcome::err);
    }

    private static Outcome run(Path folder, Path program, String... args) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(args));
        Path out = Files.createTempFile(folder, "out", "");
        Path err = Files.createTempFile(folder, "err", "");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        // The tests must not start another build inside this one.
        builder.environment().put("LONGREEL_NO_BUILD", "1");
        Process process = builder.start();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), "still running after 60 s");
        return new Outcome(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    private record Outcome(int exitCode, String out, String err) {}
}
