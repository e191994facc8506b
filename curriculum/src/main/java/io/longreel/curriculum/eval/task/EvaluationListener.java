package io.longreel.curriculum.eval.task;

/** Hears how an evaluation gets on, one thing at a time; must not hold it up. */
public interface EvaluationListener {

    /** More records are done. */
    void progressed(EvaluationProgress progress);

    /** A record counts as wrong, or is not judged, for a reason that is not the model's answer; one line. */
    void trouble(String line);
}
