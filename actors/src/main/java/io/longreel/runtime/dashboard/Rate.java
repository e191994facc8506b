package io.longreel.runtime.dashboard;

import java.util.ArrayDeque;
import java.util.Deque;

/** Amount per second over the last seconds: a mean that follows changes within its window. */
public final class Rate {
    private record Sample(long atMs, double total) {}

    private final long windowMs;
    private final Deque<Sample> samples = new ArrayDeque<>();

    public Rate(long windowMs) {
        this.windowMs = windowMs;
    }

    /** {@code total} has been reached at this time. */
    public void reach(long atMs, double total) {
        samples.addLast(new Sample(atMs, total));
        while (samples.size() > 2 && samples.getFirst().atMs() < atMs - windowMs) {
            samples.removeFirst();
        }
    }

    /** 0 when nothing is known yet. */
    public double perSecond() {
        if (samples.size() < 2) {
            return 0;
        }
        Sample first = samples.getFirst();
        Sample last = samples.getLast();
        return last.atMs() == first.atMs() ? 0 : (last.total() - first.total()) * 1000 / (last.atMs() - first.atMs());
    }
}
