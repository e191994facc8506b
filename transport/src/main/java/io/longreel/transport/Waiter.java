package io.longreel.transport;

import io.longreel.config.RuntimeFailure;
import io.longreel.transport.link.Carrier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The one way in which a rank waits: it polls all its links, so that every transfer in flight makes progress whichever is waited for, looks
 * at the abort signal each round, and idles by spinning, then yielding, then sleeping for tens of microseconds and more. It ends with the condition, with
 * {@link CommunicationAborted}, or with what a link threw. After any failure the links are withdrawn before it is thrown, so that the
 * caller may use its memory again.
 */
final class Waiter {
    /** A hand-over between two running cores takes a microsecond or two; longer spinning takes the core from a rank that computes. */
    private static final int SPINS = 50;
    /**
     * With more runnable threads than cores the peer may need this core to get anywhere, and one yield gives it away. With fewer, these last as long as the sleep that they
     * spare, and the peer need not wake anybody: a token on two ranks took 3.0 to 3.2 ms instead of 3.4 to 4.3 with 4 of them (Zen 5).
     */
    private static final int YIELDS = 100;

    /** The system adds about 50 us to any sleep. A direct link ends a sleep; the others are looked at after it. */
    private static final long SHORTEST_SLEEP_NS = 20_000;

    private static final long LONGEST_SLEEP_NS = 1_000_000;
    /** A sleep lasts at most this part of the wait so far, so that it cannot add more than that part to the wait. */
    private static final long SLEEP_PART = 8;

    /** Something that a rank waits for. */
    interface Condition {
        boolean done();

        /** Why it can never be done, if known. */
        @Nullable
        RuntimeFailure failure();

        /** What is missing, for the message of a timeout. */
        String missing();
    }

    private final int rank;
    private final int generation;
    private final Links links;
    private final AbortSignal signal;
    private final Activity activity;
    private final long timeoutNs;
    private final LongSupplier clockNs;

    Waiter(
            int rank,
            int generation,
            Links links,
            AbortSignal signal,
            Activity activity,
            long timeoutNs,
            LongSupplier clockNs) {
        this.rank = rank;
        this.generation = generation;
        this.links = links;
        this.signal = signal;
        this.activity = activity;
        this.timeoutNs = timeoutNs;
        this.clockNs = clockNs;
    }

    void await(Condition condition) {
        await(condition, null);
    }

    /** @param farthest what the wait is put down to; null: to no link */
    void await(Condition condition, @Nullable Carrier farthest) {
        long beforeNs = activity.waitedNs();
        try {
            waitFor(condition);
            activity.advance(1);
        } catch (RuntimeException e) {
            throw givenUp(e);
        } finally {
            activity.stopWaiting();
            if (farthest != null) {
                activity.putDown(farthest, activity.waitedNs() - beforeNs);
            }
        }
    }

    /** One round without waiting. Throws like a wait. */
    void poll() {
        try {
            signal.check();
            activity.advance(links.poll());
        } catch (RuntimeException e) {
            throw givenUp(e);
        }
    }

    /** Begins an operation. Throws when this incarnation is over. */
    void begin() {
        try {
            signal.check();
            activity.advance(1);
        } catch (CommunicationAborted e) {
            throw givenUp(e);
        }
    }

    private void waitFor(Condition condition) {
        int idleRounds = 0;
        long idleSinceNs = 0;
        while (true) {
            signal.check();
            if (condition.done()) {
                return;
            }
            int moved = links.poll();
            if (moved > 0) {
                activity.advance(moved);
                activity.stopWaiting();
                idleRounds = 0;
                continue;
            }
            idleRounds++;
            if (idleRounds == 1) {
                idleSinceNs = activity.startWaiting();
            }
            if (idleRounds <= SPINS) {
                Thread.onSpinWait();
                continue;
            }
            throwIfHopeless(condition);
            if (idleRounds <= SPINS + YIELDS) {
                giveWay();
            } else {
                long idleNs = clockNs.getAsLong() - idleSinceNs;
                throwIfLate(condition, idleNs);
                signal.sleepUnless(
                        condition::done, Math.clamp(idleNs / SLEEP_PART, SHORTEST_SLEEP_NS, LONGEST_SLEEP_NS));
            }
        }
    }

    @SuppressWarnings("ThreadPriorityCheck") // a hint: correctness does not rest on it, latency on busy cores does
    private static void giveWay() {
        Thread.yield();
    }

    private void throwIfHopeless(Condition condition) {
        RuntimeFailure failure = condition.failure();
        if (failure != null) {
            throw failure;
        }
        String broken = links.broken();
        // Looked at again: the peer may have completed everything and left between the two looks.
        if (broken != null && !condition.done()) {
            throw new CommunicationAborted(generation, "rank %d: %s, %s".formatted(rank, broken, condition.missing()));
        }
    }

    private void throwIfLate(Condition condition, long waitedNs) {
        if (waitedNs > timeoutNs) {
            throw new CommunicationAborted(
                    generation,
                    "rank %d waited longer than %d ms without progress: %s"
                            .formatted(rank, timeoutNs / 1_000_000, condition.missing()));
        }
    }

    private RuntimeException givenUp(RuntimeException cause) {
        String reason = cause.getMessage() == null ? cause.toString() : cause.getMessage();
        signal.raise(reason);
        links.withdraw(reason);
        return cause;
    }
}
