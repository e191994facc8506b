package io.longreel.curriculum.sft;

import io.longreel.config.RuntimeFailure;
import io.longreel.model.disk.DiskFailures;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * A video of a build. It is known by name, size and time of its last change: moved to another folder it is the same, written again it is not.
 */
record VideoFile(Path path, long sizeBytes, long modifiedMs) {
    private static final Set<String> EXTENSIONS =
            Set.of("mp4", "m4v", "mov", "mkv", "webm", "avi", "mpg", "mpeg", "ts", "m2ts", "flv", "wmv", "ogv", "3gp");

    /** The videos of files and folders, each once, in order of their paths. A file that is named counts whatever its name ends with. */
    static List<VideoFile> of(List<Path> sources) {
        Set<Path> paths = new TreeSet<>();
        for (Path source : sources) {
            try {
                if (Files.isDirectory(source)) {
                    try (Stream<Path> walk = Files.walk(source.toRealPath(), FileVisitOption.FOLLOW_LINKS)) {
                        walk.filter(Files::isRegularFile)
                                .filter(VideoFile::isVideo)
                                .forEach(paths::add);
                    }
                } else {
                    paths.add(source.toRealPath());
                }
            } catch (UncheckedIOException e) {
                throw DiskFailures.unreadable("videos must be readable", source, Objects.requireNonNull(e.getCause()));
            } catch (IOException e) {
                throw DiskFailures.unreadable("videos must be readable", source, e);
            }
        }
        if (paths.isEmpty()) {
            throw RuntimeFailure.data("there is no video in %s; known are files that end with %s"
                    .formatted(sources, new TreeSet<>(EXTENSIONS)));
        }
        List<VideoFile> videos = new ArrayList<>();
        for (Path path : paths) {
            try {
                videos.add(new VideoFile(
                        path, Files.size(path), Files.getLastModifiedTime(path).toMillis()));
            } catch (IOException e) {
                throw DiskFailures.unreadable("videos must be readable", path, e);
            }
        }
        return videos;
    }

    /** The deepest folder that holds all of them. */
    static Path folderOf(List<VideoFile> videos) {
        Path folder = parent(videos.getFirst().path());
        for (VideoFile video : videos) {
            while (!video.path().startsWith(folder)) {
                folder = parent(folder);
            }
        }
        return folder;
    }

    /** The path from {@code media}, with slashes on every system. */
    String under(Path media) {
        if (!path.startsWith(media)) {
            throw RuntimeFailure.config(
                    "every video must lie in the media folder: video=%s media=%s".formatted(path, media));
        }
        List<String> names = new ArrayList<>();
        media.relativize(path).forEach(name -> names.add(name.toString()));
        return String.join("/", names);
    }

    String name() {
        return String.valueOf(path.getFileName());
    }

    private static Path parent(Path path) {
        Path parent = path.getParent();
        return parent == null ? path : parent;
    }

    private static boolean isVideo(Path path) {
        String name = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
        return EXTENSIONS.contains(name.substring(name.lastIndexOf('.') + 1));
    }
}
