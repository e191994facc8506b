package io.longreel.runtime.protocol;

/**
 * What a rank took in for a step. The first three are those of its replica, and 0 but on one rank of each replica, so that sums over ranks are those of the
 * global batch.
 *
 * @param roomTokens tokens that the sequences have room for
 * @param framesEncoded own frames that went through the vision tower
 * @param framesReused own frames that a frozen tower had encoded before
 * @param decodeNs how long a decoding thread drew, packed and decoded the rank's share
 */
public record StepIntake(
        long documents, long sequences, long roomTokens, long framesEncoded, long framesReused, long decodeNs) {
    /** Of a step that had no samples. */
    public static final StepIntake NONE = new StepIntake(0, 0, 0, 0, 0, 0);

    public StepIntake {
        Facts.atLeast(0, documents, "documents");
        Facts.atLeast(0, sequences, "sequences");
        Facts.atLeast(0, roomTokens, "roomTokens");
        Facts.atLeast(0, framesEncoded, "framesEncoded");
        Facts.atLeast(0, framesReused, "framesReused");
        Facts.atLeast(0, decodeNs, "decodeNs");
    }
}
