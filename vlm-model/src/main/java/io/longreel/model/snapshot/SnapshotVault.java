package io.longreel.model.snapshot;

import io.longreel.config.RuntimeFailure;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The snapshots that a process holds: slices of its own ranks and of their peers on other nodes. It belongs to the process, not to a mesh, so that it
 * is still there when the ranks have been stopped and others have been started. Any thread may use it: the ranks' compute threads fill it, and one that
 * writes a checkpoint keeps what it writes by {@link #pin}.
 */
public final class SnapshotVault implements AutoCloseable {
    private final NavigableMap<SnapshotKey, NavigableMap<Integer, SnapshotSlice>> slices = new TreeMap<>();
    private final BlockPool pool = new BlockPool();

    private SnapshotVault() {}

    /** An empty vault. */
    public static SnapshotVault open() {
        return new SnapshotVault();
    }

    /** What is held, in order of key and rank: whole slices only. */
    public synchronized List<HeldSlice> held() {
        return slices.values().stream()
                .flatMap(snapshot -> snapshot.values().stream())
                .map(SnapshotSlice::what)
                .toList();
    }

    /**
     * Drops all snapshots that are ordered before {@code key}. When the first of a stage or a generation takes the place of others, memory that these
     * had is freed, as its sizes may fit nothing any more; otherwise it is used again.
     */
    public synchronized void dropOlderThan(SnapshotKey key) {
        List<SnapshotKey> older = List.copyOf(slices.headMap(key, false).keySet());
        dropAll(older);
        if (older.stream().anyMatch(old -> old.stage() != key.stage() || old.generation() != key.generation())) {
            pool.trim();
        }
    }

    /** Drops all snapshots of other generations than {@code current} that are further than {@code key}: what they hold was never committed. */
    public synchronized void dropFurtherThan(SnapshotKey key, int current) {
        dropAll(slices.keySet().stream()
                .filter(held -> held.isFurtherThan(key) && held.generation() != current)
                .toList());
    }

    /** Drops all snapshots of other generations than {@code current}: training goes on from somewhere else. */
    public synchronized void dropAllBut(int current) {
        dropAll(slices.keySet().stream()
                .filter(held -> held.generation() != current)
                .toList());
        pool.trim();
    }

    /** Drops everything, as a process must that was given up. */
    public synchronized void dropAll() {
        dropAll(List.copyOf(slices.keySet()));
        pool.trim();
    }

    /**
     * The slices of a snapshot that are held here, kept until that is closed, whatever is dropped.
     *
     * @throws RuntimeFailure RETRYABLE when there is none
     */
    public synchronized PinnedSnapshot pin(SnapshotKey key) {
        if (!slices.containsKey(key)) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.RETRYABLE,
                    "snapshot must be held to be read: %s held=%s".formatted(key, slices.keySet()));
        }
        return pinHeld(key);
    }

    /** Like {@link #pin}, but of nothing where nothing is held. */
    synchronized PinnedSnapshot pinHeld(SnapshotKey key) {
        NavigableMap<Integer, SnapshotSlice> snapshot = slices.get(key);
        List<SnapshotSlice> pinned = snapshot == null ? List.of() : List.copyOf(snapshot.values());
        pinned.forEach(slice -> {
            slice.moving().use();
            slice.frozen().use();
        });
        return new PinnedSnapshot(pinned);
    }

    /** Off-heap memory that the vault has, in bytes. */
    public synchronized long memoryBytes() {
        return pool.openBytes();
    }

    /** Drops everything and frees the memory; what is pinned is freed when it is closed. */
    @Override
    public synchronized void close() {
        dropAll();
        pool.close();
    }

    /** Slices of one snapshot that stay as they are until this is closed. */
    public final class PinnedSnapshot implements AutoCloseable {
        private final List<SnapshotSlice> pinned;
        private final AtomicBoolean closed = new AtomicBoolean();

        private PinnedSnapshot(List<SnapshotSlice> pinned) {
            this.pinned = pinned;
        }

        /** What is pinned, in order of rank. */
        public List<HeldSlice> held() {
            return pinned.stream().map(SnapshotSlice::what).toList();
        }

        List<SnapshotSlice> slices() {
            return pinned;
        }

        @Override
        public void close() {
            if (closed.compareAndSet(false, true)) {
                pinned.forEach(slice -> {
                    leave(slice.moving());
                    leave(slice.frozen());
                });
            }
        }
    }

    /** Memory for a block, contents undefined; whoever takes it leaves it once. */
    synchronized SliceBlock take(long payloadBytes) {
        return pool.take(payloadBytes);
    }

    synchronized void use(SliceBlock block) {
        block.use();
    }

    synchronized void leave(SliceBlock block) {
        if (block.leave()) {
            pool.giveBack(block);
        }
    }

    /** Lists a whole slice; the vault uses its blocks from now on. One of the same rank and moment gives way. */
    synchronized void publish(SnapshotSlice slice) {
        slice.moving().use();
        slice.frozen().use();
        SnapshotSlice before = slices.computeIfAbsent(slice.what().key(), key -> new TreeMap<>())
                .put(slice.what().rank(), slice);
        if (before != null) {
            leave(before);
        }
    }

    /** Drops one slice, as one that is damaged; false when it is not listed any more. */
    synchronized boolean drop(SnapshotSlice slice) {
        SnapshotKey key = slice.what().key();
        NavigableMap<Integer, SnapshotSlice> snapshot = slices.get(key);
        if (snapshot == null || !snapshot.remove(slice.what().rank(), slice)) {
            return false;
        }
        leave(slice);
        if (snapshot.isEmpty()) {
            slices.remove(key);
        }
        return true;
    }

    synchronized int arenas() {
        return pool.openArenas();
    }

    private void dropAll(Collection<SnapshotKey> keys) {
        List<SnapshotSlice> dropped = new ArrayList<>();
        for (SnapshotKey key : keys) {
            Map<Integer, SnapshotSlice> snapshot = slices.remove(key);
            if (snapshot != null) {
                dropped.addAll(snapshot.values());
            }
        }
        dropped.forEach(this::leave);
    }

    private void leave(SnapshotSlice slice) {
        leave(slice.moving());
        leave(slice.frozen());
    }
}
