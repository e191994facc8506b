package io.longreel.curriculum.sft;

import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A clock that only pauses move; a pause is over at once. */
final class VirtualTime implements InstantSource, Pause {
    private final List<Long> pauses = new ArrayList<>();
    private long nowMs = 1_700_000_000_000L;

    @Override
    public synchronized Instant instant() {
        return Instant.ofEpochMilli(nowMs);
    }

    @Override
    public synchronized CompletionStage<Void> of(long ms) {
        pauses.add(ms);
        nowMs += ms;
        return CompletableFuture.completedFuture(null);
    }

    /** All pauses that were asked for, in milliseconds. */
    synchronized List<Long> pauses() {
        return List.copyOf(pauses);
    }
}
