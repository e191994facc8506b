package io.longreel.model.disk;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.RuntimeFailure.Category;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** A disk's errors as failures of one line. */
public final class DiskFailures {
    private DiskFailures() {}

    /**
     * State of the run that could not be written. RETRYABLE whatever the cause: the disk may have room again, be mounted again or come back, and
     * until then everything that was written before still holds.
     *
     * @param what what was being done, such as {@code the checkpoint could not be written}
     */
    public static RuntimeFailure retryable(String what, Path path, IOException cause) {
        return failure(Category.RETRYABLE, what, path, cause);
    }

    /**
     * A file that somebody asked for could not be written. DATA when the place that was named is wrong (missing, forbidden, something else is
     * there), RETRYABLE when the disk failed.
     */
    public static RuntimeFailure unwritable(Path path, IOException cause) {
        boolean placeIsWrong = cause instanceof FileSystemException system && !isOutOfOrder(system);
        return failure(placeIsWrong ? Category.DATA : Category.RETRYABLE, "file must be writable", path, cause);
    }

    /** A file that is wanted cannot be read. */
    public static RuntimeFailure unreadable(String what, Path path, IOException cause) {
        return failure(Category.DATA, what, path, cause);
    }

    /** The cause in a few words, without the path. */
    public static String reasonOf(IOException cause) {
        String kind = cause.getClass().getSimpleName();
        String reason = cause instanceof FileSystemException system ? system.getReason() : cause.getMessage();
        return switch (cause) {
            case NoSuchFileException e -> "no such file or directory";
            case AccessDeniedException e -> "permission denied";
            case FileAlreadyExistsException e -> "something of that name is there";
            default -> reason == null ? kind : "%s (%s)".formatted(reason, kind);
        };
    }

    /** The texts are those of the system; where it speaks another language, the category is DATA and the line says the same. */
    private static boolean isOutOfOrder(FileSystemException cause) {
        String reason = String.valueOf(cause.getReason());
        return reason.contains("No space left")
                || reason.contains("quota exceeded")
                || reason.contains("Read-only file system")
                || reason.contains("Input/output error")
                || reason.contains("Stale file handle");
    }

    private static RuntimeFailure failure(Category category, String what, Path path, IOException cause) {
        return new RuntimeFailure(category, "%s: path=%s reason=%s".formatted(what, path, reasonOf(cause)), cause);
    }
}
