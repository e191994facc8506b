package io.longreel.curriculum.image;

import java.nio.file.Path;

/**
 * An image file that can be decoded: JPEG, PNG, WebP, BMP or the first image of a GIF, whole or as a stretch of a bigger file (a member of a
 * tar archive). The pixels are those of {@code PIL.Image.open(file).convert("RGB")}: grey and palettes become RGB, transparency is dropped and
 * not blended, an orientation that EXIF asks for is not carried out. Lossless formats, GIF and lossy WebP are equal byte for byte. JPEG differs
 * by at most 3 grey levels, and in one level of twenty: chroma and colours are libjpeg's, the inverse transform is FFmpeg's. CMYK, which FFmpeg
 * converts, rounds down and is a level darker. One deliberate difference: a 16 bit grey PNG gives its upper bytes, where Pillow turns
 * everything above 255 white.
 *
 * <p>Immutable; nothing is open between calls. All methods fail with category DATA and one line when the file is missing, cut off, damaged, of
 * another kind, or of more than {@value PictureHeader#PIXELS_MAX} pixels or {@value PictureHeader#SIDE_MAX} in a row or column.
 */
public final class PictureFile {
    private static final long WHOLE = -1;

    private final Path file;
    private final long offsetBytes;
    private final long lengthBytes;
    private final String name;

    private PictureFile(Path file, long offsetBytes, long lengthBytes, String name) {
        this.file = file;
        this.offsetBytes = offsetBytes;
        this.lengthBytes = lengthBytes;
        this.name = name;
    }

    /** A whole file. Nothing is read yet. */
    public static PictureFile at(Path file) {
        return new PictureFile(file, 0, WHOLE, file.toString());
    }

    /**
     * A stretch of a file. Nothing is read yet.
     *
     * @param member what the stretch is called in messages, beside the file
     */
    public static PictureFile within(Path file, String member, long offsetBytes, long lengthBytes) {
        if (offsetBytes < 0 || lengthBytes < 0) {
            throw new IllegalArgumentException("a stretch must begin and end in its file: offsetBytes=%d lengthBytes=%d"
                    .formatted(offsetBytes, lengthBytes));
        }
        return new PictureFile(
                file, offsetBytes, lengthBytes, "%s in %s (byte %d)".formatted(member, file, offsetBytes));
    }

    /** Width and height, from the header alone: some kilobytes are read, and nothing is said about the rest. */
    public PictureSize size() {
        try (PictureBytes bytes = open()) {
            return PictureHeader.size(bytes, PictureFormat.of(bytes));
        }
    }

    /** Refuses a file that ends inside its picture, as far as that can be seen without decoding. */
    public void requireWhole() {
        try (PictureBytes bytes = open()) {
            PictureHeader.requireEnd(bytes, PictureFormat.of(bytes));
        }
    }

    /** Decodes the picture. */
    public Picture read() {
        try (PictureBytes bytes = open()) {
            PictureFormat format = PictureFormat.of(bytes);
            PictureSize size = PictureHeader.size(bytes, format);
            PictureHeader.requireEnd(bytes, format);
            return PictureDecoder.decode(bytes, format, size);
        }
    }

    /** The file that holds the picture. */
    public Path file() {
        return file;
    }

    @Override
    public String toString() {
        return name;
    }

    private PictureBytes open() {
        return PictureBytes.open(name, file, offsetBytes, lengthBytes);
    }
}
