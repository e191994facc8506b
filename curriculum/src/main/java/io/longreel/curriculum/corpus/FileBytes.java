package io.longreel.curriculum.corpus;

import io.longreel.config.RuntimeFailure;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file of a dataset as bytes by position. It keeps no descriptor: each reader opens the file for itself, so an interrupt of one closes no
 * channel of another, and a dataset of thousands of shards opens none until it is read.
 *
 * @param size when it was opened; a file that has another one later is refused
 */
record FileBytes(Path file, long size) {
    private static final int BUFFER_BYTES = 1 << 16;

    static FileBytes of(Path file) {
        try {
            if (Files.isDirectory(file)) {
                throw Place.broken(file, "must be a file, and is a folder; name the files in it");
            }
            return new FileBytes(file, Files.size(file));
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    /** Something that reads from the open file. */
    @FunctionalInterface
    interface Reading<T> {
        T apply(Reader reader) throws IOException;
    }

    /** The open file, for one thread. */
    record Reader(FileChannel channel) {
        byte[] read(long offset, int length) throws IOException {
            ByteBuffer bytes = ByteBuffer.allocate(length);
            while (bytes.hasRemaining()) {
                if (channel.read(bytes, offset + bytes.position()) < 0) {
                    throw new EOFException("ends at byte %d, but something should lie at %d to %d"
                            .formatted(channel.size(), offset, offset + length));
                }
            }
            return bytes.array();
        }

        /** For numbers: little-endian. */
        ByteBuffer numbers(long offset, int length) throws IOException {
            return ByteBuffer.wrap(read(offset, length)).order(ByteOrder.LITTLE_ENDIAN);
        }
    }

    <T> T open(Reading<T> reading) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            if (channel.size() != size) {
                throw Place.broken(
                        file,
                        "changed while it was in use: it had %d bytes and has %d; start again"
                                .formatted(size, channel.size()));
            }
            return reading.apply(new Reader(channel));
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    byte[] read(long offset, int length) {
        return open(reader -> reader.read(offset, length));
    }

    /** From the first byte. */
    InputStream stream() {
        try {
            return Files.newInputStream(file);
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    /** The line that this byte is in, counted from 1. Reads everything in front of it: for messages. */
    long line(long offset) {
        long line = 1;
        byte[] buffer = new byte[BUFFER_BYTES];
        try (InputStream in = stream()) {
            long position = 0;
            int count;
            while (position < offset && (count = in.read(buffer)) > 0) {
                for (int i = 0; i < count && position + i < offset; i++) {
                    line += buffer[i] == '\n' ? 1 : 0;
                }
                position += count;
            }
        } catch (IOException e) {
            throw unreadable(file, e);
        }
        return line;
    }

    /** Strict: a byte that is not UTF-8 is the record's fault, not a replacement character. */
    static String decode(byte[] bytes, Place place) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw place.damaged(
                    "must be UTF-8, and its bytes are not; convert the file (iconv -f latin1 -t utf8) or leave the record out by a subset",
                    e);
        }
    }

    static RuntimeFailure unreadable(Path file, IOException e) {
        String why = e instanceof NoSuchFileException ? "there is no such file" : "cannot be read: " + Place.reason(e);
        return Place.broken(file, why + "; check the files of the dataset", e);
    }
}
