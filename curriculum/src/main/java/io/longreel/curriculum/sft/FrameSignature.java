package io.longreel.curriculum.sft;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What of a frame is compared to find a change of shot: how much of it has which colour, and how bright it is where. Colours alone miss a cut
 * inside one room, brightness alone takes a fast move for one; their mean does neither as easily. Immutable.
 */
final class FrameSignature {
    /** Width and height of the frames that signatures are made from. */
    static final int SIDE = 32;

    private static final int BITS_PER_COLOUR = 3;
    private static final int COLOURS = 1 << (3 * BITS_PER_COLOUR);
    private static final int CELL = 4;
    private static final int CELLS = SIDE / CELL;
    /** Mean change of brightness, as a share of its range, that counts as much as no colour in common. */
    private static final float FULL_CHANGE = 0.25f;

    private final float[] colours;
    private final float[] brightness;

    private FrameSignature(float[] colours, float[] brightness) {
        this.colours = colours;
        this.brightness = brightness;
    }

    /** Of a frame of {@link #SIDE} x {@link #SIDE} RGB pixels. */
    static FrameSignature of(MemorySegment rgb_hw3) {
        float[] colours = new float[COLOURS];
        float[] brightness = new float[CELLS * CELLS];
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                long at = 3L * (y * SIDE + x);
                int red = rgb_hw3.get(ValueLayout.JAVA_BYTE, at) & 0xff;
                int green = rgb_hw3.get(ValueLayout.JAVA_BYTE, at + 1) & 0xff;
                int blue = rgb_hw3.get(ValueLayout.JAVA_BYTE, at + 2) & 0xff;
                int shift = 8 - BITS_PER_COLOUR;
                int colour = ((red >> shift) << (2 * BITS_PER_COLOUR))
                        | ((green >> shift) << BITS_PER_COLOUR)
                        | (blue >> shift);
                colours[colour] += 1f / (SIDE * SIDE);
                float luma = (0.299f * red + 0.587f * green + 0.114f * blue) / 255;
                brightness[y / CELL * CELLS + x / CELL] += luma / (CELL * CELL);
            }
        }
        return new FrameSignature(colours, brightness);
    }

    /** 0 for equal frames, 1 for frames that have nothing in common. */
    double distance(FrameSignature other) {
        float colour = 0;
        for (int i = 0; i < COLOURS; i++) {
            colour += Math.abs(colours[i] - other.colours[i]) / 2;
        }
        float change = 0;
        for (int i = 0; i < CELLS * CELLS; i++) {
            change += Math.abs(brightness[i] - other.brightness[i]) / (CELLS * CELLS);
        }
        return (colour + Math.min(1, change / FULL_CHANGE)) / 2;
    }
}
