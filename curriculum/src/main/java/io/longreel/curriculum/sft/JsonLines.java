package io.longreel.curriculum.sft;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.longreel.model.disk.Disk;
import io.longreel.model.disk.DiskFailures;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * A file of JSON objects, one a line, that is only ever added to. A line counts when it ends: what a crash has left of the last one is cut off
 * when the file is opened again. A line that has been appended survives a crash of the machine. Used by all threads.
 */
public final class JsonLines implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path file;
    private final Disk.Output output;

    private JsonLines(Path file, Disk.Output output) {
        this.file = file;
        this.output = output;
    }

    /**
     * Opens a file, or makes it.
     *
     * @param line told every object that is there, in order; lines that hold none are passed over
     */
    public static JsonLines open(Path file, Consumer<JsonNode> line) {
        try {
            long keptBytes = Files.exists(file) ? read(file, line) : 0;
            return new JsonLines(file, Disk.system().append(file, keptBytes));
        } catch (IOException e) {
            throw DiskFailures.unwritable(file, e);
        }
    }

    /** Adds a line; it is on disk when this returns. */
    public synchronized void append(JsonNode object) {
        try {
            byte[] text = (JSON.writeValueAsString(object) + "\n").getBytes(StandardCharsets.UTF_8);
            output.write(ByteBuffer.wrap(text));
            output.force();
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree has a form in JSON", e);
        } catch (IOException e) {
            throw DiskFailures.unwritable(file, e);
        }
    }

    @Override
    public synchronized void close() {
        try {
            output.close();
        } catch (IOException e) {
            throw DiskFailures.unwritable(file, e);
        }
    }

    /** Returns the length of the file up to the end of its last whole line. */
    private static long read(Path file, Consumer<JsonNode> line) throws IOException {
        long keptBytes = 0;
        ByteArrayOutputStream current = new ByteArrayOutputStream();
        try (InputStream input = new BufferedInputStream(Files.newInputStream(file))) {
            for (int next = input.read(); next >= 0; next = input.read()) {
                current.write(next);
                if (next == '\n') {
                    keptBytes += current.size();
                    tell(current.toByteArray(), line);
                    current.reset();
                }
            }
        }
        return keptBytes;
    }

    private static void tell(byte[] text, Consumer<JsonNode> line) throws IOException {
        try {
            JsonNode object = JSON.readTree(text);
            if (object.isObject()) {
                line.accept(object);
            }
        } catch (JsonProcessingException damaged) {
            // What it held is asked for again.
        }
    }
}
