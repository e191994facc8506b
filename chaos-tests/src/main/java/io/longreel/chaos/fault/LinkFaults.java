package io.longreel.chaos.fault;

import io.longreel.config.ChaosSettings.Fault;
import io.longreel.transport.fault.LinkFault;
import io.longreel.transport.fault.SeededDelay;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * What becomes of the frames that leave this process. A fault is laid out when a rank comes to its place, strikes with the first frame that it hits,
 * and is over after its time or its number of frames. Any thread; sending threads ask.
 */
final class LinkFaults implements LinkFault {
    /** A rank that waits polls after up to a millisecond. */
    private static final int DELAY_POLLS_MAX = 10;

    private final LongSupplier clockNs;
    private final List<Disturbance> disturbances = new CopyOnWriteArrayList<>();

    LinkFaults(LongSupplier clockNs) {
        this.clockNs = clockNs;
    }

    /**
     * Lays a fault out for frames that a rank of this process sends.
     *
     * @param source the sending rank
     * @param targets ranks that it sends to
     * @param strike asked once, at the first frame that would be hit: whether the fault may strike (again)
     */
    void layOut(Fault fault, long seed, int source, List<Integer> targets, BooleanSupplier strike) {
        disturbances.removeIf(Disturbance::isOver);
        disturbances.add(new Disturbance(fault, seed, source, targets, strike, clockNs));
    }

    @Override
    public Action onFrame(int generation, int source, int target, long sequence) {
        for (Disturbance disturbance : disturbances) {
            Action action = disturbance.onFrame(generation, source, target, sequence);
            if (action != Action.DELIVER) {
                return action;
            }
        }
        return Action.DELIVER;
    }

    /** One fault on the links from one rank. */
    private static final class Disturbance {
        private final Fault fault;
        private final long seed;
        private final int source;
        private final List<Integer> targets;
        private final BooleanSupplier strike;
        private final LongSupplier clockNs;
        private final SeededDelay delay;
        private boolean hasStruck;
        private boolean isOver;
        private long startNs;
        private int frames;

        Disturbance(
                Fault fault,
                long seed,
                int source,
                List<Integer> targets,
                BooleanSupplier strike,
                LongSupplier clockNs) {
            this.fault = fault;
            this.seed = seed;
            this.source = source;
            this.targets = List.copyOf(targets);
            this.strike = strike;
            this.clockNs = clockNs;
            this.delay = new SeededDelay(seed, DELAY_POLLS_MAX);
        }

        synchronized boolean isOver() {
            return isOver;
        }

        synchronized Action onFrame(int generation, int from, int to, long sequence) {
            if (isOver || from != source || !targets.contains(to) || !isDrawn(to, sequence)) {
                return Action.DELIVER;
            }
            if (!hasStruck) {
                hasStruck = true;
                startNs = clockNs.getAsLong();
                isOver = !strike.getAsBoolean();
            }
            isOver |= clockNs.getAsLong() - startNs >= fault.lasts().toNanos();
            return isOver ? Action.DELIVER : hit(generation, to, sequence);
        }

        private Action hit(int generation, int to, long sequence) {
            return switch (fault.action()) {
                case PARTITION -> Action.HOLD;
                case DELAY -> delay.onFrame(generation, source, to, sequence);
                case DROP -> counted(Action.DROP);
                case CORRUPT -> counted(Action.CORRUPT);
                case DUPLICATE -> counted(Action.DUPLICATE);
                case KILL, STOP, HANG, SLOW, FAIL, NAN, BIT_FLIP ->
                    throw new IllegalStateException("not a fault of links: " + fault);
            };
        }

        private Action counted(Action action) {
            frames++;
            isOver = fault.framesMax() > 0 && frames >= fault.framesMax();
            return action;
        }

        /** Follows from the seed and the frame's place, so that asking twice gives the same answer. */
        private boolean isDrawn(int target, long sequence) {
            long place = ((long) source << 48) ^ ((long) target << 32) ^ sequence;
            return fault.share() >= 1 || new SplittableRandom(seed ^ place).nextDouble() < fault.share();
        }
    }
}
