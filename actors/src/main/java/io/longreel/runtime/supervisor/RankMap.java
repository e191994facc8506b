package io.longreel.runtime.supervisor;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A value for each of some ranks, in their order. Immutable; one with a value more shares all blocks with it but one, so that a vote of each of P ranks copies
 * {@code P (B + P / B)} references in all and not {@code P^2}.
 */
final class RankMap<R> {
    /** Ranks of a block; the best for 4,096 ranks. */
    private static final int BLOCK = 64;

    private final List<@Nullable List<@Nullable R>> blocks;
    private final int size;

    private RankMap(List<@Nullable List<@Nullable R>> blocks, int size) {
        this.blocks = blocks;
        this.size = size;
    }

    static <R> RankMap<R> empty() {
        return new RankMap<>(List.of(), 0);
    }

    int size() {
        return size;
    }

    boolean has(int rank) {
        return get(rank) != null;
    }

    private @Nullable R get(int rank) {
        List<@Nullable R> block = rank / BLOCK < blocks.size() ? blocks.get(rank / BLOCK) : null;
        return block == null ? null : block.get(rank % BLOCK);
    }

    /** This with another value of a rank. */
    RankMap<R> with(int rank, R value) {
        int at = rank / BLOCK;
        List<@Nullable List<@Nullable R>> all = new ArrayList<>(blocks);
        while (all.size() <= at) {
            all.add(null);
        }
        List<@Nullable R> old = all.get(at);
        List<@Nullable R> block = old == null ? empties() : new ArrayList<>(old);
        block.set(rank % BLOCK, value);
        all.set(at, block);
        return new RankMap<>(all, has(rank) ? size : size + 1);
    }

    private static <R> List<@Nullable R> empties() {
        List<@Nullable R> block = new ArrayList<>(BLOCK);
        for (int i = 0; i < BLOCK; i++) {
            block.add(null);
        }
        return block;
    }

    /** In the order of ranks. */
    void forEach(BiConsumer<Integer, R> action) {
        for (int at = 0; at < blocks.size(); at++) {
            List<@Nullable R> block = blocks.get(at);
            for (int i = 0; block != null && i < BLOCK; i++) {
                R value = block.get(i);
                if (value != null) {
                    action.accept(at * BLOCK + i, value);
                }
            }
        }
    }

    /** In the order of ranks. */
    List<R> values() {
        List<R> values = new ArrayList<>(size);
        forEach((rank, value) -> values.add(value));
        return values;
    }

    private Map<Integer, R> entries() {
        Map<Integer, R> entries = new TreeMap<>();
        forEach(entries::put);
        return entries;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof RankMap<?> map && entries().equals(map.entries());
    }

    @Override
    public int hashCode() {
        return entries().hashCode();
    }

    @Override
    public String toString() {
        return entries().entrySet().toString();
    }
}
