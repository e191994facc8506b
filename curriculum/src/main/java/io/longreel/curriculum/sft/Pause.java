package io.longreel.curriculum.sft;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** Lets time go by without holding a thread; tests have one on which no time passes. */
@FunctionalInterface
public interface Pause {

    /** A stage that completes in {@code ms} milliseconds. */
    CompletionStage<Void> of(long ms);

    /** On the machine's clock. */
    static Pause system() {
        return ms -> CompletableFuture.runAsync(() -> {}, CompletableFuture.delayedExecutor(ms, TimeUnit.MILLISECONDS));
    }
}
