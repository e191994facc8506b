package io.longreel.runtime.http;

import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.corpus.Medium;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Files that a request may name: those below some folders, once every link on the way is followed. Says nothing about what is outside, not even
 * whether it is there. Any thread.
 */
final class AllowedFolders {
    private final List<Path> named;
    private final List<Path> real;

    private AllowedFolders(List<Path> named, List<Path> real) {
        this.named = named;
        this.real = real;
    }

    /** Throws a failure of category CONFIG when one of them is not there. */
    static AllowedFolders of(List<Path> roots) {
        List<Path> real = new ArrayList<>();
        for (Path root : roots) {
            try {
                if (!Files.isDirectory(root)) {
                    throw RuntimeFailure.config(
                            "longreel.serve.media.roots must be folders, but there is none: " + root);
                }
                real.add(root.toRealPath());
            } catch (IOException e) {
                throw new RuntimeFailure(
                        RuntimeFailure.Category.CONFIG,
                        "longreel.serve.media.roots names a folder that cannot be read: %s: %s".formatted(root, e),
                        e);
            }
        }
        return new AllowedFolders(roots, real);
    }

    /**
     * The real file, or folder of frames, behind a name.
     *
     * @param url {@code file:///PATH} or {@code /PATH}
     * @param where it stands in the request
     */
    Path find(Medium.Kind kind, String url, String where) {
        Path path = path(url, where);
        if (path == null) {
            throw Refusal.invalid(
                    where, "%s must be file:///PATH or an absolute path, not %s".formatted(where, Refusal.shown(url)));
        }
        Path file = real(path);
        if (file == null) {
            boolean isBelow = named.stream().anyMatch(path.normalize()::startsWith)
                    || real.stream().anyMatch(path.normalize()::startsWith);
            throw isBelow
                    ? Refusal.invalid(where, "%s does not exist: %s".formatted(where, Refusal.shown(url)))
                    : outside(url, where);
        }
        if (!isInside(file)) {
            throw outside(url, where);
        }
        boolean isFolder = kind == Medium.Kind.VIDEO && Files.isDirectory(file);
        if (!isFolder && !(Files.isRegularFile(file) && Files.isReadable(file))) {
            throw Refusal.invalid(where, "%s is no file that can be read: %s".formatted(where, Refusal.shown(url)));
        }
        if (isFolder) {
            requireInside(file, url, where);
        }
        return file;
    }

    private static @Nullable Path path(String url, String where) {
        try {
            if (url.startsWith("/")) {
                return Path.of(url);
            }
            URI uri = new URI(url);
            boolean isHere = uri.getAuthority() == null
                    || uri.getAuthority().toLowerCase(Locale.ROOT).equals("localhost");
            boolean isPlain = uri.getQuery() == null && uri.getFragment() == null && !uri.isOpaque();
            return isHere && isPlain && uri.getPath().startsWith("/") ? Path.of(uri.getPath()) : null;
        } catch (URISyntaxException | InvalidPathException e) {
            throw Refusal.invalid(
                    where,
                    "%s is no file name: %s; in a URL, spaces and the like are written %%20"
                            .formatted(where, Refusal.shown(url)));
        }
    }

    private static @Nullable Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            return null; // it is not there, or must not be seen
        }
    }

    private boolean isInside(Path file) {
        return real.stream().anyMatch(file::startsWith);
    }

    /** Frames of a folder may be links, too. */
    private void requireInside(Path folder, String url, String where) {
        try (DirectoryStream<Path> frames = Files.newDirectoryStream(folder)) {
            for (Path frame : frames) {
                if (Files.isSymbolicLink(frame) && !isInside(frame.toRealPath())) {
                    throw outside(url, where);
                }
            }
        } catch (IOException e) {
            throw Refusal.invalid(where, "%s cannot be read: %s".formatted(where, Refusal.shown(url)));
        }
    }

    private static Refusal outside(String url, String where) {
        return Refusal.forbidden(
                where,
                "%s is in none of the folders that may be read (longreel.serve.media.roots): %s"
                        .formatted(where, Refusal.shown(url)));
    }
}
