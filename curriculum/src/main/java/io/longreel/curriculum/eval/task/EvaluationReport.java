package io.longreel.curriculum.eval.task;

import java.nio.file.Path;
import java.util.List;

/**
 * What an evaluation has come to.
 *
 * @param counts of records
 * @param table the scores beside the paper's, as text
 */
public record EvaluationReport(Path out, Counts counts, List<Metric> metrics, String table) {

    /**
     * Records, and what became of them.
     *
     * @param asked now; the others' answers are those of an earlier run
     * @param unanswered answers from which nothing could be extracted: wrong
     * @param unusable records that could not be asked: wrong
     * @param pending questions that have got no answer yet: wrong until they are asked again
     * @param unjudged answers that the judge did not judge: in no score
     * @param incomplete questions of which not all orders are there: in no score
     */
    public record Counts(
            int records, int asked, int unanswered, int unusable, int pending, int unjudged, int incomplete) {}

    public EvaluationReport {
        metrics = List.copyOf(metrics);
    }
}
