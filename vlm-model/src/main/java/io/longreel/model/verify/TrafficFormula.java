package io.longreel.model.verify;

import io.longreel.model.shard.HeadShards;
import io.longreel.model.shard.TokenShards;
import io.longreel.model.verify.AttentionRun.Sent;
import java.util.stream.IntStream;

/**
 * What one attention sends, from the sizes alone. Twice: exactly, for any mesh, from rows and heads of each rank; and by the closed formulas of the
 * literature (DeepSpeed-Ulysses; ring attention with gradients of keys and values in F32), which hold where everything divides evenly:
 *
 * <pre>
 *   all-to-all, forward and backward alike   (U-1)/U e (S/P) (N + max(K, U)) (D + V)      but 4 for e where gradients of a key/value head are added up
 *   ring forward                             (R-1)/R e S max(K, U)/U (D + V)
 *   ring backward                            the same, and once round in F32: 4 S max(K, U)/U (D + V)
 * </pre>
 *
 * <p>S tokens, P = R U ranks, N query heads, K key/value heads, D and V dims, e bytes of an element that travels. {@code max(K, U)}: when there are more
 * ranks than key/value heads, each gets the one that it needs.
 */
final class TrafficFormula {
    private final AttentionShape shape;
    private final TokenShards shards;
    private final HeadShards heads;
    private final int ring;
    private final int ulysses;
    private final long elementBytes;

    TrafficFormula(AttentionCase c, TokenShards shards, int ring, int ulysses) {
        this.shape = c.shape();
        this.shards = shards;
        this.heads = new HeadShards(shape.heads(), shape.kvHeads(), shards.ulyssesDegree());
        this.ring = ring;
        this.ulysses = ulysses;
        this.elementBytes = c.exchange().sizeBytes();
    }

    Sent forward() {
        return new Sent(elementBytes * (outward() + homeward(shape.valueDim(), 0)), elementBytes * blocks(1));
    }

    /** Gradients of key/value heads that several members computed with are added up in F32. */
    private long kvGradientBytes() {
        int held = IntStream.range(0, shards.ulyssesDegree()).map(this::kvHeads).sum();
        return held > shape.kvHeads() ? Float.BYTES : elementBytes;
    }

    Sent backward() {
        long outGradients = others().mapToLong(m -> (long) rows(ulysses) * queryHeads(m) * shape.valueDim())
                .sum();
        long home = elementBytes * homeward(shape.keyDim(), 0)
                + kvGradientBytes() * homeward(0, shape.keyDim() + shape.valueDim());
        long gradients = shards.ringDegree() == 1 ? 0 : Float.BYTES * blocks(0);
        return new Sent(elementBytes * outGradients + home, elementBytes * blocks(1) + gradients);
    }

    /** Bytes per rank by the closed formulas, forward. */
    Sent closedForward() {
        return new Sent(
                Math.round(exchanged() * (shape.heads() + kvHeadsHeld()) * elementBytes),
                Math.round(rotated() * (shards.ringDegree() - 1) * elementBytes));
    }

    /** Bytes per rank by the closed formulas, backward. */
    Sent closedBackward() {
        int hops = shards.ringDegree() == 1 ? 0 : shards.ringDegree();
        return new Sent(
                Math.round(exchanged() * (shape.heads() * elementBytes + kvHeadsHeld() * kvGradientBytes())),
                Math.round(rotated() * (shards.ringDegree() - 1) * elementBytes + rotated() * hops * Float.BYTES));
    }

    /** Elements that a rank sends to the others of its Ulysses group per head: its rows but for the part that stays. */
    private double exchanged() {
        double u = shards.ulyssesDegree();
        return (u - 1) / u * shape.tokens() / shards.ranks() * (shape.keyDim() + shape.valueDim());
    }

    /** Elements of one K/V block. */
    private double rotated() {
        double rows = (double) shape.tokens() / shards.ringDegree();
        return rows * kvHeadsHeld() / shards.ulyssesDegree() * (shape.keyDim() + shape.valueDim());
    }

    /** Key/value heads that all members of a Ulysses group hold together. */
    private double kvHeadsHeld() {
        return Math.max(shape.kvHeads(), shards.ulyssesDegree());
    }

    /** Whether the closed formulas hold within 2 % for each rank: heads divide, and a row more or less does not count. */
    static boolean holdsForRanks(AttentionCase c) {
        return c.shape().heads() % c.mesh().ulyssesDegree() == 0 && holdsOnAverage(c);
    }

    /** Whether they hold within 2 % for all ranks together: no key/value head is held more often than they count. */
    static boolean holdsOnAverage(AttentionCase c) {
        int u = c.mesh().ulyssesDegree();
        HeadShards heads = new HeadShards(c.shape().heads(), c.shape().kvHeads(), u);
        int held = IntStream.range(0, u).map(m -> heads.kvHeads(m).size()).sum();
        return held == Math.max(c.shape().kvHeads(), u)
                && c.layout().even()
                && c.shape().tokens() >= 100 * c.mesh().spDegree();
    }

    /** Elements of queries, keys and values on their way out. */
    private long outward() {
        return others().mapToLong(m -> (long) rows(ulysses)
                        * (queryHeads(m) * (long) shape.keyDim()
                                + kvHeads(m) * (long) (shape.keyDim() + shape.valueDim())))
                .sum();
    }

    /** Elements of own heads on their way to the other members' rows. */
    private long homeward(int perQueryHead, int perKvHead) {
        return others().mapToLong(m ->
                        rows(m) * ((long) queryHeads(ulysses) * perQueryHead + (long) kvHeads(ulysses) * perKvHead))
                .sum();
    }

    /** Elements of all K/V blocks that this rank passes on; the last {@code kept} of them stay. */
    private long blocks(int kept) {
        int degree = shards.ringDegree();
        return IntStream.range(0, degree - kept)
                .mapToLong(step -> (long) shards.ringPositions(Math.floorMod(ring - step, degree)).length
                        * kvHeads(ulysses)
                        * (shape.keyDim() + shape.valueDim()))
                .sum();
    }

    private IntStream others() {
        return IntStream.range(0, shards.ulyssesDegree()).filter(m -> m != ulysses);
    }

    private int rows(int member) {
        return shards.positions(ring, member).length;
    }

    private int queryHeads(int member) {
        return heads.queryHeads(member).size();
    }

    /** The key/value heads that the member's query heads read. */
    private int kvHeads(int member) {
        return heads.kvHeads(member).size();
    }
}
