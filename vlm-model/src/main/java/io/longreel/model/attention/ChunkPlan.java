package io.longreel.model.attention;

import io.longreel.model.cache.CachedSequence;
import io.longreel.model.shard.HeadShards;
import io.longreel.model.shard.Span;
import io.longreel.model.shard.TokenShards;
import io.longreel.ops.kernels.KeyRanges;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Everything about the attention of a chunk of new tokens to a cached sequence that does not change from layer to layer, on one rank: which rows go where,
 * and which of the rank's own keys each query of the chunk sees. Causal: a token sees those before it and itself. Immutable.
 */
public final class ChunkPlan implements GroupRows {
    private final TokenShards shards;
    private final HeadShards heads;
    private final int ring;
    private final int ulysses;
    private final int firstLayer;
    private final int[] newPositions;
    private final int[][] memberQueries;
    private final int[][] ringQueries;
    private final List<CachedSequence.Piece> store;
    private final List<List<Seen>> seen;

    /** Own keys in one piece of the cache, and which of them each query of a ring rank sees. */
    record Seen(Span at, KeyRanges ranges) {}

    /** Which tokens of the chunk ask. */
    public enum Queries {
        /** All of them. */
        ALL,
        /** The last one. */
        LAST,
        /** None: the chunk's keys and values are all that is wanted. */
        NONE
    }

    /**
     * @param sequence what the rank has of the tokens before the chunk
     * @param shards of the chunk, whose first token is token {@code offset} of the sequence
     * @param firstLayer the layer that attends first; it and those behind it attend in turn
     */
    public ChunkPlan(
            CachedSequence sequence,
            TokenShards shards,
            HeadShards heads,
            int ring,
            int ulysses,
            int offset,
            Queries queries,
            int firstLayer) {
        this.shards = shards;
        this.heads = heads;
        this.ring = ring;
        this.ulysses = ulysses;
        this.firstLayer = firstLayer;
        this.newPositions = later(shards.ringPositions(ring), offset);
        this.memberQueries = new int[shards.ulyssesDegree()][];
        for (int member = 0; member < memberQueries.length; member++) {
            memberQueries[member] = asking(shards, shards.positions(ring, member), queries);
        }
        this.ringQueries = new int[shards.ringDegree()][];
        for (int rank = 0; rank < ringQueries.length; rank++) {
            ringQueries[rank] = later(asking(shards, shards.ringPositions(rank), queries), offset);
        }
        int rows = sequence.rows();
        this.store = sequence.pieces(rows, rows + newPositions.length);
        this.seen = seen(sequence, rows);
    }

    private static int[] asking(TokenShards shards, int[] tokens, Queries queries) {
        return switch (queries) {
            case ALL -> tokens;
            case LAST ->
                Arrays.stream(tokens)
                        .filter(token -> token == shards.tokens() - 1)
                        .toArray();
            case NONE -> new int[0];
        };
    }

    private static int[] later(int[] tokens, int offset) {
        return Arrays.stream(tokens).map(token -> token + offset).toArray();
    }

    private List<List<Seen>> seen(CachedSequence sequence, int rows) {
        List<CachedSequence.Piece> pieces = sequence.pieces(0, rows + newPositions.length);
        List<List<Seen>> all = new ArrayList<>();
        for (int[] queries : ringQueries) {
            int[] visible = Arrays.stream(queries)
                    .map(query -> sequence.rowsBefore(query + 1) + before(query + 1))
                    .toArray();
            List<Seen> found = new ArrayList<>();
            for (CachedSequence.Piece piece : pieces) {
                int[] to = Arrays.stream(visible)
                        .map(row -> Math.clamp(
                                row - (long) piece.row(), 0, piece.at().size()))
                        .toArray();
                int last = Arrays.stream(to).max().orElse(0);
                if (last > 0) {
                    Span at = new Span(piece.at().from(), piece.at().from() + last);
                    found.add(new Seen(at, new KeyRanges(new int[to.length], to)));
                }
            }
            all.add(found);
        }
        return all;
    }

    /** New rows of this rank with tokens before {@code position}. */
    private int before(int position) {
        int found = Arrays.binarySearch(newPositions, position);
        return found >= 0 ? found : -found - 1;
    }

    @Override
    public HeadShards heads() {
        return heads;
    }

    @Override
    public int ulysses() {
        return ulysses;
    }

    int ring() {
        return ring;
    }

    int ringDegree() {
        return shards.ringDegree();
    }

    int firstLayer() {
        return firstLayer;
    }

    @Override
    public int queryRows(int member) {
        return memberQueries[member].length;
    }

    @Override
    public int keyRows(int member) {
        return shards.ulyssesRows(ring, member).size();
    }

    /** Query rows of a ring rank, that is of its whole Ulysses group. */
    int ringQueryRows(int ringRank) {
        return ringQueries[ringRank].length;
    }

    /** Tokens of the rows that the chunk adds to this rank's part of the sequence. */
    public int[] newPositions() {
        return newPositions.clone();
    }

    /** Where the chunk's keys and values are. */
    public List<CachedSequence.Piece> stored() {
        return store;
    }

    /** What the queries of a ring rank see of this rank's keys. */
    List<Seen> seen(int ringRank) {
        return seen.get(ringRank);
    }

    /** Whether anybody asks. */
    public boolean asks() {
        return Arrays.stream(ringQueries).anyMatch(queries -> queries.length > 0);
    }
}
