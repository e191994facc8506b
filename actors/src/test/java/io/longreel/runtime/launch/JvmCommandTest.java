package io.longreel.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class JvmCommandTest {
    @Test
    void shouldStartAWorkerWithTheSameJavaFlagsAndClasses() {
        List<String> command = JvmCommand.worker(List.of("--seed", "127.0.0.1:25520"));
        assertEquals(System.getProperty("java.home") + "/bin/java", command.getFirst());
        assertEquals(
                List.of("io.longreel.runtime.cli.Main", "worker", "--seed", "127.0.0.1:25520"),
                command.subList(command.size() - 4, command.size()));
        assertEquals(System.getProperty("java.class.path"), command.get(command.indexOf("-cp") + 1));
        assertTrue(command.contains("jdk.incubator.vector"), command.toString());
        assertTrue(
                command.stream().noneMatch(flag -> flag.startsWith("-XX:Tier")),
                "higher compiler thresholds made steps slower for minutes: " + command);
        assertTrue(command.contains("-ea"), "as this JVM: " + command);
        assertTrue(command.stream().noneMatch(String::isBlank), command.toString());
    }
}
