package io.longreel.runtime.rank;

import io.longreel.runtime.protocol.RankPulse;
import org.jspecify.annotations.Nullable;

/**
 * What can be seen of a rank from outside while its compute thread is busy. Written by the compute thread, read by the node's actor; never
 * blocks either.
 */
public final class RankVitals {
    private final int rank;
    private volatile @Nullable RankJob work;
    private volatile boolean isIdle = true;
    private volatile long commands;

    /** Only the reader's. */
    private long waitedBeforeNs;

    public RankVitals(int rank) {
        this.rank = rank;
    }

    /**
     * A sign of life. A rank whose progress stands still in the pulses of a long time, and which does not wait, is stuck; it waits when it has
     * no command, or when its time in waits has grown since the pulse before. Always on the same thread.
     */
    public RankPulse pulse() {
        RankJob seen = work;
        if (seen == null) {
            return new RankPulse(rank, commands, true);
        }
        long waitedNs = seen.waitedNs() + seen.dataWaitedNs();
        boolean hasWaited = waitedNs > waitedBeforeNs;
        waitedBeforeNs = waitedNs;
        return new RankPulse(rank, seen.progress() + commands, isIdle || hasWaited);
    }

    /** From now on there is something to see; the rank connects, and waits for its peers. */
    void watch(RankJob opened) {
        work = opened;
    }

    /** The compute thread takes a command up. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // one writer
    void busy() {
        isIdle = false;
        commands++;
    }

    /** The compute thread waits for the next command. */
    void idle() {
        isIdle = true;
    }
}
