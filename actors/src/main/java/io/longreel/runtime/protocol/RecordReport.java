package io.longreel.runtime.protocol;

/**
 * What the recorder of the seed process has done with files of the run directory. Pure data; never leaves the process.
 */
public sealed interface RecordReport {
    /** The manifest is on disk: the checkpoint exists from now on. */
    record ManifestWritten(String checkpoint) implements RecordReport {}

    /** Result files of the stage's evaluation are on disk. */
    record EvaluationWritten(int stage) implements RecordReport {}

    /** The closing report is on disk. */
    record ReportWritten() implements RecordReport {}

    /** A file could not be written; the run cannot keep its promises any more. */
    record RecordFailed(String message) implements RecordReport {
        public RecordFailed {
            Facts.notBlank(message, "message");
        }
    }
}
