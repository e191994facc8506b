package io.longreel.curriculum.video;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * How a stored picture must be turned to be seen upright: one of the eight symmetries of the square, read from a container's display matrix.
 * Rows of the matrix say where the stored x and y axes point on the screen:
 *
 * <pre>
 *   screenX = xx * x + yx * y        screenY = xy * x + yy * y        (each factor -1, 0 or 1; the origin follows from the square)
 * </pre>
 *
 * <p>Angles between quarter turns are taken to the nearest one, as phones only ever write those.
 */
record Orientation(int xx, int xy, int yx, int yy) {
    static final Orientation UPRIGHT = new Orientation(1, 0, 0, 1);

    /** From the 3 x 3 matrix of FFmpeg (16.16 fixed point; its transposed rows a b u / c d v / x y w act on row vectors). */
    static Orientation of(int[] displayMatrix) {
        long a = displayMatrix[0];
        long b = displayMatrix[1];
        long c = displayMatrix[3];
        long d = displayMatrix[4];
        if (Math.abs(a) + Math.abs(d) >= Math.abs(b) + Math.abs(c)) {
            return new Orientation(sign(a), 0, 0, sign(d));
        }
        return new Orientation(0, sign(b), sign(c), 0);
    }

    /** Clockwise turn that shows the picture upright, mirrored ones counted by their x axis. */
    int clockwiseDegrees() {
        return xx == 1 ? 0 : xy == 1 ? 90 : xx == -1 ? 180 : 270;
    }

    /** Copies a picture of {@code size} x {@code size} RGB pixels, turned, into {@code target} (rows without gaps). */
    void copy(MemorySegment source, long strideBytes, MemorySegment target, int size) {
        long rowBytes = 3L * size;
        if (equals(UPRIGHT)) {
            for (int y = 0; y < size; y++) {
                MemorySegment.copy(source, y * strideBytes, target, y * rowBytes, rowBytes);
            }
            return;
        }
        int originX = xx + yx < 0 ? size - 1 : 0;
        int originY = xy + yy < 0 ? size - 1 : 0;
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                long from = y * strideBytes + 3L * x;
                long to = (originY + xy * x + yy * y) * rowBytes + 3L * (originX + xx * x + yx * y);
                for (int channel = 0; channel < 3; channel++) {
                    target.set(ValueLayout.JAVA_BYTE, to + channel, source.get(ValueLayout.JAVA_BYTE, from + channel));
                }
            }
        }
    }

    private static int sign(long value) {
        return value < 0 ? -1 : 1;
    }
}
