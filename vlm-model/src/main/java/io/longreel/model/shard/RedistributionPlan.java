package io.longreel.model.shard;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * From stage-1 to stage-2 sharding: which projected rows a rank sends to which rank, and where the rows that it gets belong. Only rows that change
 * owner travel; the rank's own are in its own slot. Rows of a pair go in the order in which they lie on the receiving rank. The backward pass uses
 * the same plan the other way (specification 3.7, gradient leak).
 *
 * <p>Ranks are named by their index in the sequence group.
 *
 * @param sendRows per target rank: rows of own vision shard, counted from its first row
 * @param receiveRows per source rank: rows of own token shard
 */
public record RedistributionPlan(List<int[]> sendRows, List<int[]> receiveRows) {

    public static RedistributionPlan of(SequenceLayout layout, TokenShards shards, int self) {
        int ranks = shards.ranks();
        int[] owner = new int[layout.mediaToken().length];
        for (int rank = 0; rank < ranks; rank++) {
            Span rows = mediaRows(layout, shards, rank);
            Arrays.fill(owner, rows.from(), rows.to(), rank);
        }
        List<int[]> sendRows = new ArrayList<>();
        List<int[]> receiveRows = List.of();
        Span mine = mediaRows(layout, shards, self);
        for (int rank = 0; rank < ranks; rank++) {
            List<int[]> byOwner = rowsByOwner(layout, shards, rank, owner, mine);
            sendRows.add(byOwner.get(ranks));
            if (rank == self) {
                receiveRows = byOwner.subList(0, ranks);
            }
        }
        return new RedistributionPlan(List.copyOf(sendRows), List.copyOf(receiveRows));
    }

    /** Projected rows of all frames of a rank's vision shard. */
    public static Span mediaRows(SequenceLayout layout, TokenShards shards, int rank) {
        Span frames = shards.frames(layout.frames(), rank);
        return new Span(frames.from() * layout.tokensPerFrame(), frames.to() * layout.tokensPerFrame());
    }

    /** For one consuming rank: its rows per producing rank, and last, the rows that {@code mine} sends it. */
    private static List<int[]> rowsByOwner(
            SequenceLayout layout, TokenShards shards, int consumer, int[] owner, Span mine) {
        int ranks = shards.ranks();
        List<IntList> rows = new ArrayList<>();
        for (int i = 0; i <= ranks; i++) {
            rows.add(new IntList());
        }
        int[] tokens = shards.positionsOf(consumer);
        for (int row = 0; row < tokens.length; row++) {
            int media = layout.mediaRow()[tokens[row]];
            if (media >= 0) {
                rows.get(owner[media]).add(row);
                if (mine.contains(media)) {
                    rows.get(ranks).add(media - mine.from());
                }
            }
        }
        return rows.stream().map(IntList::toArray).toList();
    }

    /** A growing list of ints. */
    private static final class IntList {
        private int[] values = new int[16];
        private int count;

        void add(int value) {
            if (count == values.length) {
                values = Arrays.copyOf(values, 2 * count);
            }
            values[count++] = value;
        }

        int[] toArray() {
            return Arrays.copyOf(values, count);
        }
    }
}
