package io.longreel.curriculum.corpus;

import io.longreel.config.RuntimeFailure;
import org.jspecify.annotations.Nullable;

/**
 * One record of a dataset is unusable: its bytes, a field, or a medium that it names. The rest of the dataset can be read, so whoever reads
 * may go on with another record; who does not catch it stops with an error of the data.
 */
public final class DamagedRecord extends RuntimeFailure {
    private static final long serialVersionUID = 1L;

    DamagedRecord(String message) {
        this(message, null);
    }

    DamagedRecord(String message, @Nullable Throwable cause) {
        super(Category.DATA, message, cause);
    }
}
