package io.longreel.runtime.journal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The journal of a run directory, open for appending. Owned by the recorder, used by its thread only. When {@link
 * #append} returns, the entry has reached the disk. A torn line at the end, left by a process that was killed, is cut
 * off when the journal is opened.
 */
public final class Journal implements AutoCloseable {
    private final FileChannel channel;
    private final InstantSource clock;
    private long sequence;

    private Journal(FileChannel channel, InstantSource clock, long sequence) {
        this.channel = channel;
        this.clock = clock;
        this.sequence = sequence;
    }

    /**
     * What a journal file holds.
     *
     * @param lines up to the first that is torn, damaged or out of sequence
     * @param soundBytes length of these lines
     * @param damagedBytes what follows them
     */
    public record Contents(List<JournalLine> lines, long soundBytes, long damagedBytes) {
        public Contents {
            lines = List.copyOf(lines);
        }
    }

    /** Opens a journal for appending, and makes it where there is none. */
    public static Journal open(Path file, InstantSource clock) throws IOException {
        Contents contents = read(file);
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            channel.truncate(contents.soundBytes());
            channel.position(contents.soundBytes());
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        return new Journal(channel, clock, contents.lines().size());
    }

    /** Reads what can be trusted; a missing file is an empty journal. */
    public static Contents read(Path file) throws IOException {
        if (!Files.exists(file)) {
            return new Contents(List.of(), 0, 0);
        }
        byte[] bytes = Files.readAllBytes(file);
        List<JournalLine> lines = new ArrayList<>();
        int sound = 0;
        for (int end = lineEnd(bytes, 0); end >= 0; end = lineEnd(bytes, sound)) {
            Optional<JournalLine> line =
                    JournalLine.parse(new String(bytes, sound, end - sound, StandardCharsets.UTF_8));
            if (line.isEmpty() || line.get().sequence() != lines.size() + 1) {
                break;
            }
            lines.add(line.get());
            sound = end + 1;
        }
        return new Contents(lines, sound, bytes.length - sound);
    }

    /** Writes and syncs. */
    public void append(JournalEntry entry) {
        String text = new JournalLine(sequence + 1, clock.instant(), entry).format() + "\n";
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(false);
        } catch (IOException e) {
            throw new UncheckedIOException("the journal cannot be written: " + e.getMessage(), e);
        }
        sequence++;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private static int lineEnd(byte[] bytes, int from) {
        for (int i = from; i < bytes.length; i++) {
            if (bytes[i] == '\n') {
                return i;
            }
        }
        return -1;
    }
}
