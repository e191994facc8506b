package io.longreel.model.cache;

import io.longreel.config.topology.Mesh;
import io.longreel.model.state.Arenas;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * All that one rank keeps of sequences: its own keys and values and, where the ring has others, a mirror of those of the rank before it in the ring. Outlives the rank's session:
 * the session that takes its place in the next mesh incarnation goes on with it. Used by one thread at a time.
 */
public final class RankCache implements AutoCloseable {
    private final Mesh mesh;
    private final KeyValueCache own;
    private final Optional<KeyValueCache> mirror;
    private final Map<Long, Entry> entries = new LinkedHashMap<>();

    /** One sequence. What is behind {@link #length} may be half-written. */
    public static final class Entry {
        private final CachedSequence own;
        private final @Nullable CachedSequence mirror;
        private long turn;
        private int length;

        private Entry(CachedSequence own, @Nullable CachedSequence mirror, long turn) {
            this.own = own;
            this.mirror = mirror;
            this.turn = turn;
        }

        public CachedSequence own() {
            return own;
        }

        public @Nullable CachedSequence mirror() {
            return mirror;
        }

        /** The use of the sequence that its tokens are of. */
        public long turn() {
            return turn;
        }

        /** Tokens that are whole, over all ranks. */
        public int length() {
            return length;
        }

        /** So many tokens are whole now. */
        public void reached(int tokens) {
            length = tokens;
        }

        private void truncate(int tokens) {
            own.truncate(tokens);
            if (mirror != null) {
                mirror.truncate(tokens);
            }
            length = tokens;
        }

        private void reserve(int rowsMax) {
            own.reserve(rowsMax);
            if (mirror != null) {
                mirror.reserve(rowsMax);
            }
        }
    }

    private RankCache(Mesh mesh, KeyValueCache own, Optional<KeyValueCache> mirror) {
        this.mesh = mesh;
        this.own = own;
        this.mirror = mirror;
    }

    /**
     * @param shape of the own part; a mirror takes as much again
     * @param mirrors whether the rank before it in the ring is mirrored, if there is one
     */
    public static RankCache open(Mesh mesh, KeyValueCache.Shape shape, boolean mirrors) {
        KeyValueCache own = KeyValueCache.open(shape, Arenas.REAL);
        Optional<KeyValueCache> mirror = mirrors && mesh.ringDegree() > 1
                ? Optional.of(KeyValueCache.open(shape, Arenas.REAL))
                : Optional.empty();
        return new RankCache(mesh, own, mirror);
    }

    public Mesh mesh() {
        return mesh;
    }

    public KeyValueCache own() {
        return own;
    }

    public Optional<KeyValueCache> mirror() {
        return mirror;
    }

    /** Begins a sequence of at most so many rows on a rank. */
    public void begin(long id, long turn, int rowsMax) {
        CachedSequence mirrored = mirror.map(cache -> cache.begin(rowsMax)).orElse(null);
        if (entries.putIfAbsent(id, new Entry(own.begin(rowsMax), mirrored, turn)) != null) {
            throw new IllegalStateException("a sequence begins once: id=%d".formatted(id));
        }
    }

    /** Another use of a sequence: its first tokens stay, and there is room for more. */
    public void resume(long id, long turn, int length, int rowsMax) {
        Entry entry = entry(id);
        entry.turn = turn;
        entry.truncate(length);
        entry.reserve(rowsMax);
    }

    /** Forgets what may be half-written, and makes room. */
    public void settle(long id, int length, int rowsMax) {
        Entry entry = entry(id);
        entry.truncate(length);
        entry.reserve(rowsMax);
    }

    public Entry entry(long id) {
        Entry entry = entries.get(id);
        if (entry == null) {
            throw new IllegalStateException("no such sequence: id=%d".formatted(id));
        }
        return entry;
    }

    public boolean has(long id) {
        return entries.containsKey(id);
    }

    /** Sequences that are there, in the order in which they began. */
    public List<Long> ids() {
        return List.copyOf(entries.keySet());
    }

    /** Gives the pages of a sequence back. */
    public void end(long id) {
        Entry entry = entry(id);
        entry.own.end();
        if (entry.mirror != null) {
            entry.mirror.end();
        }
        entries.remove(id);
    }

    /** Keeps some sequences, and forgets all others. */
    public void keepOnly(Collection<Long> kept) {
        ids().stream().filter(id -> !kept.contains(id)).forEach(this::end);
    }

    @Override
    public void close() {
        own.close();
        mirror.ifPresent(KeyValueCache::close);
    }
}
