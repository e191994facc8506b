package io.longreel.runtime.supervisor;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * What ranks reported about work in flight, item by item (a step, a cell): an item is decided when all ranks have
 * voted, and in order of the items. Immutable.
 *
 * @param next lowest item that is not decided
 * @param issued items below this number were asked for
 */
record Votes<R>(int next, int issued, SortedMap<Integer, RankMap<R>> byItem) {
    Votes {
        byItem = Collections.unmodifiableSortedMap(byItem);
    }

    static <R> Votes<R> from(int next) {
        return new Votes<>(next, next, new TreeMap<>());
    }

    Votes<R> issuedUpTo(int limit) {
        return new Votes<>(next, limit, byItem);
    }

    /** Whether a vote about the item is awaited from the rank. */
    boolean awaits(int item, int rank) {
        return item >= next && item < issued && !votesFor(item).has(rank);
    }

    Votes<R> with(int item, int rank, R vote) {
        SortedMap<Integer, RankMap<R>> all = new TreeMap<>(byItem);
        all.put(item, votesFor(item).with(rank, vote));
        return new Votes<>(next, issued, all);
    }

    boolean isNextComplete(int worldSize) {
        return votesFor(next).size() == worldSize;
    }

    /** All votes about the next item, in the order of ranks. */
    List<R> nextVotes() {
        return votesFor(next).values();
    }

    Votes<R> withoutNext() {
        SortedMap<Integer, RankMap<R>> rest = new TreeMap<>(byItem);
        rest.remove(next);
        return new Votes<>(next + 1, issued, rest);
    }

    boolean nothingInFlight() {
        return next == issued;
    }

    /** Ranks of the next item by what they say; one entry when all agree. */
    <T> Map<T, List<Integer>> camps(Function<R, T> said) {
        Map<T, List<Integer>> camps = new LinkedHashMap<>();
        votesFor(next)
                .forEach((rank, vote) -> camps.computeIfAbsent(said.apply(vote), key -> new ArrayList<>())
                        .add(rank));
        return camps;
    }

    private RankMap<R> votesFor(int item) {
        return byItem.getOrDefault(item, RankMap.empty());
    }
}
