package io.longreel.runtime.cli;

import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/**
 * Tells the user how a command failed and picks the exit code. What the user can mend is one line per fault; anything
 * else is one line and a stack trace that goes to a file, so that it can be sent to somebody, or to stderr when the
 * user asked for it.
 */
final class FailureReport {
    private final PrintWriter err;
    private final boolean verbose;

    FailureReport(PrintWriter err, boolean verbose) {
        this.err = err;
        this.verbose = verbose;
    }

    int exitCodeOf(Throwable thrown) {
        Throwable failure = unwrapped(thrown);
        if (failure instanceof RuntimeFailure known) {
            switch (known.category()) {
                case CONFIG, DATA -> {
                    known.getMessage().lines().forEach(line -> err.println("longreel: " + line));
                    if (verbose) {
                        known.printStackTrace(err);
                    }
                    return Main.MISUSED;
                }
                case FATAL, RETRYABLE -> err.println("longreel: " + known.getMessage());
            }
        } else {
            err.println("longreel: " + failure);
        }
        if (verbose) {
            failure.printStackTrace(err);
        } else {
            err.println("longreel: " + stackInFile(failure));
        }
        return Main.FAILED;
    }

    private static String stackInFile(Throwable failure) {
        try {
            Path file = Files.createTempFile("longreel-", ".log");
            try (PrintWriter writer = new PrintWriter(Files.newBufferedWriter(file))) {
                failure.printStackTrace(writer);
            }
            return "the stack trace is in " + file;
        } catch (IOException e) {
            return "no file for the stack trace (%s); run with --verbose to see it".formatted(e);
        }
    }

    /** The failure inside the wrappers that threads and futures put around it. */
    private static Throwable unwrapped(Throwable thrown) {
        Throwable cause = thrown.getCause();
        boolean wrapper = thrown instanceof ExecutionException
                || thrown instanceof CompletionException
                || thrown instanceof UncheckedIOException;
        return wrapper && cause != null ? unwrapped(cause) : thrown;
    }
}
