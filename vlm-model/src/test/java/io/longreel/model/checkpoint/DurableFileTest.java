package io.longreel.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DurableFileTest {
    private final Path directory;

    DurableFileTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @Test
    void shouldKeepTheOldFileWhenWritingFails() throws IOException {
        Path file = directory.resolve("state.json");
        DurableFile.write(file, "old".getBytes(StandardCharsets.UTF_8));
        assertThrows(
                RuntimeFailure.class,
                () -> DurableFile.write(file, channel -> {
                    channel.write(ByteBuffer.wrap(new byte[100]));
                    throw new IOException("disk is full");
                }));
        assertEquals("old", Files.readString(file));
        assertEquals(List.of("state.json"), names());
    }

    @Test
    void shouldReplaceTheFileAndRemoveLeftoversWhenWritten() throws IOException {
        Path file = directory.resolve("state.json");
        Files.writeString(directory.resolve("state.json.tmp-1"), "left by a crash");
        DurableFile.write(file, "old".getBytes(StandardCharsets.UTF_8));
        DurableFile.write(file, "new".getBytes(StandardCharsets.UTF_8));
        assertEquals("new", Files.readString(file));
        assertEquals(List.of("state.json"), names());
    }

    @Test
    void shouldKeepTheOldDirectoryWhenWritingFails() throws IOException {
        Path target = directory.resolve("model");
        DurableFile.writeDirectory(target, path -> Files.writeString(path.resolve("a"), "old"));
        assertThrows(
                RuntimeFailure.class,
                () -> DurableFile.writeDirectory(target, path -> {
                    Files.writeString(path.resolve("a"), "half");
                    throw new IOException("disk is full");
                }));
        assertEquals("old", Files.readString(target.resolve("a")));
        assertEquals(List.of("model"), names());
    }

    @Test
    void shouldReplaceTheWholeDirectoryWhenWritten() throws IOException {
        Path target = directory.resolve("model");
        DurableFile.writeDirectory(target, path -> Files.writeString(path.resolve("a"), "old"));
        DurableFile.writeDirectory(target, path -> Files.writeString(path.resolve("b"), "new"));
        assertFalse(Files.exists(target.resolve("a")));
        assertEquals("new", Files.readString(target.resolve("b")));
        assertEquals(List.of("model"), names());
    }

    @Test
    void shouldBringTheOldDirectoryBackWhenACrashLeftItAside() throws IOException {
        Path aside = Files.createDirectory(directory.resolve("model.replaced-1"));
        Files.writeString(aside.resolve("a"), "old");
        Path target = directory.resolve("model");
        assertThrows(
                RuntimeFailure.class,
                () -> DurableFile.writeDirectory(target, path -> {
                    throw new IOException("disk is full");
                }));
        assertEquals("old", Files.readString(target.resolve("a")));
    }

    private List<String> names() throws IOException {
        try (Stream<Path> paths = Files.list(directory)) {
            return paths.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }
}
