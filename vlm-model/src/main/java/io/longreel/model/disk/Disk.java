package io.longreel.model.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/**
 * A file system, as whoever must not lose anything sees it. What a call has done may be gone after a crash until it was made durable: bytes by
 * {@link Output#force}, names (of new, renamed and deleted files) by {@link #sync} of the directory that holds them. Calls without either survive
 * or not, in any order and in part.
 *
 * <p>Every call either does its work or throws an {@link IOException}; after one, whatever was being written is in doubt.
 */
public interface Disk {

    /** A file that is written from its end on. One thread at a time. */
    interface Output extends AutoCloseable {
        /** Writes all that remains in {@code bytes}. */
        void write(ByteBuffer bytes) throws IOException;

        /** Makes all bytes written so far durable, and the length. */
        void force() throws IOException;

        @Override
        void close() throws IOException;
    }

    /** A file that is read from anywhere. One thread at a time. */
    interface Input extends AutoCloseable {
        long sizeBytes() throws IOException;

        /** Fills {@code target} with the bytes from {@code at} on; an end of the file before that is an {@link java.io.EOFException}. */
        void read(long at, ByteBuffer target) throws IOException;

        @Override
        void close() throws IOException;
    }

    /** The machine's own. */
    static Disk system() {
        return SystemDisk.INSTANCE;
    }

    /** Makes a file, which must not exist. */
    Output create(Path file) throws IOException;

    /** Opens a file for going on, and makes it when there is none; what lies behind {@code keepBytes} is cut off. */
    Output append(Path file, long keepBytes) throws IOException;

    Input open(Path file) throws IOException;

    /** Gives a file or directory another name in the same directory or another, in one instant; a file of that name is replaced. */
    void rename(Path from, Path to) throws IOException;

    /** Deletes a file, a link or an empty directory; nothing there is fine. */
    void delete(Path path) throws IOException;

    /** Makes one directory, whose parent must exist; one that is there is fine. */
    void createDirectory(Path directory) throws IOException;

    /** Makes the names in a directory durable, or the bytes of a file that somebody else wrote. */
    void sync(Path path) throws IOException;

    /** What lies in a directory, in order of name. */
    List<Path> list(Path directory) throws IOException;

    /** Whether anything has that name; links are followed. */
    boolean exists(Path path);

    boolean isFile(Path path);

    /** Whether it is a directory itself: a link to one is none. */
    boolean isDirectory(Path path);
}
