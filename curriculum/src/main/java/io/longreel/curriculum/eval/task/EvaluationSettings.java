package io.longreel.curriculum.eval.task;

import io.longreel.config.RuntimeFailure;
import java.nio.file.Path;

/**
 * How one evaluation is run.
 *
 * @param data folder of the records and videos
 * @param out folder of the results; those of an earlier run that was interrupted are gone on with
 * @param limit most records; 0 = all
 * @param parallel questions that are out at a time
 * @param damaged what becomes of a record that cannot be asked
 * @param answeredBy what the answering model is, with all on which its answers depend
 * @param judgedBy the same of the judge; blank = there is none
 */
public record EvaluationSettings(
        Path data, Path out, int limit, int parallel, Damaged damaged, String answeredBy, String judgedBy) {
    private static final int PARALLEL_MAX = 1024;

    /** What becomes of a record that cannot be asked. */
    public enum Damaged {
        /** The evaluation ends with a line about it. */
        STOP,
        /** It counts as wrong, with a line about it. */
        SKIP
    }

    public EvaluationSettings {
        if (limit < 0) {
            throw RuntimeFailure.config("a limit of records must be at least 0 (none): limit=" + limit);
        }
        if (parallel < 1 || parallel > PARALLEL_MAX) {
            throw RuntimeFailure.config(
                    "questions at a time must be from 1 to %d: parallel=%d".formatted(PARALLEL_MAX, parallel));
        }
    }
}
