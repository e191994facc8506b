package io.longreel.curriculum.sft;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.RuntimeFailure.Category;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;

/**
 * A model that is asked again while it is busy. The pause before attempt {@code n + 1} is drawn from {@code [d/2, d]} with
 * {@code d = min(first * 2^(n-1), longest)}, so that requests which failed together do not come back together, or is what the model asked
 * for if that is longer. Used by all threads; nothing here blocks.
 */
public final class PatientChat {
    /** Requests in a row that no attempt helped: the model is gone, and the other videos need not find that out one by one. */
    private static final int GIVE_UPS_MAX = 8;

    /** A model that wants more quiet than this will not answer today. */
    private static final long QUIET_MS_MAX = 3_600_000;

    /** How long to go on trying. */
    public record Patience(int attempts, long firstPauseMs, long pauseMsMax) {}

    /** What came of all attempts. */
    public sealed interface Answer {
        record Text(String text) implements Answer {}

        record GaveUp(String reason) implements Answer {}

        /** It does not answer this, and need not be asked again. */
        record Withheld(String reason) implements Answer {}
    }

    private final ChatModel model;
    private final Patience patience;
    private final RequestPace pace;
    private final Pause pause;
    private final RandomGenerator random;
    private final AtomicInteger requests = new AtomicInteger();
    private final AtomicInteger giveUps = new AtomicInteger();
    private final AtomicInteger giveUpsInARow = new AtomicInteger();
    /** Ends every wait when the build is stopped. */
    private final CompletableFuture<Void> stopped = new CompletableFuture<>();

    public PatientChat(ChatModel model, Patience patience, RequestPace pace, Pause pause, RandomGenerator random) {
        this.model = model;
        this.patience = patience;
        this.pace = pace;
        this.pause = pause;
        this.random = random;
    }

    public String name() {
        return model.name();
    }

    /** Requests that went out, repeated ones included. */
    public int requests() {
        return requests.get();
    }

    /** Requests that got no answer. */
    int giveUps() {
        return giveUps.get();
    }

    /**
     * An answer, or why there is none for this request. Fails with a {@link RuntimeFailure} when there will be none for others either, and with a
     * {@link CancellationException} after {@link #stop}.
     */
    public CompletionStage<Answer> ask(ChatRequest request) {
        return attempt(request, 1);
    }

    /** Lets nothing go out any more; what has gone out is answered. */
    public void stop() {
        stopped.complete(null);
    }

    private CompletionStage<Answer> attempt(ChatRequest request, int number) {
        return waited(pace.turn())
                .thenCompose(turn -> {
                    if (stopped.isDone()) {
                        throw new CancellationException("the build was stopped");
                    }
                    requests.incrementAndGet();
                    return model.ask(request);
                })
                .thenCompose(reply -> switch (reply) {
                    case ChatReply.Text text -> {
                        giveUpsInARow.set(0);
                        yield CompletableFuture.completedFuture(new Answer.Text(text.text()));
                    }
                    case ChatReply.Withheld withheld -> {
                        giveUpsInARow.set(0); // somebody is there
                        yield CompletableFuture.completedFuture(new Answer.Withheld(withheld.reason()));
                    }
                    case ChatReply.Busy busy -> again(request, number, busy);
                    case ChatReply.Refused refused -> throw RuntimeFailure.config(refused.reason());
                });
    }

    private CompletionStage<Answer> again(ChatRequest request, int number, ChatReply.Busy busy) {
        long quietMs = busy.retryAfterMs().orElse(0L);
        if (quietMs > QUIET_MS_MAX) {
            throw new RuntimeFailure(
                    Category.RETRYABLE,
                    "%s, and wants to be asked in %d minutes at the earliest; run the same command then"
                            .formatted(busy.reason(), quietMs / 60_000));
        }
        if (number >= patience.attempts()) {
            giveUps.incrementAndGet();
            if (giveUpsInARow.incrementAndGet() >= GIVE_UPS_MAX) {
                throw new RuntimeFailure(
                        Category.RETRYABLE,
                        "%s; %d requests in a row have got no answer; run the same command when the model is there again"
                                .formatted(busy.reason(), GIVE_UPS_MAX));
            }
            return CompletableFuture.completedFuture(
                    new Answer.GaveUp("%s (attempt %d of %d)".formatted(busy.reason(), number, patience.attempts())));
        }
        pace.quietFor(quietMs);
        return waited(pause.of(Math.max(quietMs, pauseMs(number)))).thenCompose(done -> attempt(request, number + 1));
    }

    private CompletionStage<?> waited(CompletionStage<Void> wait) {
        CompletableFuture<Void> waiting = wait.toCompletableFuture();
        return waiting.isDone() ? waiting : CompletableFuture.anyOf(waiting, stopped);
    }

    private long pauseMs(int number) {
        double longestMs =
                Math.min((double) patience.pauseMsMax(), patience.firstPauseMs() * Math.pow(2, number - 1.0));
        double share;
        synchronized (random) { // most generators are not made for several threads
            share = random.nextDouble();
        }
        return Math.round(longestMs / 2 * (1 + share));
    }
}
