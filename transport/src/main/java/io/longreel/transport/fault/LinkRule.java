package io.longreel.transport.fault;

import java.util.Set;

/**
 * What is to happen to which frames: one line of a chaos plan, for {@link SwitchedFault}. Made by one of the factories, narrowed by the rest. A rule
 * knows ranks and frame numbers, not time, and which frames of a share it means follows from its seed.
 *
 * @param name unique among the rules that are switched on
 * @param sources ranks whose frames are meant
 * @param targets ranks to which they go
 * @param generation the one mesh incarnation that is meant, or 0 for any: numbers of ranks and frames mean something else in the next
 * @param fromFrame first frame number of a link that is meant
 * @param untilFrame first frame number that no longer is
 * @param share part of the frames that is meant, above 0 and at most 1
 * @param times frames after which the rule has done its work, at least 1
 * @param pollsMax longest delay of a frame, in polls of its sender
 */
public record LinkRule(
        String name,
        Effect effect,
        Set<Integer> sources,
        Set<Integer> targets,
        int generation,
        long fromFrame,
        long untilFrame,
        double share,
        long times,
        int pollsMax,
        long seed) {

    /** What becomes of the frames that are meant. */
    public enum Effect {
        DROP,
        CORRUPT,
        DUPLICATE,
        STALE_TWIN,
        CUT,
        /** Each waits for a number of polls drawn from the seed. */
        DELAY,
        /** None leaves before the rule is switched off; then all do. */
        HOLD
    }

    public LinkRule {
        sources = Set.copyOf(sources);
        targets = Set.copyOf(targets);
        if (sources.isEmpty() || targets.isEmpty()) {
            throw new IllegalArgumentException("rule must name ranks on both sides: name=" + name);
        }
        if (!(share > 0 && share <= 1) || times < 1 || pollsMax < 0 || fromFrame < 0 || fromFrame >= untilFrame) {
            throw new IllegalArgumentException(
                    "rule must mean some frames: name=%s share=%s times=%d pollsMax=%d fromFrame=%d untilFrame=%d"
                            .formatted(name, share, times, pollsMax, fromFrame, untilFrame));
        }
    }

    /** Strikes the next frame from one of the sources to one of the targets, once. */
    public static LinkRule strike(String name, Effect effect, Set<Integer> sources, Set<Integer> targets) {
        return new LinkRule(name, effect, sources, targets, 0, 0, Long.MAX_VALUE, 1, 1, 0, 0);
    }

    /** Makes frames late, each by up to {@code pollsMax} polls. */
    public static LinkRule delay(String name, Set<Integer> sources, Set<Integer> targets, int pollsMax, long seed) {
        return new LinkRule(
                name, Effect.DELAY, sources, targets, 0, 0, Long.MAX_VALUE, 1, Long.MAX_VALUE, pollsMax, seed);
    }

    /** Lets nothing pass in this direction until it is switched off. A full partition is two of these. */
    public static LinkRule partition(String name, Set<Integer> sources, Set<Integer> targets) {
        return new LinkRule(name, Effect.HOLD, sources, targets, 0, 0, Long.MAX_VALUE, 1, Long.MAX_VALUE, 0, 0);
    }

    /** The same in one mesh incarnation only. */
    public LinkRule inGeneration(int only) {
        return new LinkRule(name, effect, sources, targets, only, fromFrame, untilFrame, share, times, pollsMax, seed);
    }

    /** The same for these frame numbers of each link. */
    public LinkRule frames(long from, long until) {
        return new LinkRule(name, effect, sources, targets, generation, from, until, share, times, pollsMax, seed);
    }

    /** The same for a part of the frames, up to a number of them. */
    public LinkRule share(double part, long atMost, long drawnFrom) {
        return new LinkRule(
                name, effect, sources, targets, generation, fromFrame, untilFrame, part, atMost, pollsMax, drawnFrom);
    }

    boolean means(int inGeneration, int source, int target, long sequence) {
        return (generation == 0 || generation == inGeneration)
                && sequence >= fromFrame
                && sequence < untilFrame
                && sources.contains(source)
                && targets.contains(target)
                && (share == 1 || unit(inGeneration, source, target, sequence) < share);
    }

    /** How long a frame is late, from 0 to {@code pollsMax}. */
    int polls(int inGeneration, int source, int target, long sequence) {
        return (int) (unit(~inGeneration, source, target, sequence) * (pollsMax + 1L));
    }

    /** A number in [0, 1) that follows from seed and place. */
    private double unit(int inGeneration, int source, int target, long sequence) {
        long bits = mixed(mixed(seed ^ ((long) inGeneration << 32) ^ ((long) source << 16) ^ target) + sequence);
        return (bits >>> 11) * 0x1.0p-53;
    }

    /** Finaliser of SplitMix64 (Steele, Lea, Flood 2014). */
    private static long mixed(long value) {
        long z = value + 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
