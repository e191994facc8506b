package io.longreel.model;

/**
 * Off-heap memory of one rank, in bytes, as its arenas have it.
 *
 * @param weights as the rank keeps them, adapters included
 * @param windows in which sharded or narrow weights and sharded gradients appear
 * @param gradients whole, or the own share
 * @param optimizer m, v and masters of the own share
 * @param snapshots slices that its process holds on its behalf: its own and those of its peers
 * @param activations arena of what a pass keeps
 * @param scratch arena of temporaries
 * @param caches the rotary table, rows of frames that needle tests share, and frames that a frozen tower encoded
 */
public record RankMemory(
        long weights,
        long windows,
        long gradients,
        long optimizer,
        long snapshots,
        long activations,
        long scratch,
        long caches) {

    public long total() {
        return weights + windows + gradients + optimizer + snapshots + activations + scratch + caches;
    }

    /** The same beside snapshots of so many bytes. */
    public RankMemory withSnapshots(long bytes) {
        return new RankMemory(weights, windows, gradients, optimizer, bytes, activations, scratch, caches);
    }
}
