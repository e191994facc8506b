package io.longreel.model.checkpoint;

import io.longreel.model.disk.Disk;
import io.longreel.model.disk.DiskFailures;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The one way to write something that must not be lost or seen half-written: under a temporary name beside the target, synced, renamed, and
 * the directory that holds the name synced too. After a crash the target is the old content or the new, nothing else; what was written
 * under the temporary name ({@code NAME.tmp-PID}) is removed by the next write of the same target. One writer per target.
 *
 * <pre>
 *   create T.tmp    nothing has the target's name yet: a crash up to the rename leaves the old content
 *   write, force    before the rename, or the name could survive without the bytes
 *   rename to T     in one instant; may or may not survive until the directory is synced
 *   sync directory  when the write returns, the new content is what a crash leaves
 * </pre>
 */
public final class DurableFile {
    private static final String TEMPORARY = ".tmp-";
    private static final String REPLACED = ".replaced-";

    /** Produces the bytes of a file. */
    @FunctionalInterface
    public interface Content {
        void writeTo(Disk.Output file) throws IOException;
    }

    /** Produces the files of a directory. */
    @FunctionalInterface
    public interface DirectoryContent {
        void writeTo(Path directory) throws IOException;
    }

    private DurableFile() {}

    /** Creates or replaces a file that somebody asked for. */
    public static void write(Path target, Content content) {
        try {
            write(Disk.system(), target, content);
        } catch (IOException e) {
            throw DiskFailures.unwritable(target, e);
        }
    }

    public static void write(Path target, byte[] bytes) {
        write(target, file -> file.write(ByteBuffer.wrap(bytes)));
    }

    /** Creates or replaces a file; an exception leaves what was there, and no temporary file where the disk still lets it be deleted. */
    public static void write(Disk disk, Path target, Content content) throws IOException {
        Path absolute = target.toAbsolutePath();
        Path temporary = beside(absolute, TEMPORARY);
        removeLeftovers(disk, absolute, TEMPORARY);
        try {
            try (Disk.Output file = disk.create(temporary)) {
                content.writeTo(file);
                file.force();
            }
            disk.rename(temporary, absolute);
        } catch (IOException | RuntimeException | Error e) {
            removeAfter(e, disk, temporary);
            throw e;
        }
        disk.sync(parentOf(absolute));
    }

    /**
     * Creates or replaces a whole directory. The content writes into a temporary directory, which then takes the name. An old directory
     * steps aside first and is deleted after: in the instant between, the name is free, but what is under it is never half old, half new.
     */
    public static void writeDirectory(Path target, DirectoryContent content) {
        Path absolute = target.toAbsolutePath().normalize();
        Disk disk = Disk.system();
        try {
            createDirectories(disk, parentOf(absolute));
            removeLeftovers(disk, absolute, TEMPORARY);
            bringBack(disk, absolute);
            Path temporary = beside(absolute, TEMPORARY);
            disk.createDirectory(temporary);
            try {
                content.writeTo(temporary);
                syncTree(disk, temporary);
                replace(disk, temporary, absolute);
            } catch (IOException | RuntimeException | Error e) {
                removeAfter(e, disk, temporary);
                throw e;
            }
            disk.sync(parentOf(absolute));
            removeLeftovers(disk, absolute, REPLACED);
        } catch (IOException e) {
            throw DiskFailures.unwritable(target, e);
        }
    }

    /** Makes names that were created, renamed or deleted in a directory survive a crash. */
    public static void syncDirectory(Path directory) throws IOException {
        Disk.system().sync(directory);
    }

    /** Makes a directory and those above it, each of which has its name for good when this returns. */
    public static void createDirectories(Disk disk, Path directory) throws IOException {
        Path absolute = directory.toAbsolutePath().normalize();
        if (disk.exists(absolute)) {
            return;
        }
        Path parent = parentOf(absolute);
        createDirectories(disk, parent);
        disk.createDirectory(absolute);
        disk.sync(parent);
    }

    /** Deletes a file, or a directory with all that is in it; nothing there is fine. Links are deleted, not followed. */
    public static void deleteTree(Path root) throws IOException {
        deleteTree(Disk.system(), root);
    }

    /** Likewise, on any disk. */
    public static void deleteTree(Disk disk, Path root) throws IOException {
        if (disk.isDirectory(root)) {
            for (Path child : disk.list(root)) {
                deleteTree(disk, child);
            }
        }
        disk.delete(root);
    }

    private static void replace(Disk disk, Path source, Path target) throws IOException {
        if (disk.exists(target)) {
            disk.rename(target, beside(target, REPLACED));
        }
        disk.rename(source, target);
    }

    /** After a crash between the two renames of a replacement, the old directory is still there, aside. */
    private static void bringBack(Disk disk, Path target) throws IOException {
        for (Path aside : siblings(disk, target, REPLACED)) {
            if (disk.exists(target)) {
                deleteTree(disk, aside);
            } else {
                disk.rename(aside, target);
            }
        }
    }

    private static void syncTree(Disk disk, Path root) throws IOException {
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                disk.sync(path);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static void removeLeftovers(Disk disk, Path target, String infix) throws IOException {
        for (Path sibling : siblings(disk, target, infix)) {
            deleteTree(disk, sibling);
        }
    }

    /** The first failure is the one to tell. */
    private static void removeAfter(Throwable failure, Disk disk, Path leftover) {
        try {
            deleteTree(disk, leftover);
        } catch (IOException | RuntimeException e) {
            failure.addSuppressed(e);
        }
    }

    private static List<Path> siblings(Disk disk, Path target, String infix) throws IOException {
        String prefix = target.getFileName() + infix;
        return disk.list(parentOf(target)).stream()
                .filter(path -> path.getFileName().toString().startsWith(prefix))
                .toList();
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
}
