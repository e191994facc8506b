package io.longreel.curriculum.image;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * An RGB picture, 8 bits per channel: [height, width, 3] bytes, row by row from the top left, without gaps. Immutable: bytes are copied in and
 * copied out, and only this package works on them in place. Any number of threads may share one.
 */
public final class Picture {
    static final int CHANNELS = 3;

    private final PictureSize size;
    private final byte[] rgb_hw3;

    private Picture(PictureSize size, byte[] rgb_hw3) {
        if (rgb_hw3.length != size.pixels() * CHANNELS) {
            throw new IllegalArgumentException(
                    "a picture must have width * height * 3 bytes: bytes=%d width=%d height=%d"
                            .formatted(rgb_hw3.length, size.width(), size.height()));
        }
        this.size = size;
        this.rgb_hw3 = rgb_hw3;
    }

    /** A copy of {@code width * height * 3} bytes. */
    public static Picture of(int width, int height, byte[] rgb_hw3) {
        return new Picture(new PictureSize(width, height), rgb_hw3.clone());
    }

    /** A copy of the first {@code width * height * 3} bytes of a segment, such as a video frame that was decoded at its own size. */
    public static Picture of(int width, int height, MemorySegment rgb_hw3) {
        PictureSize size = new PictureSize(width, height);
        byte[] copy = new byte[Math.toIntExact(size.pixels() * CHANNELS)];
        MemorySegment.copy(rgb_hw3, ValueLayout.JAVA_BYTE, 0, copy, 0, copy.length);
        return new Picture(size, copy);
    }

    /** One colour everywhere; levels are 0 to 255. */
    public static Picture filled(int width, int height, int red, int green, int blue) {
        PictureSize size = new PictureSize(width, height);
        byte[] rgb_hw3 = new byte[Math.toIntExact(size.pixels() * CHANNELS)];
        for (int i = 0; i < rgb_hw3.length; i += CHANNELS) {
            rgb_hw3[i] = (byte) red;
            rgb_hw3[i + 1] = (byte) green;
            rgb_hw3[i + 2] = (byte) blue;
        }
        return new Picture(size, rgb_hw3);
    }

    /** Takes the array over: nobody writes to it afterwards. */
    static Picture transfer(PictureSize size, byte[] rgb_hw3) {
        return new Picture(size, rgb_hw3);
    }

    /** The bytes themselves, to be read only. */
    byte[] borrow() {
        return rgb_hw3;
    }

    public int width() {
        return size.width();
    }

    public int height() {
        return size.height();
    }

    public PictureSize size() {
        return size;
    }

    /** A level, 0 to 255; {@code channel} 0 is red, 1 green, 2 blue. */
    public int level(int x, int y, int channel) {
        if (x < 0 || x >= width() || y < 0 || y >= height() || channel < 0 || channel >= CHANNELS) {
            throw new IndexOutOfBoundsException(
                    "a pixel must lie in the picture: x=%d y=%d channel=%d size=%s".formatted(x, y, channel, size));
        }
        return Byte.toUnsignedInt(rgb_hw3[(y * width() + x) * CHANNELS + channel]);
    }

    /** Writes the [height, width, 3] bytes to the beginning of {@code target}. */
    public void copyTo(MemorySegment target_hw3) {
        MemorySegment.copy(rgb_hw3, 0, target_hw3, ValueLayout.JAVA_BYTE, 0, rgb_hw3.length);
    }

    /** The [height, width, 3] bytes, copied. */
    public byte[] toBytes() {
        return rgb_hw3.clone();
    }

    /** The part of the picture whose upper left pixel is ({@code x}, {@code y}); it must lie inside. */
    public Picture crop(int x, int y, int width, int height) {
        if (x < 0 || y < 0 || width < 1 || height < 1 || width > width() - x || height > height() - y) {
            throw new IllegalArgumentException("a part must lie in the picture: x=%d y=%d width=%d height=%d size=%s"
                    .formatted(x, y, width, height, size));
        }
        byte[] part = new byte[width * height * CHANNELS];
        for (int row = 0; row < height; row++) {
            System.arraycopy(
                    rgb_hw3, ((y + row) * width() + x) * CHANNELS, part, row * width * CHANNELS, width * CHANNELS);
        }
        return new Picture(new PictureSize(width, height), part);
    }

    /** This picture with {@code other} laid over it, its upper left pixel at ({@code x}, {@code y}); what sticks out is lost. */
    public Picture paste(Picture other, int x, int y) {
        int fromX = Math.max(0, -x);
        int toX = Math.min(other.width(), width() - x);
        byte[] result = rgb_hw3.clone();
        for (int row = Math.max(0, -y); row < Math.min(other.height(), height() - y) && fromX < toX; row++) {
            System.arraycopy(
                    other.rgb_hw3,
                    (row * other.width() + fromX) * CHANNELS,
                    result,
                    ((y + row) * width() + x + fromX) * CHANNELS,
                    (toX - fromX) * CHANNELS);
        }
        return new Picture(size, result);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Picture picture && size.equals(picture.size) && Arrays.equals(rgb_hw3, picture.rgb_hw3);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(rgb_hw3);
    }

    @Override
    public String toString() {
        return "Picture[" + size + "]";
    }
}
