package io.longreel.curriculum.image;

/**
 * What the first bytes of an image file say, without decoding it: its size; and whether the file goes on to its own end. Sizes are checked
 * here, before anybody allocates for them.
 */
final class PictureHeader {
    /** Twice the number at which Pillow warns; it refuses beyond. */
    static final long PIXELS_MAX = 178_956_970;

    /** JPEG's own limit, for all formats. */
    static final int SIDE_MAX = 65_535;

    private static final int PNG_CHUNKS_AT = 8;
    private static final int RIFF_HEADER_BYTES = 8;
    private static final int BMP_OLD_HEADER_BYTES = 12;
    private static final int BMP_BIT_FIELDS = 3;

    private PictureHeader() {}

    static PictureSize size(PictureBytes bytes, PictureFormat format) {
        return switch (format) {
            case JPEG -> JpegSegments.size(bytes);
            case PNG -> pngSize(bytes);
            case WEBP -> webpSize(bytes);
            case BMP -> bmpSize(bytes);
            case GIF -> size(bytes, bytes.littleEndian16(6), bytes.littleEndian16(8));
        };
    }

    /** Refuses sizes that no picture has. */
    static PictureSize size(PictureBytes bytes, long width, long height) {
        if (width < 1 || height < 1) {
            throw bytes.damaged("its header tells no size (%d x %d)".formatted(width, height));
        }
        if (width > SIDE_MAX || height > SIDE_MAX || width * height > PIXELS_MAX) {
            throw bytes.failure(
                    "it has %d x %d pixels, more than %d, or than %d in a row"
                            .formatted(width, height, PIXELS_MAX, SIDE_MAX),
                    "make it smaller, or leave it out");
        }
        return new PictureSize((int) width, (int) height);
    }

    /** Refuses a file that ends before its format says it does. */
    static void requireEnd(PictureBytes bytes, PictureFormat format) {
        switch (format) {
            case JPEG -> JpegSegments.requireEnd(bytes);
            case PNG -> requirePngEnd(bytes);
            case WEBP -> {
                if (bytes.littleEndian32(4) + RIFF_HEADER_BYTES > bytes.sizeBytes()) {
                    throw bytes.truncated();
                }
            }
            case GIF -> GifBlocks.read(bytes);
            case BMP -> requireBmpRows(bytes);
        }
    }

    private static PictureSize pngSize(PictureBytes bytes) {
        if (!bytes.has(PNG_CHUNKS_AT + 4, "IHDR")) {
            throw bytes.damaged("its first PNG chunk is no header");
        }
        return size(bytes, bytes.bigEndian32(16), bytes.bigEndian32(20));
    }

    private static void requirePngEnd(PictureBytes bytes) {
        long position = PNG_CHUNKS_AT;
        while (!bytes.has(position + 4, "IEND")) {
            // Length, name, content, checksum.
            position += 12 + bytes.bigEndian32(position);
        }
        bytes.at(position + 11);
    }

    /** Windows' headers count from 40 bytes, rows from the top when the height is negative; OS/2's has 12 bytes. */
    private static PictureSize bmpSize(PictureBytes bytes) {
        if (bytes.littleEndian32(14) == BMP_OLD_HEADER_BYTES) {
            return size(bytes, bytes.littleEndian16(18), bytes.littleEndian16(20));
        }
        int width = (int) bytes.littleEndian32(18);
        int height = (int) bytes.littleEndian32(22);
        return size(bytes, width, Math.abs((long) height));
    }

    /** Rows are filled up to multiples of 4 bytes. Where they are compressed, the decoder notices. */
    private static void requireBmpRows(PictureBytes bytes) {
        boolean old = bytes.littleEndian32(14) == BMP_OLD_HEADER_BYTES;
        int bits = bytes.littleEndian16(old ? 24 : 28);
        long compression = old ? 0 : bytes.littleEndian32(30);
        if (compression == 0 || compression == BMP_BIT_FIELDS) {
            PictureSize size = bmpSize(bytes);
            long rowBytes = ((long) size.width() * bits + 31) / 32 * 4;
            if (bytes.littleEndian32(10) + rowBytes * size.height() > bytes.sizeBytes()) {
                throw bytes.truncated();
            }
        }
    }

    /** RFC 9649: an extended header, a key frame of VP8 or a lossless bit stream comes first. */
    private static PictureSize webpSize(PictureBytes bytes) {
        if (bytes.has(12, "VP8X")) {
            if ((bytes.at(20) & 2) != 0) {
                throw bytes.failure("it is an animation", "give its frames as files of their own, or leave it out");
            }
            return size(bytes, bytes.littleEndian24(24) + 1L, bytes.littleEndian24(27) + 1L);
        }
        if (bytes.has(12, "VP8 ")) {
            return size(bytes, bytes.littleEndian16(26) & 0x3FFF, bytes.littleEndian16(28) & 0x3FFF);
        }
        if (bytes.has(12, "VP8L")) {
            long sides = bytes.littleEndian32(21);
            return size(bytes, (sides & 0x3FFF) + 1, (sides >> 14 & 0x3FFF) + 1);
        }
        throw bytes.damaged("no WebP picture follows its header");
    }
}
