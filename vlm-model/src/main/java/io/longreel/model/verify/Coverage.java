package io.longreel.model.verify;

import io.longreel.model.attention.AttentionPlan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Counts what is wrong with a sharding: every token must belong to one rank, the members of a Ulysses group must hold the rows of their ring rank one
 * after the other, and every pair that a mask allows must be computed once, and no other. Keys are numbered as their rows lie, ring rank after ring
 * rank, so that what a query computes is a few ranges of bits. One thread.
 */
final class Coverage {

    /**
     * What is wrong; all zero when nothing is.
     *
     * @param ownershipFaults tokens that no rank owns or more than one, and rows that lie in another order than their group gathers them
     * @param missingPairs allowed but computed nowhere
     * @param leakedPairs computed but not allowed
     * @param repeatedPairs computed more than once
     * @param wrongRows queries for which any of these holds
     */
    record Faults(int ownershipFaults, long missingPairs, long leakedPairs, long repeatedPairs, int wrongRows) {
        boolean none() {
            return ownershipFaults == 0 && missingPairs == 0 && leakedPairs == 0 && repeatedPairs == 0;
        }
    }

    private final Sharding sharding;
    private final int[] place;
    private final int[] firstOf;
    private int ownershipFaults;
    private long missing;
    private long leaked;
    private long repeated;
    private int wrongRows;

    Coverage(Sharding sharding) {
        this.sharding = sharding;
        this.place = new int[sharding.tokens()];
        this.firstOf = new int[sharding.ringDegree()];
        checkOwners();
    }

    /** Where the key of each token lies when the blocks of all ring ranks stand one after the other; -1 for a token that nobody owns. */
    int[] place() {
        return place.clone();
    }

    /**
     * Compares what is computed with what is allowed.
     *
     * @param allowed with keys at {@link #place}
     * @param member which Ulysses rank's plan is looked at, per ring rank
     */
    Faults against(PairMatrix allowed, int... member) {
        boolean[] seen = new boolean[sharding.tokens()];
        long[] computed = new long[allowed.words()];
        for (int ring = 0; ring < sharding.ringDegree(); ring++) {
            List<AttentionPlan.Block> blocks = new ArrayList<>();
            List<Integer> offsets = new ArrayList<>();
            for (int source = 0; source < sharding.ringDegree(); source++) {
                for (AttentionPlan.Block block : sharding.blocks(ring, member[ring], source)) {
                    blocks.add(block);
                    offsets.add(firstOf[source] + block.rows().from());
                }
            }
            int[] queries = sharding.ringPositions(ring);
            for (int row = 0; row < queries.length; row++) {
                Arrays.fill(computed, 0);
                long twice = 0;
                for (int i = 0; i < blocks.size(); i++) {
                    AttentionPlan.Block block = blocks.get(i);
                    int offset = offsets.get(i);
                    twice += mark(
                            computed,
                            offset + block.ranges().from()[row],
                            offset + block.ranges().to()[row]);
                }
                seen[queries[row]] = true;
                compare(allowed, queries[row], computed, twice);
            }
        }
        for (int token = 0; token < seen.length; token++) {
            if (!seen[token]) {
                compare(allowed, token, new long[allowed.words()], 0);
            }
        }
        Faults faults = new Faults(ownershipFaults, missing, leaked, repeated, wrongRows);
        missing = leaked = repeated = 0;
        wrongRows = 0;
        return faults;
    }

    private void compare(PairMatrix allowed, int query, long[] computed, long twice) {
        long missed = 0;
        long extra = 0;
        for (int w = 0; w < computed.length; w++) {
            long want = allowed.word(query, w);
            missed += Long.bitCount(want & ~computed[w]);
            extra += Long.bitCount(computed[w] & ~want);
        }
        missing += missed;
        leaked += extra;
        repeated += twice;
        wrongRows += missed + extra + twice > 0 ? 1 : 0;
    }

    /** Sets bits {@code [from, to)} and returns how many were set already. */
    private static int mark(long[] bits, int from, int to) {
        int twice = 0;
        for (int w = from / Long.SIZE; w * Long.SIZE < to && from < to; w++) {
            int low = Math.max(0, from - w * Long.SIZE);
            int high = Math.min(Long.SIZE, to - w * Long.SIZE);
            long mask = -1L >>> (Long.SIZE - (high - low)) << low;
            twice += Long.bitCount(bits[w] & mask);
            bits[w] |= mask;
        }
        return twice;
    }

    private void checkOwners() {
        Arrays.fill(place, -1);
        int next = 0;
        for (int ring = 0; ring < sharding.ringDegree(); ring++) {
            firstOf[ring] = next;
            int[] group = sharding.ringPositions(ring);
            int row = 0;
            for (int member = 0; member < sharding.ulyssesDegree(); member++) {
                for (int token : sharding.positions(ring, member)) {
                    boolean inOrder = row < group.length && group[row] == token;
                    boolean first = place[token] < 0;
                    ownershipFaults += inOrder && first ? 0 : 1;
                    place[token] = next + row;
                    row++;
                }
            }
            ownershipFaults += Math.max(0, group.length - row);
            next += row;
        }
        for (int p : place) {
            ownershipFaults += p < 0 ? 1 : 0;
        }
    }
}
