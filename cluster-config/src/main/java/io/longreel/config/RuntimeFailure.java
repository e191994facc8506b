package io.longreel.config;

import org.jspecify.annotations.Nullable;

/**
 * The one exception that says what whoever supervises the failed work should do about it. Its text is a single line that names what
 * must hold, where it does not, and what to do; the command line prints it as it is. A subclass is for whoever can go on in spite of it:
 * supervisors look at the category only.
 */
public class RuntimeFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What the supervisor does with the failure. */
    public enum Category {
        /** A bug or a broken invariant: the process must not go on. */
        FATAL,
        /** A broken resource (a peer, a link): recovery may replay the work. */
        RETRYABLE,
        /** The user's configuration or command line is wrong: exit code 2, nothing touched. */
        CONFIG,
        /** A file that the user gave (video, checkpoint, batch) is wrong: exit code 2, nothing half-written. */
        DATA
    }

    private final Category category;

    public RuntimeFailure(Category category, String message) {
        this(category, message, null);
    }

    public RuntimeFailure(Category category, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.category = category;
    }

    public static RuntimeFailure config(String message) {
        return new RuntimeFailure(Category.CONFIG, message);
    }

    public static RuntimeFailure data(String message) {
        return new RuntimeFailure(Category.DATA, message);
    }

    /** Never null, as every failure says what it is about. */
    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }

    public Category category() {
        return category;
    }
}
