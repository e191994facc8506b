package io.longreel.model.attention;

import io.longreel.config.AttentionSettings;
import io.longreel.model.shard.SequenceLayout;
import io.longreel.ops.kernels.KeyRanges;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Which tokens a token attends to, as a rule about the whole sequence that knows nothing of shards: always within its own document (packing), and
 * there the intersection of a base, a window and a block pattern. Every such set is a few ascending intervals of tokens, and an interval of tokens is
 * an interval of rows in every layout ({@link io.longreel.model.shard.TokenShards#rowsBefore}), which is all that {@link AttentionPlan} needs. Immutable.
 *
 * @param windowLeft tokens before itself that a token sees; {@link #UNBOUNDED} for all
 * @param windowRight tokens behind itself that a token sees, as far as the base allows any
 * @param sinks first tokens of its document that every token sees, whatever the window (Xiao et al., attention sinks)
 */
public record AttentionMask(
        Base base, int windowLeft, int windowRight, int sinks, Optional<BlockPattern> blockPattern) {
    /** A window that hides nothing. */
    public static final int UNBOUNDED = -1;

    /** What a token sees of its document before window and pattern. */
    public enum Base {
        /** Itself and what comes before it. */
        CAUSAL,
        /** Everything. */
        FULL,
        /** Text is causal; a token of an image or video sees all of that medium, too. */
        PREFIX_LM
    }

    /**
     * Block-sparse attention: the tokens of a document are cut into blocks from its start; query block i sees key block j when the pattern says so.
     */
    public interface BlockPattern {
        /** Tokens of a block, at least 1. */
        int blockTokens();

        boolean visible(int queryBlock, int keyBlock);

        /** The last {@code local} blocks up to its own, and every {@code stride}-th block (Child et al., Sparse Transformers). */
        static BlockPattern strided(int blockTokens, int local, int stride) {
            return new StridedBlocks(blockTokens, local, stride);
        }
    }

    /** See {@link BlockPattern#strided}; blocks behind the own one are seen when the base allows them and they lie within {@code local} of it. */
    record StridedBlocks(int blockTokens, int local, int stride) implements BlockPattern {
        StridedBlocks {
            if (blockTokens < 1 || local < 1 || stride < 1) {
                throw new IllegalArgumentException(
                        "block pattern must have sizes of at least 1: blockTokens=%d local=%d stride=%d"
                                .formatted(blockTokens, local, stride));
            }
        }

        @Override
        public boolean visible(int queryBlock, int keyBlock) {
            return Math.abs(queryBlock - keyBlock) < local || keyBlock % stride == stride - 1;
        }
    }

    public AttentionMask {
        if (windowLeft < UNBOUNDED || windowRight < UNBOUNDED || sinks < 0) {
            throw new IllegalArgumentException(
                    "windows must be counts or unbounded, sinks a count: windowLeft=%d windowRight=%d sinks=%d"
                            .formatted(windowLeft, windowRight, sinks));
        }
    }

    /** The mask that a configuration describes. */
    public static AttentionMask of(AttentionSettings settings) {
        Base base = switch (settings.mask()) {
            case CAUSAL -> Base.CAUSAL;
            case FULL -> Base.FULL;
            case PREFIX_LM -> Base.PREFIX_LM;
        };
        return new AttentionMask(
                base,
                settings.window().orElse(UNBOUNDED),
                UNBOUNDED,
                settings.sinks(),
                settings.blockSparse().map(b -> BlockPattern.strided(b.block(), b.local(), b.stride())));
    }

    public static AttentionMask of(Base base) {
        return new AttentionMask(base, UNBOUNDED, UNBOUNDED, 0, Optional.empty());
    }

    public static AttentionMask causal() {
        return of(Base.CAUSAL);
    }

    public AttentionMask withWindow(int left, int right) {
        return new AttentionMask(base, left, right, sinks, blockPattern);
    }

    public AttentionMask withSinks(int count) {
        return new AttentionMask(base, windowLeft, windowRight, count, blockPattern);
    }

    public AttentionMask withBlocks(BlockPattern pattern) {
        return new AttentionMask(base, windowLeft, windowRight, sinks, Optional.of(pattern));
    }

    /** What {@code query} sees: {@code [from0, to0, from1, to1, ...]}, token positions, ascending, apart, none empty. */
    public int[] intervals(SequenceLayout layout, int query) {
        int start = layout.documentStart()[query];
        int end = switch (base) {
            case CAUSAL -> query + 1;
            case PREFIX_LM -> layout.mediumEnd()[query];
            case FULL -> layout.documentEnd()[query];
        };
        int from = windowLeft == UNBOUNDED ? start : Math.max(start, query - windowLeft);
        int to = windowRight == UNBOUNDED ? end : (int) Math.min(end, (long) query + 1 + windowRight);
        int sinksEnd = (int) Math.min((long) start + sinks, end);
        int[] seen;
        if (sinksEnd <= start) {
            seen = new int[] {from, to};
        } else if (sinksEnd < from) {
            seen = new int[] {start, sinksEnd, from, to};
        } else {
            seen = new int[] {start, Math.max(to, sinksEnd)};
        }
        return blockPattern.isEmpty() ? seen : visibleBlocks(blockPattern.get(), start, query, seen);
    }

    /**
     * What each of {@code queries} sees, as masks with one interval per query that together hold every pair once: the j-th has the j-th interval of
     * each query, empty where a query has fewer.
     */
    List<KeyRanges> passes(SequenceLayout layout, int[] queries) {
        int[][] seen = Arrays.stream(queries)
                .mapToObj(query -> intervals(layout, query))
                .toArray(int[][]::new);
        int most = Arrays.stream(seen).mapToInt(s -> s.length / 2).max().orElse(0);
        List<KeyRanges> passes = new ArrayList<>(most);
        for (int pass = 0; pass < most; pass++) {
            int[] from = new int[queries.length];
            int[] to = new int[queries.length];
            for (int i = 0; i < queries.length; i++) {
                if (2 * pass < seen[i].length) {
                    from[i] = seen[i][2 * pass];
                    to[i] = seen[i][2 * pass + 1];
                }
            }
            passes.add(new KeyRanges(from, to));
        }
        return passes;
    }

    /** The parts of some intervals that lie in visible blocks. */
    private static int[] visibleBlocks(BlockPattern pattern, int start, int query, int[] intervals) {
        int block = pattern.blockTokens();
        int[] found = new int[intervals.length];
        int count = 0;
        for (int i = 0; i < intervals.length; i += 2) {
            for (int at = intervals[i]; at < intervals[i + 1]; ) {
                int keyBlock = (at - start) / block;
                int end = (int) Math.min(intervals[i + 1], start + (keyBlock + 1L) * block);
                if (pattern.visible((query - start) / block, keyBlock)) {
                    if (count > 0 && found[count - 1] == at) {
                        count--;
                    } else {
                        found = count + 2 > found.length ? Arrays.copyOf(found, 2 * count + 2) : found;
                        found[count++] = at;
                    }
                    found[count++] = end;
                }
                at = end;
            }
        }
        return Arrays.copyOf(found, count);
    }
}
