package io.longreel.curriculum.dataset;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Makes normalised, channel-first pixels of decoded ones: {@code clamp(value * gain, 0, 255) / 127.5 - 1}, mirrored on request, and pastes
 * the card over them, which the gain does not touch. Works on two small buffers of its own; one reader, one painter.
 */
final class FramePainter {
    private static final int LEVELS = 256;

    private final int imageSize;
    private final NeedleCard card;
    private final byte[] rgb_hw3;
    private final float[] pixels_3hw;
    private final float[] levels = new float[LEVELS];
    private float levelsGain = Float.NaN;

    FramePainter(int imageSize, NeedleCard card) {
        this.imageSize = imageSize;
        this.card = card;
        this.rgb_hw3 = new byte[3 * imageSize * imageSize];
        this.pixels_3hw = new float[3 * imageSize * imageSize];
    }

    void paint(MemorySegment source_hw3, float gain, boolean mirrored) {
        if (gain != levelsGain) {
            for (int value = 0; value < LEVELS; value++) {
                levels[value] = Math.min(value * gain, 255f) / 127.5f - 1f;
            }
            levelsGain = gain;
        }
        MemorySegment.copy(source_hw3, ValueLayout.JAVA_BYTE, 0, rgb_hw3, 0, rgb_hw3.length);
        int plane = imageSize * imageSize;
        int step = mirrored ? -1 : 1;
        for (int y = 0; y < imageSize; y++) {
            int from = y * imageSize * 3;
            int to = y * imageSize + (mirrored ? imageSize - 1 : 0);
            for (int x = 0; x < imageSize; x++) {
                pixels_3hw[to] = levels[Byte.toUnsignedInt(rgb_hw3[from])];
                pixels_3hw[plane + to] = levels[Byte.toUnsignedInt(rgb_hw3[from + 1])];
                pixels_3hw[2 * plane + to] = levels[Byte.toUnsignedInt(rgb_hw3[from + 2])];
                from += 3;
                to += step;
            }
        }
    }

    void pasteCard(int digit) {
        card.paste(digit, pixels_3hw, imageSize);
    }

    /** Copies the painted frame to float {@code index} of {@code target}. */
    void copyTo(MemorySegment target, long index) {
        MemorySegment.copy(pixels_3hw, 0, target, ValueLayout.JAVA_FLOAT, index * Float.BYTES, pixels_3hw.length);
    }
}
