package io.longreel.transport;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * An ordered group of ranks and the collectives among them. Every member calls the same collectives in the same order; peers are named
 * by their index in the group. All sizes are bytes unless said otherwise; sizes of zero are normal, sizes need not be equal, but what one
 * side sends must be what the other expects: a mismatch throws. Every wait can be aborted.
 *
 * <p>Another rank's thread may copy from or to the memory that is passed: an arena that only one thread may use will not do. While a collective or a
 * transfer runs its memory belongs to it; once it has returned, or thrown, nobody touches it any more.
 */
public interface Communicator {

    /** World ranks of the group, in group order. */
    List<Integer> group();

    /** Own index in the group. */
    int index();

    default int size() {
        return group().size();
    }

    /**
     * {@code send.get(i)} goes to member i, {@code receive.get(i)} is filled by member i; own slot is copied. Both lists have one segment per
     * member; empty segments send nothing.
     */
    void allToAllV(List<MemorySegment> send, List<MemorySegment> receive);

    /** Starts sending to one member and receiving from another (may be the same); returns at once. */
    Transfer startSendReceive(MemorySegment send, int to, MemorySegment receive, int from);

    /** Every member's {@code own} arrives in {@code receive.get(its index)}; own slot is copied unless it is the same memory. */
    default void allGatherV(MemorySegment own, List<MemorySegment> receive) {
        startAllGatherV(own, receive).await();
    }

    /**
     * Starts {@link #allGatherV}; returns at once. All members await it at the same point among their collectives: pieces that came over the network are
     * passed on inside a node only then.
     */
    Transfer startAllGatherV(MemorySegment own, List<MemorySegment> receive);

    /**
     * Element-wise fp32 sum of the members' {@code input}s, cut into pieces: member i gets elements {@code [offsets[i], offsets[i+1])}. The sum
     * runs in member order, whatever arrives first, so the result has the same bits on every run.
     *
     * @param offsets size() + 1 element offsets, equal on all members
     * @param own receives own piece; may be that piece of {@code input}
     */
    void reduceScatterSum(MemorySegment input, long[] offsets, MemorySegment own);

    /**
     * Starts {@link #reduceScatterSum}, with the same bits; returns at once. Whole pieces travel, as far as this member waits or {@link #poll}s meanwhile;
     * the sum is formed when the transfer is awaited.
     *
     * @param landing takes the own piece of every other member: {@link #landingElements} floats
     */
    Transfer startReduceScatterSum(MemorySegment input, long[] offsets, MemorySegment landing, MemorySegment own);

    /** Floats that {@link #startReduceScatterSum} needs to land on where the own piece has {@code pieceElements}. */
    static long landingElements(long pieceElements, int members) {
        return pieceElements * (members - 1);
    }

    /** Element-wise sum in member order, in double; every member gets the same bits. For scalars: loss sums, counts, norms, votes. */
    void allReduceSum(double[] values);

    /** Returns when every member has called it. */
    void barrier();

    /** Lets transfers in flight make progress without waiting; long computations call it between tiles. */
    void poll();
}
