package io.longreel.model.disk.fault;

import io.longreel.model.disk.Disk;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A disk in memory. Every call that changes something has a number, from 0 on, at which a fault may be placed; {@link #afterCrash} gives the disk
 * that a machine finds when it starts again: what was synced, and of the rest all, nothing, or a seeded part, with torn files.
 *
 * <p>The invariant that makes it a fair judge: it keeps nothing for which no call has asked. A file whose directory was not synced has no name
 * after a crash, a renamed file whose bytes were not forced has the name without the bytes.
 */
public final class SimulatedDisk implements Disk {

    /** What becomes of everything that was not synced. */
    public enum Survival {
        /** The machine lost power, and the disk had written nothing on its own. */
        SYNCED_ONLY,
        /** Only the process died. */
        EVERYTHING,
        /** The machine lost power while the disk was writing: some names, some sectors. */
        SOME
    }

    private final SplittableRandom random;
    private final DiskNode.Directory root;
    private final List<String> trace = new ArrayList<>();
    private final Map<Integer, DiskFault> faults = new TreeMap<>();
    private @Nullable DiskFault fromNowOn;
    private long capacityBytes = Long.MAX_VALUE;
    private boolean lostPower;

    private SimulatedDisk(long seed, DiskNode.Directory root) {
        this.random = new SplittableRandom(seed);
        this.root = root;
    }

    /** An empty disk with sound hardware. */
    public static SimulatedDisk empty(long seed) {
        return new SimulatedDisk(seed, new DiskNode.Directory());
    }

    /** Places a fault at the call of this number; it is not yet decided whether the call's work is done when power is lost there. */
    public synchronized void failAt(int call, DiskFault fault) {
        faults.put(call, fault);
    }

    /** Every further call that changes something meets this; null: the hardware is sound again. */
    public synchronized void failAlways(@Nullable DiskFault fault) {
        fromNowOn = fault;
    }

    /** Bytes of all files together; a write beyond fills the disk and fails. */
    public synchronized void limit(long bytes) {
        capacityBytes = bytes;
    }

    /** Calls so far that changed something or were to. */
    public synchronized int calls() {
        return trace.size();
    }

    /** These calls: verb and path. */
    public synchronized List<String> trace() {
        return List.copyOf(trace);
    }

    public synchronized boolean hasLostPower() {
        return lostPower;
    }

    /** What a restart finds, on sound hardware. This disk stays as it is. */
    public synchronized SimulatedDisk afterCrash(Survival survival, long seed) {
        return new SimulatedDisk(seed, root.afterCrash(survival, new SplittableRandom(seed)));
    }

    /** The bytes of a file now. */
    public synchronized byte[] bytes(Path file) throws IOException {
        return fileAt(file).bytes().clone();
    }

    /** Puts a file there, synced, without a call: rot, or what somebody else did. Directories on the way are made. */
    public synchronized void put(Path file, byte[] bytes) throws IOException {
        DiskNode.File node = new DiskNode.File();
        node.replace(bytes.clone());
        node.sync();
        DiskNode.Directory parent = root;
        Path names = file.toAbsolutePath().normalize();
        for (Path name : names.getParent() == null ? names : names.getParent()) {
            DiskNode next = parent.names().get(name.toString());
            if (!(next instanceof DiskNode.Directory)) {
                next = new DiskNode.Directory();
                parent.add(name.toString(), next);
                parent.sync();
            }
            parent = (DiskNode.Directory) next;
        }
        parent.add(nameOf(file), node);
        parent.sync();
    }

    @Override
    public synchronized Output create(Path file) throws IOException {
        if (nodeAt(file) != null) {
            throw new FileAlreadyExistsException(file.toString());
        }
        DiskNode.File node = new DiskNode.File();
        DiskNode.Directory parent = parentOf(file);
        perform("create", file, () -> parent.add(nameOf(file), node));
        return new NodeOutput(file, node);
    }

    @Override
    public synchronized Output append(Path file, long keepBytes) throws IOException {
        if (nodeAt(file) == null) {
            return create(file);
        }
        DiskNode.File node = fileAt(file);
        if (node.bytes().length > keepBytes) {
            perform("cut", file, () -> node.replace(Arrays.copyOf(node.bytes(), (int) keepBytes)));
        }
        return new NodeOutput(file, node);
    }

    @Override
    public synchronized Input open(Path file) throws IOException {
        requirePower("open " + file);
        return new NodeInput(fileAt(file));
    }

    @Override
    public synchronized void rename(Path from, Path to) throws IOException {
        DiskNode node = nodeAt(from);
        if (node == null) {
            throw new NoSuchFileException(from.toString());
        }
        if (nodeAt(to) instanceof DiskNode.Directory) {
            throw new FileAlreadyExistsException(to.toString());
        }
        DiskNode.Directory parent = parentOf(from);
        if (parent != parentOf(to)) {
            throw new UnsupportedOperationException(
                    "names change within a directory only: %s to %s".formatted(from, to));
        }
        perform("rename", to, () -> parent.rename(nameOf(from), nameOf(to), node));
    }

    @Override
    public synchronized void delete(Path path) throws IOException {
        DiskNode node = nodeAt(path);
        if (node == null) {
            requirePower("delete " + path);
            return;
        }
        if (node instanceof DiskNode.Directory directory && !directory.names().isEmpty()) {
            throw new DirectoryNotEmptyException(path.toString());
        }
        DiskNode.Directory parent = parentOf(path);
        perform("delete", path, () -> parent.remove(nameOf(path)));
    }

    @Override
    public synchronized void createDirectory(Path directory) throws IOException {
        DiskNode node = nodeAt(directory);
        if (node instanceof DiskNode.File) {
            throw new FileAlreadyExistsException(directory.toString());
        }
        if (node == null) {
            DiskNode.Directory parent = parentOf(directory);
            perform("mkdir", directory, () -> parent.add(nameOf(directory), new DiskNode.Directory()));
        }
    }

    @Override
    public synchronized void sync(Path path) throws IOException {
        switch (nodeAt(path)) {
            case DiskNode.File file -> perform("sync", path, file::sync);
            case DiskNode.Directory directory -> perform("sync", path, directory::sync);
            case null -> throw new NoSuchFileException(path.toString());
        }
    }

    @Override
    public synchronized List<Path> list(Path directory) throws IOException {
        requirePower("list " + directory);
        return switch (nodeAt(directory)) {
            case DiskNode.Directory found ->
                found.names().keySet().stream().map(directory::resolve).toList();
            case DiskNode.File file -> throw new NotDirectoryException(directory.toString());
            case null -> throw new NoSuchFileException(directory.toString());
        };
    }

    @Override
    public synchronized boolean exists(Path path) {
        requirePower("look at " + path);
        return nodeAt(path) != null;
    }

    @Override
    public synchronized boolean isFile(Path path) {
        requirePower("look at " + path);
        return nodeAt(path) instanceof DiskNode.File;
    }

    @Override
    public synchronized boolean isDirectory(Path path) {
        requirePower("look at " + path);
        return nodeAt(path) instanceof DiskNode.Directory;
    }

    /** A call that changes something: does it, or what the fault says. */
    private void perform(String verb, Path path, Runnable work) throws IOException {
        String call = verb + " " + path;
        requirePower(call);
        DiskFault fault = faults.getOrDefault(trace.size(), fromNowOn);
        trace.add(call);
        if (fault == DiskFault.POWER_LOST) {
            lostPower = true;
            if (random.nextBoolean()) {
                work.run();
            }
            throw new PowerLost(call);
        }
        if (fault != null) {
            throw fault.at(path);
        }
        work.run();
    }

    private synchronized void write(Path file, DiskNode.File node, ByteBuffer bytes) throws IOException {
        int count = bytes.remaining();
        long room = capacityBytes - usedBytes(root);
        if (count > room) {
            grow(node, bytes, (int) Math.max(0, room));
            trace.add("write " + file);
            throw DiskFault.NO_SPACE.at(file);
        }
        perform("write", file, () -> grow(node, bytes, lostPower ? random.nextInt(count + 1) : count));
    }

    private static void grow(DiskNode.File node, ByteBuffer bytes, int count) {
        byte[] old = node.bytes();
        byte[] grown = Arrays.copyOf(old, old.length + count);
        bytes.get(grown, old.length, count);
        node.replace(grown);
    }

    private static long usedBytes(DiskNode node) {
        return switch (node) {
            case DiskNode.File file -> file.bytes().length;
            case DiskNode.Directory directory ->
                directory.names().values().stream()
                        .mapToLong(SimulatedDisk::usedBytes)
                        .sum();
        };
    }

    private void requirePower(String call) {
        if (lostPower) {
            throw new PowerLost(call);
        }
    }

    private @Nullable DiskNode nodeAt(Path path) {
        DiskNode node = root;
        for (Path name : path.toAbsolutePath().normalize()) {
            if (!(node instanceof DiskNode.Directory directory)) {
                return null;
            }
            node = directory.names().get(name.toString());
        }
        return node;
    }

    private DiskNode.File fileAt(Path path) throws IOException {
        if (nodeAt(path) instanceof DiskNode.File file) {
            return file;
        }
        throw new NoSuchFileException(path.toString());
    }

    private DiskNode.Directory parentOf(Path path) throws IOException {
        Path parent = path.toAbsolutePath().normalize().getParent();
        if (parent != null && nodeAt(parent) instanceof DiskNode.Directory directory) {
            return directory;
        }
        throw new NoSuchFileException(path.toString());
    }

    private static String nameOf(Path path) {
        return path.toAbsolutePath().normalize().getFileName().toString();
    }

    private final class NodeOutput implements Output {
        private final Path file;
        private final DiskNode.File node;

        private NodeOutput(Path file, DiskNode.File node) {
            this.file = file;
            this.node = node;
        }

        @Override
        public void write(ByteBuffer bytes) throws IOException {
            if (bytes.hasRemaining()) {
                SimulatedDisk.this.write(file, node, bytes);
            }
        }

        @Override
        public void force() throws IOException {
            synchronized (SimulatedDisk.this) {
                perform("force", file, node::sync);
            }
        }

        @Override
        public void close() {}
    }

    private final class NodeInput implements Input {
        private final DiskNode.File node;

        private NodeInput(DiskNode.File node) {
            this.node = node;
        }

        @Override
        public long sizeBytes() {
            synchronized (SimulatedDisk.this) {
                return node.bytes().length;
            }
        }

        @Override
        public void read(long at, ByteBuffer target) throws IOException {
            synchronized (SimulatedDisk.this) {
                requirePower("read");
                byte[] bytes = node.bytes();
                if (at + target.remaining() > bytes.length) {
                    throw new EOFException("the file ends at " + bytes.length);
                }
                target.put(bytes, (int) at, target.remaining());
            }
        }

        @Override
        public void close() {}
    }
}
