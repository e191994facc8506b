package io.longreel.curriculum.corpus;

import io.longreel.config.RuntimeFailure;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** The records of several files, one file after the other. Owns what its shards share, and closes it. */
final class ShardedDataset implements Dataset {
    private final String name;
    private final List<Shard> shards;
    /** The index that each shard begins with, and behind the last one the number of records. */
    private final int[] starts;

    private final Runnable close;

    ShardedDataset(String name, List<Shard> shards, Runnable close) {
        this.name = name;
        this.shards = List.copyOf(shards);
        this.close = close;
        this.starts = new int[shards.size() + 1];
        for (int i = 0; i < shards.size(); i++) {
            starts[i + 1] = Math.addExact(starts[i], shards.get(i).size());
        }
        if (size() == 0) {
            throw RuntimeFailure.data("dataset %s must have a record, and its files have none".formatted(name));
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int size() {
        return starts[shards.size()];
    }

    @Override
    public DataRecord read(int index) {
        Objects.checkIndex(index, size());
        int found = Arrays.binarySearch(starts, index);
        int shard = found < 0 ? -found - 2 : found;
        // Files may have no records: the last one that begins here has this one.
        while (starts[shard + 1] == index) {
            shard++;
        }
        return shards.get(shard).read(index - starts[shard]);
    }

    @Override
    public void close() {
        close.run();
    }
}
