package io.longreel.curriculum.image;

import io.longreel.config.RuntimeFailure;

/**
 * The marker segments of a JPEG file (ITU-T T.81, annex B): where its size stands, and whether its end is there. Decoders conceal what is
 * missing; a file without its end marker was cut off.
 */
final class JpegSegments {
    private static final int START_OF_IMAGE = 0xD8;
    private static final int END_OF_IMAGE = 0xD9;
    private static final int START_OF_SCAN = 0xDA;
    private static final int RESTART_FIRST = 0xD0;
    private static final int RESTART_LAST = 0xD7;
    private static final int TEMPORARY = 0x01;

    private final PictureBytes bytes;
    /** Behind the marker that was found last. */
    private long position;

    private JpegSegments(PictureBytes bytes) {
        this.bytes = bytes;
    }

    /** The size that the frame header tells. */
    static PictureSize size(PictureBytes bytes) {
        JpegSegments segments = new JpegSegments(bytes);
        while (true) {
            int marker = segments.next();
            if (isFrame(marker)) {
                int height = bytes.bigEndian16(segments.position + 3);
                int width = bytes.bigEndian16(segments.position + 5);
                return PictureHeader.size(bytes, width, height);
            }
            if (marker == START_OF_SCAN || marker == END_OF_IMAGE) {
                throw bytes.damaged("it has no frame header");
            }
            segments.skip(marker);
        }
    }

    /** Refuses a file in which no end marker follows the picture. */
    static void requireEnd(PictureBytes bytes) {
        JpegSegments segments = new JpegSegments(bytes);
        int marker = segments.next();
        while (marker != END_OF_IMAGE) {
            segments.skip(marker);
            if (marker == START_OF_SCAN) {
                segments.skipScan();
            }
            marker = segments.next();
        }
    }

    private int next() {
        if (bytes.at(position) != 0xFF) {
            throw notSegments();
        }
        while (bytes.at(position) == 0xFF) {
            position++;
        }
        return bytes.at(position++);
    }

    private void skip(int marker) {
        boolean alone = marker == START_OF_IMAGE || marker == TEMPORARY || isRestart(marker);
        if (!alone) {
            int length = bytes.bigEndian16(position);
            if (length < 2) {
                throw notSegments();
            }
            position += length;
        }
    }

    /** Leaves {@link #position} at the marker that ends the compressed data. */
    private void skipScan() {
        while (true) {
            while (bytes.at(position) != 0xFF) {
                position++;
            }
            int following = bytes.at(position + 1);
            if (following != 0 && following != 0xFF && !isRestart(following)) {
                return;
            }
            position++;
        }
    }

    private RuntimeFailure notSegments() {
        return bytes.damaged("no JPEG segment begins at byte " + position);
    }

    private static boolean isRestart(int marker) {
        return marker >= RESTART_FIRST && marker <= RESTART_LAST;
    }

    /** SOF0 to SOF15; C4, C8 and CC are tables and reserved. */
    private static boolean isFrame(int marker) {
        return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    }
}
