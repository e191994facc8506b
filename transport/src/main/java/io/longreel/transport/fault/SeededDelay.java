package io.longreel.transport.fault;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Makes frames late: each is held for a number of polls that follows from the seed and its place, so that peers' frames overtake each other in another
 * way with every seed. Nothing is lost, and frames of one pair keep their order. Records in which order frames left, for a test to prove that orders
 * did differ. Any thread.
 */
public final class SeededDelay implements LinkFault {

    private record Pair(int source, int target) {}

    private final long seed;
    private final int pollsMax;
    private final Map<Pair, Integer> pollsLeft = new HashMap<>();
    private final Map<Integer, List<Integer>> sourcesByTarget = new HashMap<>();
    private long heldFrames;

    /** @param pollsMax longest time that a frame is held; half of all frames are not held at all */
    public SeededDelay(long seed, int pollsMax) {
        this.seed = seed;
        this.pollsMax = pollsMax;
    }

    @Override
    public synchronized Action onFrame(int generation, int source, int target, long sequence) {
        Pair pair = new Pair(source, target);
        int left = pollsLeft.computeIfAbsent(pair, p -> begin(source, target, sequence));
        if (left > 0) {
            pollsLeft.put(pair, left - 1);
            return Action.HOLD;
        }
        pollsLeft.remove(pair);
        sourcesByTarget.computeIfAbsent(target, t -> new ArrayList<>()).add(source);
        return Action.DELIVER;
    }

    /** Frames that were held: a delay that never happened proves nothing. */
    public synchronized long heldFrames() {
        return heldFrames;
    }

    /** Where the frames to a rank came from, in the order in which they left. */
    public synchronized List<Integer> sourcesOf(int target) {
        return List.copyOf(sourcesByTarget.getOrDefault(target, List.of()));
    }

    private int begin(int source, int target, long sequence) {
        int polls = polls(source, target, sequence);
        heldFrames += polls > 0 ? 1 : 0;
        return polls;
    }

    private int polls(int source, int target, long sequence) {
        SplittableRandom random = new SplittableRandom(seed ^ ((long) source << 48) ^ ((long) target << 32) ^ sequence);
        return random.nextBoolean() ? 0 : random.nextInt(pollsMax + 1);
    }
}
