package io.longreel.curriculum.sft;

import java.nio.file.Path;

/** Told how a build goes on; by any thread, one at a time. */
public interface SftListener {

    /** Something has been done. */
    void progressed(SftProgress progress);

    /** A video will not be in the data set, for a reason of one line. */
    void skipped(Path video, String reason);
}
