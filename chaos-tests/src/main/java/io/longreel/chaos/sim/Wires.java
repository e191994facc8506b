package io.longreel.chaos.sim;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * The network between hosts. Messages between the same two hosts keep their order and arrive at most once; between different pairs they overtake
 * each other. While a wire is cut they wait (a connection that is resumed) or are lost (one that broke); nothing else loses any. One thread.
 */
final class Wires {
    private static final long DELAY_US_MIN = 100;
    private static final long DELAY_US_MAX = 2_000;
    private static final long BURST_US_MAX = 60_000;
    private static final double BURST = 0.01;

    /** One direction between two hosts. */
    private static final class Wire {
        private final Deque<Runnable> held = new ArrayDeque<>();
        private long lastArrivalUs;
        private int cuts;
        private double loss;
    }

    private final VirtualTime time;
    private final Chance chance;
    private final Map<String, Wire> wires = new HashMap<>();
    private long lost;

    Wires(VirtualTime time, Chance chance) {
        this.time = time;
        this.chance = chance;
    }

    void send(String from, String to, Runnable arrival) {
        Wire wire = wire(from, to);
        long delayUs = chance.between(DELAY_US_MIN, DELAY_US_MAX);
        if (chance.happens(BURST)) {
            delayUs += chance.between(0, BURST_US_MAX);
        }
        wire.lastArrivalUs = Math.max(wire.lastArrivalUs + 1, time.nowUs() + delayUs);
        time.afterUs(wire.lastArrivalUs - time.nowUs(), () -> arrive(wire, arrival));
    }

    private void arrive(Wire wire, Runnable arrival) {
        if (wire.cuts == 0) {
            arrival.run();
        } else if (chance.happens(wire.loss)) {
            lost++;
        } else {
            wire.held.add(arrival);
        }
    }

    /** Nothing arrives any more, until as many {@link #mend}. {@code loss} is the share of messages that will never arrive. */
    void cut(String from, String to, double loss) {
        Wire wire = wire(from, to);
        wire.cuts++;
        wire.loss = loss;
    }

    void mend(String from, String to) {
        Wire wire = wire(from, to);
        wire.cuts--;
        while (wire.cuts == 0 && !wire.held.isEmpty()) {
            wire.held.poll().run();
        }
    }

    boolean connects(String from, String to) {
        Wire wire = wires.get(key(from, to));
        return from.equals(to) || wire == null || wire.cuts == 0;
    }

    /** Messages that never arrived. */
    long lost() {
        return lost;
    }

    private Wire wire(String from, String to) {
        return wires.computeIfAbsent(key(from, to), k -> new Wire());
    }

    private static String key(String from, String to) {
        return from + ">" + to;
    }
}
