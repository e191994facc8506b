package io.longreel.curriculum.image;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** What {@code src/test/python/pillow_goldens.py} made with Pillow, and the sources that it and the tests draw alike. */
final class GoldenPictures {
    private GoldenPictures() {}

    static Picture draw(String pattern, int seed, int width, int height) {
        byte[] rgb = new byte[width * height * 3];
        int state = seed;
        int i = 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                for (int channel = 0; channel < 3; channel++) {
                    state ^= state << 13;
                    state ^= state >>> 17;
                    state ^= state << 5;
                    rgb[i++] = (byte)
                            switch (pattern) {
                                case "noise" -> state >>> 24;
                                case "gradient" -> gradient(x, y, width, height, seed, channel);
                                case "checks" -> checks(x, y, channel);
                                default -> throw new IllegalArgumentException(pattern);
                            };
                }
            }
        }
        return Picture.of(width, height, rgb);
    }

    private static int gradient(int x, int y, int width, int height, int seed, int channel) {
        return switch (channel) {
            case 0 -> x * 255 / Math.max(1, width - 1);
            case 1 -> y * 255 / Math.max(1, height - 1);
            default -> (x + y + seed) % 256;
        };
    }

    private static int checks(int x, int y, int channel) {
        return 255
                * switch (channel) {
                    case 0 -> (x + y) % 2;
                    case 1 -> (x / 3 + y / 2) % 2;
                    default -> x % 2;
                };
    }

    static byte[] bytes(String name) {
        try (InputStream in = GoldenPictures.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("no golden: " + name);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static List<String> lines(String name) {
        return new String(bytes(name), StandardCharsets.UTF_8).lines().toList();
    }

    static Path path(String name) {
        try {
            return Path.of(GoldenPictures.class.getResource(name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The largest difference of two equally large pictures, in grey levels. */
    static int largestDifference(byte[] expected, byte[] actual) {
        if (expected.length != actual.length) {
            throw new AssertionError("sizes differ: expected=%d actual=%d".formatted(expected.length, actual.length));
        }
        int largest = 0;
        for (int i = 0; i < expected.length; i++) {
            largest = Math.max(largest, Math.abs(Byte.toUnsignedInt(expected[i]) - Byte.toUnsignedInt(actual[i])));
        }
        return largest;
    }

    /** The mean difference of two equally large pictures, in grey levels. */
    static double meanDifference(byte[] expected, byte[] actual) {
        long sum = 0;
        for (int i = 0; i < expected.length; i++) {
            sum += Math.abs(Byte.toUnsignedInt(expected[i]) - Byte.toUnsignedInt(actual[i]));
        }
        return (double) sum / expected.length;
    }
}
