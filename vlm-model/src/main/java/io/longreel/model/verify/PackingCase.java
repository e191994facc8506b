package io.longreel.model.verify;

import io.longreel.model.shard.Span;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeSet;

/** How a sequence is cut into documents. What a short sequence has no room for is left out of it. */
enum PackingCase {
    /** Every document is one token: only the token itself is left to look at. */
    SINGLES {
        @Override
        void bounds(int tokens, int ranks, SplittableRandom random, Set<Integer> bounds) {
            for (int i = 1; i < tokens; i++) {
                bounds.add(i);
            }
        }
    },
    /** Borders where even pieces for twice the ranks end: on shard borders of the contiguous and zigzag layouts. */
    ON_BORDERS {
        @Override
        void bounds(int tokens, int ranks, SplittableRandom random, Set<Integer> bounds) {
            for (int i = 1; i < 2 * ranks; i++) {
                bounds.add(Span.part(tokens, 2 * ranks, i).from());
            }
        }
    },
    /** One token before or behind those borders. */
    OFF_BORDERS {
        @Override
        void bounds(int tokens, int ranks, SplittableRandom random, Set<Integer> bounds) {
            for (int i = 1; i < 2 * ranks; i++) {
                bounds.add(Span.part(tokens, 2 * ranks, i).from() + (i % 2 == 0 ? 1 : -1));
            }
        }
    },
    /** Many documents of one to five tokens, one that takes two thirds, many small ones again. */
    GIANT_AND_TINY {
        @Override
        void bounds(int tokens, int ranks, SplittableRandom random, Set<Integer> bounds) {
            int from = tokens / 6;
            int to = tokens - tokens / 6;
            for (int at = 0; at < tokens; at += 1 + random.nextInt(5)) {
                if (at <= from || at >= to) {
                    bounds.add(at);
                }
            }
        }
    },
    /** Five documents of random lengths, as in TransformerEngine's tests. */
    RANDOM {
        @Override
        void bounds(int tokens, int ranks, SplittableRandom random, Set<Integer> bounds) {
            for (int i = 0; i < 4; i++) {
                bounds.add(random.nextInt(tokens));
            }
        }
    },
    /** Proportions of ring-flash-attention's 0, 120, 1248, 4232. */
    UNEVEN_THREE {
        @Override
        void bounds(int tokens, int ranks, SplittableRandom random, Set<Integer> bounds) {
            bounds.add((int) (120L * tokens / 4232));
            bounds.add((int) (1248L * tokens / 4232));
        }
    },
    /** One document. */
    WHOLE {
        @Override
        void bounds(int tokens, int ranks, SplittableRandom random, Set<Integer> bounds) {}
    };

    /** Adds bounds; those that do not lie inside the sequence are dropped. */
    abstract void bounds(int tokens, int ranks, SplittableRandom random, Set<Integer> bounds);

    /** Lengths of the documents, none empty, of a sequence for so many ranks. */
    int[] documents(int tokens, int ranks, SplittableRandom random) {
        SortedSet<Integer> bounds = new TreeSet<>();
        bounds(tokens, ranks, random, bounds);
        bounds.removeIf(bound -> bound <= 0 || bound >= tokens);
        bounds.add(tokens);
        List<Integer> lengths = new ArrayList<>();
        int from = 0;
        for (int bound : bounds) {
            lengths.add(bound - from);
            from = bound;
        }
        return lengths.stream().mapToInt(l -> l).toArray();
    }
}
