package io.longreel.chaos.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file of lines that another process appends to, read as it grows: each look costs what is new. One thread; the file need not exist yet, and is
 * never cut back.
 */
public final class GrowingFile {
    private static final int CHUNK_BYTES = 1 << 16;

    private final Path file;
    private final StringBuilder unfinished = new StringBuilder();
    private long readBytes;
    private int lines;
    private String last = "";

    public GrowingFile(Path file) {
        this.file = file;
    }

    /** Whole lines so far. */
    public int lines() {
        look();
        return lines;
    }

    /** The newest whole line; empty before the first. */
    public String last() {
        look();
        return last;
    }

    private void look() {
        try {
            if (!Files.exists(file) || Files.size(file) == readBytes) {
                return;
            }
            try (SeekableByteChannel channel = Files.newByteChannel(file)) {
                channel.position(readBytes);
                ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
                while (channel.read(chunk) > 0) {
                    readBytes += chunk.position();
                    take(StandardCharsets.ISO_8859_1.decode(chunk.flip()).toString());
                    chunk.clear();
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot be read: " + file, e);
        }
    }

    private void take(String text) {
        unfinished.append(text);
        int end = unfinished.indexOf("\n");
        while (end >= 0) {
            last = unfinished.substring(0, end);
            unfinished.delete(0, end + 1);
            lines++;
            end = unfinished.indexOf("\n");
        }
    }
}
