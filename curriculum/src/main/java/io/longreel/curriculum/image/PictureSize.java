package io.longreel.curriculum.image;

/** Width and height of a picture in pixels, both at least 1. */
public record PictureSize(int width, int height) {
    public PictureSize {
        if (width < 1 || height < 1) {
            throw new IllegalArgumentException(
                    "a picture must have at least one pixel: width=%d height=%d".formatted(width, height));
        }
    }

    public long pixels() {
        return (long) width * height;
    }

    @Override
    public String toString() {
        return width + " x " + height;
    }
}
