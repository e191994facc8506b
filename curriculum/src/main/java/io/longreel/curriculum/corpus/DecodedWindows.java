package io.longreel.curriculum.corpus;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The windows of decoded rows that were used last, over all shards of a dataset. Safe for use by several threads, of which one decodes at a
 * time: a decoder works ahead by several pages, and a page may be tens of MiB, so that a few decoders at once have filled a heap of 256 MiB.
 */
final class DecodedWindows {
    private static final int WINDOWS_MAX = 8;

    private record Key(Shard shard, int window) {}

    /** A row, or why it is none: the rows beside a damaged one are fine. */
    record Row(@Nullable DataRecord record, @Nullable DamagedRecord damage) {
        static Row of(DataRecord record) {
            return new Row(record, null);
        }

        static Row damaged(DamagedRecord damage) {
            return new Row(null, damage);
        }

        DataRecord orThrow() {
            if (record == null) {
                // A new one each time: the stack of the first reader would mislead the next.
                throw new DamagedRecord(damage == null ? "" : damage.getMessage(), damage);
            }
            return record instanceof DataRecord.Tokens tokens
                    ? new DataRecord.Tokens(tokens.id(), tokens.ids().clone())
                    : record;
        }
    }

    private final ReentrantLock decoding = new ReentrantLock();
    private final SequencedMap<Key, List<Row>> windows = new LinkedHashMap<>(2 * WINDOWS_MAX, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, List<Row>> eldest) {
            return size() > WINDOWS_MAX;
        }
    };

    List<Row> get(Shard shard, int window, Supplier<List<Row>> decode) {
        Key key = new Key(shard, window);
        List<Row> known = known(key);
        if (known != null) {
            return known;
        }
        decoding.lock();
        try {
            List<Row> meanwhile = known(key);
            if (meanwhile != null) {
                return meanwhile;
            }
            List<Row> decoded = decode.get();
            synchronized (windows) {
                windows.put(key, decoded);
            }
            return decoded;
        } finally {
            decoding.unlock();
        }
    }

    private @Nullable List<Row> known(Key key) {
        synchronized (windows) {
            return windows.get(key);
        }
    }
}
