package io.longreel.runtime.web;

import io.longreel.runtime.supervisor.RunNews;
import java.util.Locale;

/** What a run is doing, by its newest news. */
enum RunPhase {
    STARTING(false),
    TRAINING(true),
    /** As somebody wants it; the ranks are there. */
    PAUSED(true),
    EVALUATING(true),
    SERVING(true),
    RECOVERING(false),
    EXPORTING(true),
    STOPPING(false),
    CLOSED(false);

    private final boolean isReady;

    RunPhase(boolean isReady) {
        this.isReady = isReady;
    }

    /** Whether its ranks work. */
    boolean isReady() {
        return isReady;
    }

    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The phase after news. */
    RunPhase after(RunNews news) {
        if (this == CLOSED) {
            return CLOSED;
        }
        return switch (news) {
            case RunNews.StageStarted started -> TRAINING;
            case RunNews.StepCommitted committed -> TRAINING;
            case RunNews.EvaluationProgressed progressed -> EVALUATING;
            case RunNews.Serving serving -> SERVING;
            case RunNews.Paused paused -> PAUSED;
            case RunNews.Resumed resumed -> this == PAUSED ? TRAINING : this;
            case RunNews.Exporting exporting -> EXPORTING;
            case RunNews.RecoveryStarted started -> RECOVERING;
            case RunNews.Stopping stopping -> STOPPING;
            case RunNews.Closed closed -> CLOSED;
            default -> this;
        };
    }
}
