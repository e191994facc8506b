package io.longreel.model.shard;

import io.longreel.config.ShardingSettings.Layout;
import io.longreel.config.topology.Mesh;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Stage-2 sharding: which tokens of a packed sequence each rank of a sequence group owns. A layout gives every ring rank some tokens, in ascending
 * order; these are cut into U pieces, piece u for Ulysses rank u, so that the rows of a Ulysses group, member after member, are those of its ring rank
 * (the correct 2D layout of specification 3.4). Nothing needs to divide anything; a rank may own nothing.
 *
 * <ul>
 *   <li>contiguous: ring rank r owns the r-th of R even pieces. The last one does nearly twice the mean work of a causal mask.
 *   <li>zigzag: of 2 R even pieces, r and 2R-1-r, which balances causal attention (LongVILA, section 3.3).
 *   <li>striped: tokens r, r + R, r + 2R, ... (Brandon et al., Striped Attention): balances windows and packed documents, too.
 *   <li>one-stage ({@link #byFrames}): each rank keeps the tokens around the frames that it encoded; only frames are balanced.
 * </ul>
 *
 * <p>Ranks are named by their ring and Ulysses rank. Immutable.
 */
public final class TokenShards {
    private final int tokens;
    private final Mesh mesh;
    private final List<List<TokenRun>> runs;
    private final int[][] cuts;

    private TokenShards(int tokens, Mesh mesh, List<List<TokenRun>> runs, int[][] cuts) {
        this.tokens = tokens;
        this.mesh = mesh;
        this.runs = runs;
        this.cuts = cuts;
    }

    /** Two-stage sharding: tokens are dealt out anew, even to one or two per rank, whoever encoded the frames among them. */
    public static TokenShards of(Layout layout, int tokens, Mesh mesh) {
        int ringDegree = mesh.ringDegree();
        List<List<TokenRun>> runs = IntStream.range(0, ringDegree)
                .mapToObj(ring -> runs(layout, tokens, ringDegree, ring))
                .toList();
        int[][] cuts = runs.stream()
                .map(own -> evenCuts(rows(own), mesh.ulyssesDegree()))
                .toArray(int[][]::new);
        return new TokenShards(tokens, mesh, runs, cuts);
    }

    /**
     * One-stage sharding, the baseline of LongVILA's section 5.1.3: piece p = ring * U + ulysses begins with the first frame of vision shard p and ends
     * where the next one begins; text before the first frame is the first piece's (specification 3.3, rule 8). Frames are even to one, tokens are
     * not. A sequence without frames is cut contiguously.
     */
    public static TokenShards byFrames(SequenceLayout layout, Mesh mesh) {
        if (layout.frames() == 0) {
            return of(Layout.CONTIGUOUS, layout.tokens(), mesh);
        }
        int pieces = mesh.spDegree();
        int[] bounds = new int[pieces + 1];
        bounds[pieces] = layout.tokens();
        for (int piece = pieces - 1; piece > 0; piece--) {
            Span frames = Span.part(layout.frames(), pieces, piece);
            bounds[piece] = frames.size() == 0
                    ? bounds[piece + 1]
                    : layout.mediaToken()[frames.from() * layout.tokensPerFrame()];
        }
        int degree = mesh.ulyssesDegree();
        List<List<TokenRun>> runs = IntStream.range(0, mesh.ringDegree())
                .mapToObj(r -> List.of(TokenRun.of(new Span(bounds[r * degree], bounds[(r + 1) * degree]))))
                .toList();
        int[][] cuts = new int[mesh.ringDegree()][degree + 1];
        for (int ring = 0; ring < mesh.ringDegree(); ring++) {
            for (int member = 0; member <= degree; member++) {
                cuts[ring][member] = bounds[ring * degree + member] - bounds[ring * degree];
            }
        }
        return new TokenShards(layout.tokens(), mesh, runs, cuts);
    }

    public int tokens() {
        return tokens;
    }

    public int ringDegree() {
        return mesh.ringDegree();
    }

    public int ulyssesDegree() {
        return mesh.ulyssesDegree();
    }

    /** Ranks of a sequence group. */
    public int ranks() {
        return mesh.spDegree();
    }

    /** Number of tokens of ring rank r. */
    public int ringRows(int ring) {
        return rows(runs.get(ring));
    }

    /** How many rows of ring rank r hold tokens before {@code token}: its tokens in {@code [a, b)} are rows {@code [rowsBefore(a), rowsBefore(b))}. */
    public int rowsBefore(int ring, int token) {
        int before = 0;
        for (TokenRun run : runs.get(ring)) {
            before += run.before(token);
        }
        return before;
    }

    /** Rows of Ulysses rank u within the rows of its ring rank. */
    public Span ulyssesRows(int ring, int ulysses) {
        return new Span(cuts[ring][ulysses], cuts[ring][ulysses + 1]);
    }

    /** Token of each row of a rank, ascending. */
    public int[] positions(int ring, int ulysses) {
        return tokensOf(ring, ulyssesRows(ring, ulysses));
    }

    /** Token of each row of the rank with this index in its sequence group. */
    public int[] positionsOf(int index) {
        return positions(mesh.ringOf(index), mesh.ulyssesOf(index));
    }

    /** Token of each row of a ring rank, that is of its whole Ulysses group, ascending. */
    public int[] ringPositions(int ring) {
        return tokensOf(ring, new Span(0, ringRows(ring)));
    }

    private int[] tokensOf(int ring, Span rows) {
        int[] found = new int[rows.size()];
        int next = 0;
        int row = 0;
        for (TokenRun run : runs.get(ring)) {
            Span part = new Span(row, row + run.count()).intersect(rows);
            for (int i = part.from(); i < part.to(); i++) {
                found[next++] = run.token(i - row);
            }
            row += run.count();
        }
        return found;
    }

    /**
     * Frames that the rank with this index in its sequence group encodes (stage 1). Piece {@code ring * U + ulysses}, so that one-stage sharding can
     * keep the frames' tokens where they are.
     */
    public Span frames(int frames, int index) {
        int piece = mesh.ringOf(index) * mesh.ulyssesDegree() + mesh.ulyssesOf(index);
        return Span.part(frames, ranks(), piece);
    }

    private static List<TokenRun> runs(Layout layout, int tokens, int ringDegree, int ring) {
        return switch (layout) {
            case CONTIGUOUS -> List.of(TokenRun.of(Span.part(tokens, ringDegree, ring)));
            case ZIGZAG ->
                List.of(
                        TokenRun.of(Span.part(tokens, 2 * ringDegree, ring)),
                        TokenRun.of(Span.part(tokens, 2 * ringDegree, 2 * ringDegree - 1 - ring)));
            case STRIPED ->
                List.of(new TokenRun(ring, Math.max(0, Math.ceilDiv(tokens - ring, ringDegree)), ringDegree));
        };
    }

    private static int rows(List<TokenRun> runs) {
        return runs.stream().mapToInt(TokenRun::count).sum();
    }

    private static int[] evenCuts(int rows, int parts) {
        return IntStream.rangeClosed(0, parts)
                .map(part -> part == parts ? rows : Span.part(rows, parts, part).from())
                .toArray();
    }
}
