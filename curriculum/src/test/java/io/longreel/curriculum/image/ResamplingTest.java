package io.longreel.curriculum.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ResamplingTest {

    @Test
    void shouldGivePillowsBytesWhenPictureIsResized() throws NoSuchAlgorithmException {
        byte[] kept = GoldenPictures.bytes("resize.bin");
        for (String line : GoldenPictures.lines("resize.txt")) {
            String[] words = line.split(" ");
            int[] n = Arrays.stream(words, 1, 6).mapToInt(Integer::parseInt).toArray();
            Picture source = GoldenPictures.draw(words[0], n[0], n[1], n[2]);

            byte[] result =
                    Resampling.valueOf(words[6]).resize(source, n[3], n[4]).toBytes();

            int offset = Integer.parseInt(words[8]);
            if (offset >= 0) {
                byte[] expected = Arrays.copyOfRange(kept, offset, offset + result.length);
                assertEquals(0, GoldenPictures.largestDifference(expected, result), line);
            }
            assertEquals(words[7], sha256(result), line);
        }
    }

    @Test
    void shouldKeepColourWhenPictureIsUniform() {
        long seed = 5;
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            int level = random.nextInt(256);
            Picture source =
                    Picture.filled(1 + random.nextInt(70), 1 + random.nextInt(70), level, 255 - level, level / 2);
            int width = 1 + random.nextInt(70);
            int height = 1 + random.nextInt(70);
            for (Resampling resampling : Resampling.values()) {
                assertEquals(
                        Picture.filled(width, height, level, 255 - level, level / 2),
                        resampling.resize(source, width, height),
                        "seed=%d round=%d %s to %d x %d".formatted(seed, round, source, width, height));
            }
        }
    }

    @Test
    void shouldMirrorResultWhenPictureIsMirrored() {
        long seed = 6;
        Random random = new Random(seed);
        for (int round = 0; round < 50; round++) {
            Picture source = GoldenPictures.draw("noise", 1 + round, 2 + random.nextInt(60), 2 + random.nextInt(60));
            int width = 1 + random.nextInt(60);
            int height = 1 + random.nextInt(60);
            for (Resampling resampling : Resampling.values()) {
                // A weight of exactly one half is rounded away from zero on both sides, but a kernel's edge that lies
                // on a pixel is not.
                int difference = GoldenPictures.largestDifference(
                        mirrored(resampling.resize(source, width, height)).toBytes(),
                        resampling.resize(mirrored(source), width, height).toBytes());
                assertEquals(0, difference, 1, "seed=%d round=%d".formatted(seed, round));
            }
        }
    }

    @Test
    void shouldGiveItselfWhenSizeIsTheSame() {
        Picture source = GoldenPictures.draw("noise", 3, 12, 7);

        assertSame(source, Resampling.BICUBIC.resize(source, 12, 7));
        assertThrows(IllegalArgumentException.class, () -> Resampling.BICUBIC.resize(source, 0, 7));
    }

    private static Picture mirrored(Picture picture) {
        byte[] source = picture.toBytes();
        byte[] target = new byte[source.length];
        int width = picture.width();
        for (int i = 0; i < source.length; i++) {
            int y = i / (3 * width);
            int x = i / 3 % width;
            target[(y * width + width - 1 - x) * 3 + i % 3] = source[i];
        }
        return Picture.of(width, picture.height(), target);
    }

    private static String sha256(byte[] bytes) throws NoSuchAlgorithmException {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }
}
