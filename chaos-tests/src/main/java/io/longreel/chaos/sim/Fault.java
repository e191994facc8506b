package io.longreel.chaos.sim;

/** Something that goes wrong, once. Times are virtual, in ms since the start; hosts are node ids. */
sealed interface Fault {
    /** Not before this time. */
    long atMs();

    /** When the world is sound again, as far as this fault goes. */
    default long healedMs() {
        return atMs();
    }

    /** SIGKILL; another process starts there after {@code againMs}, or never when that is negative. */
    record Crash(long atMs, String host, long againMs) implements Fault {
        @Override
        public long healedMs() {
            return atMs + Math.max(0, againMs);
        }
    }

    /** SIGSTOP and SIGCONT. */
    record Pause(long atMs, String host, long forMs) implements Fault {
        @Override
        public long healedMs() {
            return atMs + forMs;
        }
    }

    /** Which way nothing gets through. */
    enum Direction {
        BOTH,
        FROM,
        TO
    }

    /**
     * A host is cut off.
     *
     * @param peer from whom; empty: from all
     * @param loss share of messages that never arrive; the others arrive when it is over
     */
    record Cut(long atMs, String host, String peer, Direction direction, long forMs, double loss) implements Fault {
        @Override
        public long healedMs() {
            return atMs + forMs;
        }
    }

    /** Everything that the host computes takes longer. */
    record Slow(long atMs, String host, long forMs, double factor) implements Fault {
        @Override
        public long healedMs() {
            return atMs + forMs;
        }
    }

    /** A computation that never ends. */
    record Stick(long atMs, String host) implements Fault {}

    /** A frame was damaged or lost, and its receiver gives up. */
    record LoseFrame(long atMs, String host) implements Fault {}

    /** No slice and no manifest can be written. */
    record FullDisk(long atMs, long forMs) implements Fault {
        @Override
        public long healedMs() {
            return atMs + forMs;
        }
    }

    /** Every write takes so many times longer. */
    record SlowDisk(long atMs, long forMs, int factor) implements Fault {
        @Override
        public long healedMs() {
            return atMs + forMs;
        }
    }

    /** SIGTERM. Another process may start there. */
    record Leave(long atMs, String host, long againMs) implements Fault {
        @Override
        public long healedMs() {
            return atMs + Math.max(0, againMs);
        }
    }

    /** A process starts on a host that had none. */
    record Join(long atMs, String host) implements Fault {}

    /**
     * A step gives values that are not finite.
     *
     * @param host where; empty: everywhere, as it is the samples
     * @param times so often; then never again
     */
    record NotFinite(int stage, int step, String host, int times) implements Fault {
        @Override
        public long atMs() {
            return 0;
        }
    }

    /** A bit flips in the weights of one rank on the host, once. */
    record FlipBit(int stage, int step, String host) implements Fault {
        @Override
        public long atMs() {
            return 0;
        }
    }

    /** The state in all snapshots changes in the same way, and no checksum sees it. */
    record CorruptSnapshots(long atMs) implements Fault {}

    /** The supervisor's process dies; another one takes over after {@code takeoverMs}. */
    record SupervisorCrash(long atMs, long takeoverMs) implements Fault {
        @Override
        public long healedMs() {
            return atMs + takeoverMs;
        }
    }

    /** The supervisor's process is stopped; another one takes over after {@code takeoverMs}, and the first one wakes up. */
    record SupervisorPause(long atMs, long takeoverMs, long forMs) implements Fault {
        @Override
        public long healedMs() {
            return atMs + Math.max(takeoverMs, forMs);
        }
    }
}
