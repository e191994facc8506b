package io.longreel.chaos.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code completion} in the shells themselves: they source what it prints, and complete. */
final class CompletionIT {
    private static final Path PROGRAM =
            Path.of("..", "bin", "longreel").toAbsolutePath().normalize();

    /** What readline does when TAB is pressed: it calls the function that the command is completed by. */
    private static final String TAB = """
            set -u
            source "$1"; shift
            complete -p longreel >/dev/null || exit 9
            COMP_WORDS=(longreel "$@")
            COMP_CWORD=$#
            COMP_LINE="longreel $*"
            COMP_POINT=${#COMP_LINE}
            _complete_longreel
            printf '%s\\n' "${COMPREPLY[@]}"
            """;

    /** What zsh's bridge to bash's completion does with the same function; zsh itself picks what fits the word. */
    private static final String ZSH_TAB = """
            source "$1"; shift
            [[ -n ${_comps[longreel]} ]] || exit 9
            COMP_WORDS=(longreel "$@") COMP_CWORD=$# COMP_LINE="longreel $*" COMP_POINT=$(( ${#*} + 9 ))
            compgen -F _complete_longreel -- "${@[-1]}"
            """;

    @TempDir
    static Path folder;

    private static Path script = Path.of("");

    @BeforeAll
    static void printTheScript() throws Exception {
        script =
                Files.writeString(folder.resolve("completion"), run(List.of(PROGRAM.toString(), "completion", "bash")));
    }

    @Test
    void shouldCompleteACommandAndAnOptionInBash() throws Exception {
        assertEquals(List.of("status"), bash("stat"));
        assertEquals(List.of("--follow"), bash("logs", "--fol"));
        assertEquals(List.of("attention"), bash("bench", "att"));
        assertTrue(bash("chaos", "").containsAll(List.of("run", "soak")), "commands of other modules are there, too");
    }

    @Test
    void shouldCompleteACommandAndAnOptionInZsh() throws Exception {
        String zsh = "/usr/bin/zsh";
        assumeTrue(Files.isExecutable(Path.of(zsh)), "skipped: there is no zsh on this machine (Debian package zsh)");
        Path script = Files.writeString(folder.resolve("zsh"), run(List.of(PROGRAM.toString(), "completion", "zsh")));
        assertTrue(run(List.of(zsh, "-f", "-c", ZSH_TAB, "tab", script.toString(), "stat"))
                .lines()
                .anyMatch("status"::equals));
        assertTrue(run(List.of(zsh, "-f", "-c", ZSH_TAB, "tab", script.toString(), "logs", "--fol"))
                .lines()
                .anyMatch("--follow"::equals));
    }

    private static List<String> bash(String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of("bash", "--norc", "-c", TAB, "tab", script.toString()));
        command.addAll(List.of(words));
        return run(command).lines().map(String::strip).toList();
    }

    private static String run(List<String> command) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        // The tests must not start another build inside this one.
        builder.environment().put("LONGREEL_NO_BUILD", "1");
        Process process = builder.start();
        process.getOutputStream().close();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), "still running after 60 s");
        assertEquals(0, process.exitValue(), out);
        return out;
    }
}
