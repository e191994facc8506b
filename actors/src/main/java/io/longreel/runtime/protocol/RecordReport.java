package io.longreel.runtime.protocol;

/**
 * What the recorder of the seed process has done with files of the run directory. Pure data; never leaves the process.
 */
public sealed interface RecordReport {
    /** The manifest is on disk: the checkpoint exists from now on. */
    record ManifestWritten(String checkpoint) implements RecordReport {}

    /** A checkpoint could not be written. The one before it is untouched, and so is the training. */
    record SavingFailed(String checkpoint, String message) implements RecordReport {
        public SavingFailed {
            Facts.notBlank(message, "message");
        }
    }

    /**
     * The newest whole checkpoint.
     *
     * @param directory empty when there is none; then the numbers are 0
     * @param refused newer ones that are damaged, and why
     */
    record CheckpointFound(String directory, int stage, int step, String refused) implements RecordReport {}

    /** Result files of the stage's evaluation are on disk. */
    record EvaluationWritten(int stage) implements RecordReport {}

    /** The closing report is on disk. */
    record ReportWritten() implements RecordReport {}

    /** Everything that was asked for before the question has been done. */
    record CaughtUp() implements RecordReport {}

    /** A file could not be written; the run cannot keep its promises any more. */
    record RecordFailed(String message) implements RecordReport {
        public RecordFailed {
            Facts.notBlank(message, "message");
        }
    }
}
