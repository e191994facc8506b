package io.longreel.config;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Faults that a run is to suffer, for testing it. A run that names none has nothing of this in its processes.
 *
 * @param seed root of what faults draw: which bit is flipped, which frames are lost
 * @param takesOrders whether more faults may be ordered while the run goes on, through a file in its directory
 * @param faults in the order of the configuration; their index is their name in reports
 */
public record ChaosSettings(long seed, boolean takesOrders, List<Fault> faults) {
    public ChaosSettings {
        faults = List.copyOf(faults);
    }

    /** Whether the run is to be disturbed. */
    public boolean isNeeded() {
        return takesOrders || !faults.isEmpty();
    }

    /** What a rank does when a fault strikes. */
    public enum Phase {
        /** Links to the other ranks are being made. */
        CONNECT,
        /** State comes back from memory or disk. */
        RESTORE,
        /** A step is told to the rank; nothing is computed yet. */
        IDLE,
        /** The samples of a step are being read. */
        DATA,
        /** An exchange among all members of a group. */
        ALL_TO_ALL,
        /** A block of keys and values is on its way to the next rank. */
        RING,
        /** The loss is known, gradients begin. */
        BACKWARD,
        /** Weights of one range are being updated. */
        OPTIMIZER,
        /** The state is being copied to the peers' memories. */
        SNAPSHOT,
        /** The step is done; the supervisor does not know it yet. */
        VOTE,
        /** A cell of a needle test is being answered. */
        EVALUATE
    }

    /** What strikes. */
    public enum Action {
        /** SIGKILL to the own process. */
        KILL,
        /** SIGSTOP to the own process, SIGCONT after the fault's time. */
        STOP,
        /** The rank stands still for the fault's time; its process lives. */
        HANG,
        /** The rank computes something else for the fault's time. */
        SLOW,
        /** The rank's computation fails as if its device were gone. */
        FAIL,
        /** A value that is not a number gets into the samples or the gradients. */
        NAN,
        /** One bit of a weight is flipped in memory. */
        BIT_FLIP,
        /** A bit of a frame is flipped on its way. */
        CORRUPT,
        /** Frames do not arrive. */
        DROP,
        /** Frames arrive twice. */
        DUPLICATE,
        /** Frames arrive late. */
        DELAY,
        /** Nothing arrives any more, until the fault's time is over. */
        PARTITION;

        /** Whether it needs what a rank computes with: a tensor of that phase. */
        public boolean damagesData() {
            return this == NAN || this == BIT_FLIP;
        }

        /** Whether frames between ranks suffer from it. */
        public boolean disturbsLinks() {
            return switch (this) {
                case CORRUPT, DROP, DUPLICATE, DELAY, PARTITION -> true;
                case KILL, STOP, HANG, SLOW, FAIL, NAN, BIT_FLIP -> false;
            };
        }
    }

    /**
     * Where a fault strikes. A step is addressed whoever computes it and however often, so that the same plan strikes at the same place in every run.
     *
     * @param rank empty: whichever rank comes there first
     * @param node id of the node on which the rank must be; empty: any
     * @param stage index of the stage
     * @param step first step of the stage, from 0
     * @param steps how many steps from there on
     * @param occurrence which time in one step that the rank comes to the phase, from 1
     */
    public record At(
            OptionalInt rank, Optional<String> node, int stage, int step, int steps, Phase phase, int occurrence) {}

    /**
     * One fault.
     *
     * @param lasts how long it lasts, where it does not end by itself
     * @param times how often it strikes at most; 0 = each time that its place is reached
     * @param peers links to these ranks are disturbed; empty: to all
     * @param isOneWay whether links are disturbed in the direction from the rank to its peers only
     * @param share part of the frames that is disturbed
     * @param framesMax frames that one strike disturbs at most, in each direction; 0 = all while it lasts
     */
    public record Fault(
            At at,
            Action action,
            Duration lasts,
            int times,
            List<Integer> peers,
            boolean isOneWay,
            double share,
            int framesMax) {
        public Fault {
            peers = List.copyOf(peers);
        }
    }
}
