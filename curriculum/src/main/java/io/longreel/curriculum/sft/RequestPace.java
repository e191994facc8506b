package io.longreel.curriculum.sft;

import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * When the next request may go out: requests of all models and videos, repeated ones too, stand in this one line. Keeps a distance between
 * them so that no minute has more than the limit, and lets none go while a model has asked for quiet. Used by all threads.
 */
public final class RequestPace {
    private static final double MS_PER_MINUTE = 60_000;

    private final InstantSource clock;
    private final Pause pause;
    private final double intervalMs;
    private double nextMs;
    private double quietUntilMs;

    /**
     * @param requestsPerMinute 0 = as many as there are
     */
    public RequestPace(InstantSource clock, Pause pause, double requestsPerMinute) {
        this.clock = clock;
        this.pause = pause;
        this.intervalMs = requestsPerMinute == 0 ? 0 : MS_PER_MINUTE / requestsPerMinute;
    }

    /** Completes when it is the caller's turn. */
    CompletionStage<Void> turn() {
        long waitMs = place();
        return waitMs == 0 ? CompletableFuture.completedFuture(null) : pause.of(waitMs);
    }

    /** Nobody whose turn has not been given goes before that. */
    synchronized void quietFor(long ms) {
        quietUntilMs = Math.max(quietUntilMs, clock.millis() + (double) ms);
    }

    private synchronized long place() {
        double nowMs = clock.millis();
        double atMs = Math.max(nowMs, Math.max(nextMs, quietUntilMs));
        nextMs = atMs + intervalMs;
        return (long) Math.ceil(atMs - nowMs);
    }
}
