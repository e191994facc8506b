package io.longreel.curriculum.image;

/**
 * Luma and chroma of a decoded JPEG or WebP picture, and their way to RGB. Chroma that is stored at half the resolution lies between the
 * pixels, so a pixel's chroma is 3/4 of the nearest sample and 1/4 of the next, in each direction that was halved (libjpeg's and libwebp's
 * "fancy upsampling"); the border is continued outwards. Which way halves are rounded differs between both libraries, and their fixed-point
 * matrices of ITU-R BT.601 do: full range for JPEG (JFIF 1.02), studio range for WebP (RFC 6386, section 9.2).
 *
 * @param cb samples, {@code ceil(width / 2^shiftX)} a row
 * @param shiftX log2 of the pixels per chroma sample in a row
 * @param shiftY log2 of the pixels per chroma sample in a column
 */
record YcbcrPlanes(PictureSize size, byte[] luma, byte[] cb, byte[] cr, int shiftX, int shiftY) {
    /** Whose rounding and matrix to follow. */
    enum Arithmetic {
        LIBJPEG,
        LIBWEBP
    }

    private static final int CENTRE = 128;
    /** libjpeg repeats chroma in rows of one or two samples. */
    private static final int FANCY_SAMPLES_MIN = 3;

    byte[] toRgb(Arithmetic arithmetic) {
        byte[] rgb_hw3 = new byte[Math.toIntExact(size.pixels() * Picture.CHANNELS)];
        int chromaWidth = -(-size.width() >> shiftX);
        // The last sample may have one pixel less.
        int[] cbRow = new int[chromaWidth << shiftX];
        int[] crRow = new int[chromaWidth << shiftX];
        // Sums of two rows, or one row: scaled by 4 when rows were halved.
        int[] blended = new int[chromaWidth];
        for (int y = 0; y < size.height(); y++) {
            chromaRow(cb, y, arithmetic, blended, cbRow);
            chromaRow(cr, y, arithmetic, blended, crRow);
            if (arithmetic == Arithmetic.LIBJPEG) {
                jpegRow(y, cbRow, crRow, rgb_hw3);
            } else {
                webpRow(y, cbRow, crRow, rgb_hw3);
            }
        }
        return rgb_hw3;
    }

    /** The chroma of each pixel of row {@code y}. */
    private void chromaRow(byte[] plane, int y, Arithmetic arithmetic, int[] blended, int[] row) {
        int samples = blended.length;
        boolean jpeg = arithmetic == Arithmetic.LIBJPEG;
        boolean fancyX = shiftX == 1 && (samples >= FANCY_SAMPLES_MIN || !jpeg);
        boolean fancyY = shiftY == 1 && (fancyX || shiftX == 0);
        int nearest = y >> shiftY;
        int scale = 1;
        if (fancyY) {
            scale = 4;
            int last = (size.height() - 1) >> shiftY;
            int next = (y & 1) == 0 ? Math.max(0, nearest - 1) : Math.min(last, nearest + 1);
            for (int i = 0; i < samples; i++) {
                blended[i] = 3 * (plane[nearest * samples + i] & 0xFF) + (plane[next * samples + i] & 0xFF);
            }
        } else {
            for (int i = 0; i < samples; i++) {
                blended[i] = plane[nearest * samples + i] & 0xFF;
            }
        }
        if (fancyX) {
            // libjpeg alternates between rounding down and up, so that the mean level stays.
            int half = scale == 1 ? 2 : 8;
            int shift = scale == 1 ? 2 : 4;
            int leftBias = jpeg && scale == 1 ? 1 : half;
            int rightBias = jpeg && scale == 4 ? 7 : half;
            for (int i = 0; i < samples; i++) {
                int here = 3 * blended[i];
                row[2 * i] = (here + blended[Math.max(0, i - 1)] + leftBias) >> shift;
                row[2 * i + 1] = (here + blended[Math.min(samples - 1, i + 1)] + rightBias) >> shift;
            }
        } else {
            int bias = scale == 1 ? 0 : jpeg && (y & 1) == 0 ? 1 : 2;
            int shift = scale == 1 ? 0 : 2;
            for (int x = 0; x < row.length; x++) {
                row[x] = (blended[x >> shiftX] + bias) >> shift;
            }
        }
    }

    /** Numbers with 16 bits behind the point: 1.402, 0.344136, 0.714136 and 1.772. */
    private void jpegRow(int y, int[] cbRow, int[] crRow, byte[] rgb_hw3) {
        int in = y * size.width();
        int out = in * Picture.CHANNELS;
        for (int x = 0; x < size.width(); x++) {
            int light = luma[in + x] & 0xFF;
            int blueness = cbRow[x] - CENTRE;
            int redness = crRow[x] - CENTRE;
            rgb_hw3[out] = level(light + ((91881 * redness + 32768) >> 16));
            rgb_hw3[out + 1] = level(light + ((-22554 * blueness - 46802 * redness + 32768) >> 16));
            rgb_hw3[out + 2] = level(light + ((116130 * blueness + 32768) >> 16));
            out += Picture.CHANNELS;
        }
    }

    /** Numbers with 14 bits behind the point, 8 of which each product drops: 1.164, 1.596, 0.392, 0.813 and 2.017; offsets of 16 and 128. */
    private void webpRow(int y, int[] cbRow, int[] crRow, byte[] rgb_hw3) {
        int in = y * size.width();
        int out = in * Picture.CHANNELS;
        for (int x = 0; x < size.width(); x++) {
            int light = upper(luma[in + x] & 0xFF, 19077);
            int cb = cbRow[x];
            int cr = crRow[x];
            rgb_hw3[out] = level((light + upper(cr, 26149) - 14234) >> 6);
            rgb_hw3[out + 1] = level((light - upper(cb, 6419) - upper(cr, 13320) + 8708) >> 6);
            rgb_hw3[out + 2] = level((light + upper(cb, 33050) - 17685) >> 6);
            out += Picture.CHANNELS;
        }
    }

    private static int upper(int sample, int factor) {
        return (sample * factor) >> 8;
    }

    private static byte level(int value) {
        return (byte) Math.clamp(value, 0, 255);
    }
}
