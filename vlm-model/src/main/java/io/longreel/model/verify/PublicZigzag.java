package io.longreel.model.verify;

import io.longreel.model.attention.AttentionPlan;
import io.longreel.model.shard.Span;
import io.longreel.ops.kernels.KeyRanges;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The zigzag ring as public code computes it, for one causal document: a rank's own block causally; of the blocks of ring ranks before it the first half;
 * of those behind it everything, for the second half of its rows (specification 3.5). That is right for a ring rank whose rows are an early chunk, then its
 * mirror. {@link #asPublished} gives the rows that the public LongVILA code gives it instead (specification 3.4), which are not; {@link #corrected} gives
 * the right ones. Here so that the proof of coverage is seen to tell one from the other.
 */
final class PublicZigzag implements Sharding {
    private final int tokens;
    private final int[][][] positions;

    private PublicZigzag(int tokens, int[][][] positions) {
        this.tokens = tokens;
        this.positions = positions;
    }

    /** Of 2 P chunks, rank (r, u) takes {@code r + 2 R u} and {@code P - 1 - r + 2 R u}; chunks that do not exist are left out. */
    static PublicZigzag asPublished(int ring, int ulysses, int chunkTokens) {
        int ranks = ring * ulysses;
        int[][][] positions = new int[ring][ulysses][];
        for (int r = 0; r < ring; r++) {
            for (int u = 0; u < ulysses; u++) {
                int front = r + 2 * ring * u;
                int back = ranks - 1 - r + 2 * ring * u;
                positions[r][u] = IntStream.of(front, back)
                        .filter(chunk -> chunk < 2 * ranks)
                        .flatMap(chunk -> IntStream.range(chunk * chunkTokens, (chunk + 1) * chunkTokens))
                        .toArray();
            }
        }
        return new PublicZigzag(2 * ranks * chunkTokens, positions);
    }

    /** Ring rank r takes chunks r and 2 R - 1 - r of 2 R, and its Ulysses ranks an even piece of these each. */
    static PublicZigzag corrected(int ring, int ulysses, int chunkTokens) {
        int coarse = ulysses * chunkTokens;
        int[][][] positions = new int[ring][ulysses][];
        for (int r = 0; r < ring; r++) {
            int[] rows = IntStream.of(r, 2 * ring - 1 - r)
                    .flatMap(chunk -> IntStream.range(chunk * coarse, (chunk + 1) * coarse))
                    .toArray();
            for (int u = 0; u < ulysses; u++) {
                positions[r][u] = Arrays.copyOfRange(rows, 2 * u * chunkTokens, 2 * (u + 1) * chunkTokens);
            }
        }
        return new PublicZigzag(2 * ring * coarse, positions);
    }

    @Override
    public int tokens() {
        return tokens;
    }

    @Override
    public int ringDegree() {
        return positions.length;
    }

    @Override
    public int ulyssesDegree() {
        return positions[0].length;
    }

    @Override
    public int[] positions(int ring, int ulysses) {
        return positions[ring][ulysses];
    }

    @Override
    public int[] ringPositions(int ring) {
        return Arrays.stream(positions[ring]).flatMapToInt(Arrays::stream).toArray();
    }

    @Override
    public List<AttentionPlan.Block> blocks(int ring, int ulysses, int source) {
        int queries = ringPositions(ring).length;
        int keys = ringPositions(source).length;
        int[] to = new int[queries];
        for (int row = 0; row < queries; row++) {
            if (source == ring) {
                to[row] = row + 1;
            } else if (source < ring) {
                to[row] = keys / 2;
            } else {
                to[row] = row >= queries / 2 ? keys : 0;
            }
        }
        return List.of(new AttentionPlan.Block(new Span(0, keys), new KeyRanges(new int[queries], to)));
    }
}
