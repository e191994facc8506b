package io.longreel.config.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Scripts that are given away have no fault that ShellCheck knows. */
class ShellcheckTest {
    private static final Path SHELLCHECK = Path.of("/usr/bin/shellcheck");

    static Stream<Path> scripts() {
        return Stream.of(
                Path.of("..", "bin", "longreel"),
                Path.of("deploy", "ssh", "longreel-ssh"),
                Path.of("deploy", "slurm", "longreel.sbatch"),
                Path.of("deploy", "image", "usr", "local", "bin", "longreel"));
    }

    @ParameterizedTest
    @MethodSource("scripts")
    void shouldFindNothing(Path script) throws Exception {
        assumeTrue(
                Files.isExecutable(SHELLCHECK),
                "skipped: there is no shellcheck on this machine (Debian package shellcheck)");
        Process process = new ProcessBuilder(List.of(SHELLCHECK.toString(), script.toString()))
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), said);
    }
}
