package io.longreel.model.verify;

import io.longreel.transport.fault.LinkFault;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Holds frames back for a number of polls that depends on the seed, the pair of ranks and the frame's number, so that messages arrive in another order with
 * every seed. A third of the frames is not held at all, a few are held very long. Asked by the senders' threads.
 */
final class SeededDelays implements LinkFault {
    private static final int HOLDS_MAX = 400;

    private final long seed;
    private final Map<Long, Held> links = new ConcurrentHashMap<>();
    private final AtomicLong heldFrames = new AtomicLong();

    SeededDelays(long seed) {
        this.seed = seed;
    }

    /** Frames that were held at least once: a delay that never happened proves nothing. */
    long heldFrames() {
        return heldFrames.get();
    }

    @Override
    public Action onFrame(int generation, int source, int target, long sequence) {
        long link = (long) source << Integer.SIZE | target;
        return links.computeIfAbsent(link, key -> new Held()).next(link, sequence);
    }

    /** The frame that waits on one link; touched by the sender's thread alone. */
    private final class Held {
        private long sequence = -1;
        private int left;

        Action next(long link, long asked) {
            if (asked != sequence) {
                sequence = asked;
                left = holds(link, asked);
                if (left > 0) {
                    heldFrames.incrementAndGet();
                }
            }
            return left-- > 0 ? Action.HOLD : Action.DELIVER;
        }
    }

    private int holds(long link, long sequence) {
        SplittableRandom random = new SplittableRandom((seed * 31 + link) * 31 + sequence);
        return switch (random.nextInt(3)) {
            case 0 -> 0;
            case 1 -> random.nextInt(8);
            default -> random.nextInt(HOLDS_MAX);
        };
    }
}
