package io.longreel.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that saves checkpoints on a file system of 1 MiB, mounted where it alone sees it. */
class DiskFullIT {
    private static final String MOUNT = "mount -t tmpfs -o size=1m tmpfs \"$0\"";

    private static String run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), output);
        return output + "exit " + process.exitValue();
    }

    /** As root, or as root of a user namespace of its own. */
    private static List<String> namespace(Path directory) throws IOException, InterruptedException {
        for (String flags : List.of("-m", "-rm")) {
            List<String> prefix = List.of("unshare", flags, "sh", "-c");
            List<String> trial = new ArrayList<>(prefix);
            trial.addAll(List.of(MOUNT, directory.toString()));
            String answer = run(trial);
            if (answer.endsWith("exit 0")) {
                return prefix;
            }
            System.err.println("DiskFullIT: unshare %s cannot mount here: %s".formatted(flags, answer));
        }
        return List.of();
    }

    @Test
    void shouldKeepTheOldCheckpointAndGoOnWhenTheDiskIsFullOrReadOnly(@TempDir Path directory) throws Exception {
        List<String> command = new ArrayList<>(namespace(directory));
        assumeTrue(!command.isEmpty(), "this machine lets nobody mount a file system of 1 MiB");
        command.addAll(List.of(MOUNT + " && exec \"$@\"", directory.toString()));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(System.getProperty("longreel.jvm.flags").split(" +")));
        command.addAll(List.of("-ea", "-Xmx64m", "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(FullDisk.class.getName(), directory.toString()));
        String output = run(command);
        List<String> lines = output.lines()
                .filter(line -> line.startsWith("step") || line.startsWith("pruned") || line.startsWith("exit"))
                .toList();
        assertEquals(6, lines.size(), output);
        assertEquals("step 1 saved; newest=1 temporary=0", lines.get(0), output);
        assertTrue(lines.get(1).startsWith("step 2 RETRYABLE slice of the checkpoint could not be written"), output);
        assertTrue(lines.get(1).contains("No space left on device"), output);
        assertTrue(lines.get(1).endsWith("; newest=1 temporary=0"), output);
        assertTrue(lines.get(2).startsWith("step 3 RETRYABLE checkpoint could not be begun"), output);
        assertTrue(lines.get(2).contains("Read-only file system"), output);
        assertTrue(lines.get(2).endsWith("; newest=1 temporary=0"), output);
        assertEquals("step 4 saved; newest=4 temporary=0", lines.get(3), output);
        assertEquals("pruned; newest=4 temporary=0", lines.get(4), output);
        assertEquals("exit 0", lines.get(5), output);
    }
}
