package io.longreel.model.shard;

import io.longreel.config.topology.Mesh;
import java.util.ArrayList;
import java.util.List;

/**
 * Stage-2 sharding: which tokens of a packed sequence each rank of a sequence group owns, in the zigzag layout that balances causal
 * attention (LongVILA, section 3.3; the correct 2D layout of specification 3.4). The N tokens are cut into {@code 2 R} coarse chunks, even to +-1;
 * ring rank r owns chunk r and chunk {@code 2R-1-r}, one after the other; that concatenation is cut into U pieces, even to +-1, piece u for Ulysses
 * rank u. Nothing needs to divide anything; a rank may own nothing. Ranks are named by their index in the sequence group.
 */
public final class TokenShards {
    private final int tokens;
    private final int ringDegree;
    private final int ulyssesDegree;

    private TokenShards(int tokens, int ringDegree, int ulyssesDegree) {
        this.tokens = tokens;
        this.ringDegree = ringDegree;
        this.ulyssesDegree = ulyssesDegree;
    }

    public static TokenShards zigzag(int tokens, Mesh mesh) {
        return new TokenShards(tokens, mesh.ringDegree(), mesh.ulyssesDegree());
    }

    public int tokens() {
        return tokens;
    }

    public int ringDegree() {
        return ringDegree;
    }

    public int ulyssesDegree() {
        return ulyssesDegree;
    }

    public int ranks() {
        return ringDegree * ulyssesDegree;
    }

    /** Tokens of ring rank r: two spans in the order in which its rows lie, early chunk first. */
    public List<Span> ringSpans(int ring) {
        return List.of(
                Span.part(tokens, 2 * ringDegree, ring), Span.part(tokens, 2 * ringDegree, 2 * ringDegree - 1 - ring));
    }

    /** Number of tokens of ring rank r. */
    public int ringRows(int ring) {
        return ringSpans(ring).stream().mapToInt(Span::size).sum();
    }

    /** Rows of Ulysses rank u within the rows of its ring rank. */
    public Span ulyssesRows(int ring, int ulysses) {
        return Span.part(ringRows(ring), ulyssesDegree, ulysses);
    }

    /** Tokens of a rank, as spans of the sequence in the order in which its rows lie; at most two. */
    public List<Span> spans(int ring, int ulysses) {
        Span rows = ulyssesRows(ring, ulysses);
        List<Span> owned = new ArrayList<>(2);
        int row = 0;
        for (Span span : ringSpans(ring)) {
            Span part = new Span(row, row + span.size()).intersect(rows);
            if (part.size() > 0) {
                owned.add(new Span(span.from() + part.from() - row, span.from() + part.to() - row));
            }
            row += span.size();
        }
        return List.copyOf(owned);
    }

    /** Token of each row of a rank. */
    public int[] positions(int ring, int ulysses) {
        return expand(spans(ring, ulysses));
    }

    /** Token of each row of a ring rank, that is of its whole Ulysses group. */
    public int[] ringPositions(int ring) {
        return expand(ringSpans(ring));
    }

    /** The tokens of some spans, one after the other. */
    public static int[] expand(List<Span> spans) {
        int[] positions = new int[spans.stream().mapToInt(Span::size).sum()];
        int row = 0;
        for (Span span : spans) {
            for (int token = span.from(); token < span.to(); token++) {
                positions[row++] = token;
            }
        }
        return positions;
    }
}
