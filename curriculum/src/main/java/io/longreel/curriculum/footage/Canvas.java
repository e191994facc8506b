package io.longreel.curriculum.footage;

/** A picture in the making: three planes of floats, 0 to 255, that layers paint over. Coordinates are fractions of its width and height. */
final class Canvas {
    private final int width;
    private final int height;
    private final float[] red;
    private final float[] green;
    private final float[] blue;

    Canvas(int width, int height) {
        this.width = width;
        this.height = height;
        this.red = new float[width * height];
        this.green = new float[width * height];
        this.blue = new float[width * height];
    }

    int width() {
        return width;
    }

    int height() {
        return height;
    }

    void set(int x, int y, Colour colour, float factor) {
        int i = y * width + x;
        red[i] = colour.red() * factor;
        green[i] = colour.green() * factor;
        blue[i] = colour.blue() * factor;
    }

    /** Lays {@code colour * factor} over a pixel; cover 0 leaves the pixel as it is, 1 replaces it. */
    void blend(int x, int y, Colour colour, float factor, float cover) {
        int i = y * width + x;
        red[i] += (colour.red() * factor - red[i]) * cover;
        green[i] += (colour.green() * factor - green[i]) * cover;
        blue[i] += (colour.blue() * factor - blue[i]) * cover;
    }

    /** Adds light to a pixel. */
    void add(int x, int y, Colour colour, float factor) {
        int i = y * width + x;
        red[i] += colour.red() * factor;
        green[i] += colour.green() * factor;
        blue[i] += colour.blue() * factor;
    }

    /** Develops the picture: exposure, darker corners, grain; as bytes, row by row, RGB. */
    void develop(float exposure, float vignette, float grain, int grainSeed, byte[] rgb_hw3) {
        int noise = grainSeed | 1;
        for (int y = 0; y < height; y++) {
            float dy = (2f * y - height) / height;
            for (int x = 0; x < width; x++) {
                float dx = (2f * x - width) / width;
                // xorshift32: grain needs many cheap numbers and no quality.
                noise ^= noise << 13;
                noise ^= noise >>> 17;
                noise ^= noise << 5;
                float speck = grain * ((noise >> 8) * (1f / (1 << 23)));
                float light = exposure * (1 - vignette * (dx * dx + dy * dy) * 0.5f);
                int i = y * width + x;
                rgb_hw3[3 * i] = level(red[i] * light + speck);
                rgb_hw3[3 * i + 1] = level(green[i] * light + speck);
                rgb_hw3[3 * i + 2] = level(blue[i] * light + speck);
            }
        }
    }

    private static byte level(float value) {
        return (byte) Math.clamp((int) (value + 0.5f), 0, 255);
    }
}
