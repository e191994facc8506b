package io.longreel.model;

import io.longreel.model.attention.AttentionPlan;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How large a training pass is on one rank, in the numbers of which the shapes of all its tensors are made: rows of each rank of the sequence group, own
 * frames, rows that move from and to each rank, text and labelled rows, positions, keys that attention sees at a time. No tensor is smaller for a
 * greater number, so a pass takes no more than one that covers it. Immutable.
 */
final class PassExtent {
    private final int[] numbers;

    private PassExtent(int[] numbers) {
        this.numbers = numbers;
    }

    static PassExtent of(ShardedBatch batch) {
        IntStream rows = IntStream.range(0, batch.shards().ringDegree())
                .flatMap(ring -> IntStream.range(0, batch.shards().ulyssesDegree())
                        .map(ulysses ->
                                batch.shards().ulyssesRows(ring, ulysses).size()));
        IntStream own = IntStream.of(
                batch.ownFrames().size(),
                VlmModel.textRows(batch).length,
                batch.labelledRows().length,
                batch.positionsEnd(),
                keysAtOnce(batch.attention().sharded(false)));
        IntStream moved = IntStream.concat(
                lengths(batch.redistribution().sendRows()),
                lengths(batch.redistribution().receiveRows()));
        return new PassExtent(
                IntStream.concat(IntStream.concat(rows, own), moved).toArray());
    }

    /** Whether no number of the other pass, which is of the same session, is greater. */
    boolean covers(PassExtent other) {
        return IntStream.range(0, numbers.length).allMatch(i -> numbers[i] >= other.numbers[i]);
    }

    private static int keysAtOnce(AttentionPlan plan) {
        return IntStream.range(0, plan.ringDegree())
                .flatMap(source -> plan.blocks(source).stream()
                        .mapToInt(block -> block.rows().size()))
                .max()
                .orElse(0);
    }

    private static IntStream lengths(List<int[]> rows) {
        return rows.stream().mapToInt(indices -> indices.length);
    }
}
