package io.longreel.curriculum.image;

import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A video that was taken apart: the image files of one directory, in the order in which a person would count them ({@code 9.jpg} before
 * {@code 10.jpg}). Files with other endings, hidden files and directories inside are left alone. The list is made once; files are opened when
 * they are read. Immutable.
 */
public final class FrameFolder {
    private static final Set<String> ENDINGS = Set.of("jpg", "jpeg", "png", "webp", "bmp", "gif");

    private final Path directory;
    private final List<Path> files;

    private FrameFolder(Path directory, List<Path> files) {
        this.directory = directory;
        this.files = files;
    }

    /** Lists a directory; one that holds no image is refused. */
    public static FrameFolder open(Path directory) {
        if (!Files.isDirectory(directory)) {
            throw failure(directory, "there is no such directory", "check the path");
        }
        try (Stream<Path> entries = Files.list(directory)) {
            List<Path> files = entries.filter(FrameFolder::isImage)
                    .sorted(Comparator.comparing(FrameFolder::name, FrameFolder::compareNaturally))
                    .toList();
            if (files.isEmpty()) {
                throw failure(
                        directory, "it holds no image files", "their names must end in one of " + sortedEndings());
            }
            return new FrameFolder(directory, files);
        } catch (IOException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.DATA,
                    "frames %s: it cannot be listed (%s); check its permissions".formatted(directory, e),
                    e);
        }
    }

    public Path directory() {
        return directory;
    }

    public int frameCount() {
        return files.size();
    }

    /** The file of a frame, to be decoded or asked for its size. */
    public PictureFile file(int frame) {
        if (frame < 0 || frame >= files.size()) {
            throw new IllegalArgumentException(
                    "frame must lie in the folder: frame=%d frameCount=%d".formatted(frame, files.size()));
        }
        return PictureFile.at(files.get(frame));
    }

    /** Decodes a frame, in its own size. */
    public Picture read(int frame) {
        return file(frame).read();
    }

    /** Digits in a row compare as one number; all else by character, and equal numbers by their leading zeros, so that no two names are equal. */
    static int compareNaturally(String left, String right) {
        int l = 0;
        int r = 0;
        while (l < left.length() && r < right.length()) {
            if (isDigit(left.charAt(l)) && isDigit(right.charAt(r))) {
                int leftEnd = endOfDigits(left, l);
                int rightEnd = endOfDigits(right, r);
                int order = compareNumbers(left.substring(l, leftEnd), right.substring(r, rightEnd));
                if (order != 0) {
                    return order;
                }
                l = leftEnd;
                r = rightEnd;
            } else {
                int order = Character.compare(left.charAt(l++), right.charAt(r++));
                if (order != 0) {
                    return order;
                }
            }
        }
        int order = Integer.compare(left.length() - l, right.length() - r);
        return order != 0 ? order : left.compareTo(right);
    }

    /** Of any length, so no number type holds them. */
    private static int compareNumbers(String left, String right) {
        String l = left.replaceFirst("^0+", "");
        String r = right.replaceFirst("^0+", "");
        int order = Integer.compare(l.length(), r.length());
        return order != 0 ? order : l.compareTo(r);
    }

    private static int endOfDigits(String text, int from) {
        int end = from;
        while (end < text.length() && isDigit(text.charAt(end))) {
            end++;
        }
        return end;
    }

    private static boolean isDigit(char character) {
        return character >= '0' && character <= '9';
    }

    private static boolean isImage(Path file) {
        String name = name(file);
        String ending = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
        return !name.startsWith(".") && ENDINGS.contains(ending) && Files.isRegularFile(file);
    }

    private static String name(Path file) {
        return String.valueOf(file.getFileName());
    }

    private static String sortedEndings() {
        return String.join(", ", ENDINGS.stream().sorted().toList());
    }

    private static RuntimeFailure failure(Path directory, String what, String advice) {
        return RuntimeFailure.data("frames %s: %s; %s".formatted(directory, what, advice));
    }
}
