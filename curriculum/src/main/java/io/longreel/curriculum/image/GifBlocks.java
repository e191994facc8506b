package io.longreel.curriculum.image;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The blocks of a GIF file up to the end of its first image (GIF89a specification). Decoders give a transparent pixel no colour; here, as in
 * Pillow, it has that of its palette entry, so the flag is cleared before decoding.
 */
final class GifBlocks {
    private static final int BACKGROUND_INDEX_AT = 11;
    private static final int HEADER_BYTES = 13;
    private static final int EXTENSION = 0x21;
    private static final int GRAPHIC_CONTROL = 0xF9;
    private static final int IMAGE = 0x2C;
    private static final int NONE = -1;

    private final PictureBytes bytes;
    private long graphicControlAt = NONE;

    private GifBlocks(PictureBytes bytes) {
        this.bytes = bytes;
    }

    /** Walks through the first image and refuses a file that ends before it does. */
    static GifBlocks read(PictureBytes bytes) {
        GifBlocks blocks = new GifBlocks(bytes);
        long position = (long) HEADER_BYTES + paletteBytes(bytes.at(10));
        while (bytes.at(position) == EXTENSION) {
            if (bytes.at(position + 1) == GRAPHIC_CONTROL) {
                blocks.graphicControlAt = position + 3;
            }
            position = blocks.endOfSubBlocks(position + 2);
        }
        if (bytes.at(position) != IMAGE) {
            throw bytes.damaged("no GIF block begins at byte " + position);
        }
        int local = bytes.at(position + 9);
        // Behind the descriptor and its palette stands the code size, one byte, then the pixels.
        blocks.endOfSubBlocks(position + 10 + paletteBytes(local) + 1);
        return blocks;
    }

    /** Makes the first image opaque in a copy of the file; what it leaves free of the screen gets the colour that it called transparent. */
    void showAll(MemorySegment copy) {
        byte background = 0;
        if (graphicControlAt != NONE && (bytes.at(graphicControlAt) & 1) != 0) {
            copy.set(ValueLayout.JAVA_BYTE, graphicControlAt, (byte) (bytes.at(graphicControlAt) & ~1));
            background = (byte) bytes.at(graphicControlAt + 3);
        }
        copy.set(ValueLayout.JAVA_BYTE, BACKGROUND_INDEX_AT, background);
    }

    private long endOfSubBlocks(long position) {
        long next = position;
        while (bytes.at(next) != 0) {
            next += 1 + bytes.at(next);
        }
        return next + 1;
    }

    private static int paletteBytes(int flags) {
        return (flags & 0x80) == 0 ? 0 : 3 << ((flags & 7) + 1);
    }
}
