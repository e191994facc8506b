package io.longreel.model.checkpoint;

import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * The one way to write something that must not be lost or seen half-written: under a temporary name beside the target, synced, renamed, and
 * the directory that holds the name synced too. After a crash the target is the old content or the new, nothing else; what was written
 * under the temporary name ({@code NAME.tmp-PID}) is removed by the next write of the same target. One writer per target.
 */
public final class DurableFile {
    private static final String TEMPORARY = ".tmp-";
    private static final String REPLACED = ".replaced-";

    /** Produces the bytes of a file. */
    @FunctionalInterface
    public interface Content {
        void writeTo(FileChannel channel) throws IOException;
    }

    /** Produces the files of a directory. */
    @FunctionalInterface
    public interface DirectoryContent {
        void writeTo(Path directory) throws IOException;
    }

    private DurableFile() {}

    /** Creates or replaces a file. */
    public static void write(Path target, Content content) {
        Path absolute = target.toAbsolutePath();
        try {
            Path temporary = beside(absolute, TEMPORARY);
            removeLeftovers(absolute, TEMPORARY);
            try {
                try (FileChannel channel =
                        FileChannel.open(temporary, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
                    content.writeTo(channel);
                    channel.force(true);
                }
                Files.move(temporary, absolute, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(temporary);
            }
            syncDirectory(parentOf(absolute));
        } catch (IOException e) {
            throw unwritable(target, e);
        }
    }

    public static void write(Path target, byte[] bytes) {
        write(target, channel -> writeFully(channel, ByteBuffer.wrap(bytes)));
    }

    /**
     * Creates or replaces a whole directory. The content writes into a temporary directory, which then takes the name. An old directory
     * steps aside first and is deleted after: in the instant between, the name is free, but what is under it is never half old, half new.
     */
    public static void writeDirectory(Path target, DirectoryContent content) {
        Path absolute = target.toAbsolutePath().normalize();
        try {
            Files.createDirectories(parentOf(absolute));
            removeLeftovers(absolute, TEMPORARY);
            bringBack(absolute);
            Path temporary = Files.createDirectory(beside(absolute, TEMPORARY));
            boolean renamed = false;
            try {
                content.writeTo(temporary);
                syncTree(temporary);
                replace(temporary, absolute);
                renamed = true;
            } finally {
                if (!renamed) {
                    deleteTree(temporary);
                }
            }
            syncDirectory(parentOf(absolute));
            removeLeftovers(absolute, REPLACED);
        } catch (IOException e) {
            throw unwritable(target, e);
        }
    }

    /** Makes names that were created, renamed or deleted in a directory survive a crash. */
    public static void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Writes all that remains in {@code bytes}. */
    public static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Deletes a file, or a directory with all that is in it; nothing there is fine. Links are deleted, not followed. */
    public static void deleteTree(Path root) throws IOException {
        if (Files.isDirectory(root, LinkOption.NOFOLLOW_LINKS)) {
            try (DirectoryStream<Path> children = Files.newDirectoryStream(root)) {
                for (Path child : children) {
                    deleteTree(child);
                }
            }
        }
        Files.deleteIfExists(root);
    }

    private static void replace(Path source, Path target) throws IOException {
        if (Files.exists(target)) {
            Files.move(target, beside(target, REPLACED), StandardCopyOption.ATOMIC_MOVE);
        }
        Files.move(source, target, StandardCopyOption.ATOMIC_MOVE);
    }

    /** After a crash between the two renames of a replacement, the old directory is still there, aside. */
    private static void bringBack(Path target) throws IOException {
        for (Path aside : siblings(target, REPLACED)) {
            if (Files.exists(target)) {
                deleteTree(aside);
            } else {
                Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
            }
        }
    }

    private static void syncTree(Path root) throws IOException {
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                syncDirectory(path);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static void removeLeftovers(Path target, String infix) throws IOException {
        for (Path sibling : siblings(target, infix)) {
            deleteTree(sibling);
        }
    }

    private static List<Path> siblings(Path target, String infix) throws IOException {
        String prefix = target.getFileName() + infix;
        try (Stream<Path> paths = Files.list(parentOf(target))) {
            return paths.filter(path -> path.getFileName().toString().startsWith(prefix))
                    .toList();
        }
    }

    private static Path beside(Path target, String infix) {
        return target.resolveSibling(
                target.getFileName() + infix + ProcessHandle.current().pid());
    }

    private static Path parentOf(Path absolute) {
        Path parent = absolute.getParent();
        if (parent == null) {
            throw new IllegalArgumentException("target must have a parent directory: target=" + absolute);
        }
        return parent;
    }

    private static RuntimeFailure unwritable(Path target, IOException cause) {
        return new RuntimeFailure(
                RuntimeFailure.Category.DATA,
                "file must be writable: file=%s reason=%s (%s)"
                        .formatted(target, cause.getMessage(), cause.getClass().getSimpleName()),
                cause);
    }
}
