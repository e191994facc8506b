package io.longreel.chaos.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.longreel.chaos.process.Program.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The container image, unpacked as a container runtime would, and its entry point on this machine's JDK. */
final class ImageIT {
    private static final Path IMAGE = Path.of("target", "longreel-image.tar");

    @Test
    void shouldStartFromItsLayersAlone(@TempDir Path folder) throws Exception {
        assumeTrue(
                Files.exists(IMAGE),
                "skipped: no image was built; build it with ./mvnw -Pimage -Djib.from.image=scratch -pl chaos-tests -am verify");
        Path parts = Files.createDirectory(folder.resolve("parts"));
        Path root = Files.createDirectory(folder.resolve("root"));
        Program.runToEnd(Map.of(), "tar", "-xf", IMAGE.toString(), "-C", parts.toString())
                .requireOk();
        JsonNode manifest = new ObjectMapper()
                .readTree(parts.resolve("manifest.json").toFile())
                .get(0);
        for (JsonNode layer : manifest.path("Layers")) {
            Program.runToEnd(
                            Map.of(),
                            "tar",
                            "-xzf",
                            parts.resolve(layer.asText()).toString(),
                            "-C",
                            root.toString())
                    .requireOk();
        }
        moveTo(root);
        JsonNode config = new ObjectMapper()
                .readTree(parts.resolve(manifest.path("Config").asText()).toFile())
                .path("config");
        List<String> command = new ArrayList<>();
        config.path("Entrypoint").forEach(word -> command.add(word.asText().replace("@/", "@" + root + "/")));
        assertEquals("java", command.getFirst());
        command.set(0, Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("--version");
        Ended version =
                Program.runToEnd(Map.of(), command.toArray(String[]::new)).requireOk();
        assertTrue(version.out().startsWith("longreel 0."), version.out());

        // What a run forks gets the same flags, and the program knows all presets without its sources.
        String flags = System.getProperty("longreel.jvm.flags");
        assertTrue(Files.readString(root.resolve("longreel/jvm.options")).contains(flags), flags);
        command.removeLast();
        command.addAll(List.of("config", "tiny"));
        assertTrue(Program.runToEnd(Map.of(), command.toArray(String[]::new))
                .requireOk()
                .out()
                .contains("longreel {"));
        assertTrue(Files.isExecutable(root.resolve("usr/local/bin/longreel")));
    }

    /** The image's absolute paths begin at its root, which is a folder here. */
    private static void moveTo(Path root) throws IOException {
        try (Stream<Path> files = Files.list(root.resolve("app"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.writeString(file, Files.readString(file).replace("/app/", root + "/app/"));
            }
        }
    }
}
