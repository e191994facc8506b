package io.longreel.transport;

import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of one transport node: a directory of its own in shared memory, gone when it is closed. A file lock says that the owner is alive;
 * the system drops it with the process, however that ends, so a later node can clear away what a killed one left.
 */
final class NodeDirectory implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeDirectory.class);

    private static final Path SHARED_MEMORY = Path.of("/dev/shm");
    private static final long SHARED_MEMORY_NEEDED_BYTES = 256L * 1024 * 1024;
    private static final String PREFIX = "longreel-";
    private static final String LOCK = "owner.lock";

    private final Path path;
    private final FileChannel lock;

    private NodeDirectory(Path path, FileChannel lock) {
        this.path = path;
        this.lock = lock;
    }

    /** Shared memory of the system, or its directory for temporary files where there is none or, as in many containers, hardly any. */
    static Path defaultBase() {
        boolean usable = Files.isWritable(SHARED_MEMORY)
                && SHARED_MEMORY.toFile().getUsableSpace() >= SHARED_MEMORY_NEEDED_BYTES;
        return usable ? SHARED_MEMORY : Path.of(System.getProperty("java.io.tmpdir"));
    }

    /** A new directory in {@code base}; directories there whose owners have died are deleted. */
    static NodeDirectory create(Path base) {
        try {
            sweep(base);
            Path path = Files.createTempDirectory(base, PREFIX);
            // Locked before it has its name: under that name a sweep never finds it unlocked while the owner lives.
            Path unnamed = path.resolve(LOCK + ".new");
            FileChannel channel = FileChannel.open(unnamed, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            if (channel.tryLock() == null) {
                channel.close();
                throw new IOException("a new file is locked by another process: " + unnamed);
            }
            Files.move(unnamed, path.resolve(LOCK), StandardCopyOption.ATOMIC_MOVE);
            return new NodeDirectory(path, channel);
        } catch (IOException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.CONFIG,
                    "transport must be able to make its directory in %s: %s".formatted(base, e),
                    e);
        }
    }

    Path path() {
        return path;
    }

    @Override
    public void close() {
        try (lock) {
            delete(path);
        } catch (IOException e) {
            throw new UncheckedIOException("directory of the transport must be deletable: " + path, e);
        }
    }

    private static void sweep(Path base) throws IOException {
        List<Path> found;
        try (Stream<Path> entries = Files.list(base)) {
            found = entries.filter(entry -> entry.getFileName().toString().startsWith(PREFIX))
                    .toList();
        }
        for (Path directory : found) {
            if (ownerIsDead(directory.resolve(LOCK))) {
                delete(directory);
                LOG.info("transport.swept directory={}", directory);
            }
        }
    }

    private static boolean ownerIsDead(Path lockFile) {
        try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.WRITE);
                FileLock held = channel.tryLock()) {
            return held != null;
        } catch (OverlappingFileLockException e) { // its owner is this process
            return false;
        } catch (IOException e) { // not ours to judge: being made, being deleted, or another user's
            return false;
        }
    }

    private static void delete(Path directory) throws IOException {
        List<Path> paths;
        try (Stream<Path> tree = Files.walk(directory)) {
            paths = tree.sorted(Comparator.reverseOrder()).toList();
        } catch (NoSuchFileException e) { // another node swept it at the same time
            return;
        }
        for (Path entry : paths) {
            Files.deleteIfExists(entry);
        }
    }
}
