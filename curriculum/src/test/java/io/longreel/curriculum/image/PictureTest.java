package io.longreel.curriculum.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Random;
import org.junit.jupiter.api.Test;

class PictureTest {

    @Test
    void shouldStayAsItIsWhenArraysAreChangedOutside() {
        byte[] bytes = {1, 2, 3, 4, 5, 6};
        Picture picture = Picture.of(2, 1, bytes);
        bytes[0] = 99;
        picture.toBytes()[1] = 99;

        assertArrayEquals(new byte[] {1, 2, 3, 4, 5, 6}, picture.toBytes());
        assertEquals(6, picture.level(1, 0, 2));
        assertEquals(Picture.of(2, 1, new byte[] {1, 2, 3, 4, 5, 6}).hashCode(), picture.hashCode());
        assertNotEquals(picture, Picture.of(1, 2, picture.toBytes()));
        assertEquals("Picture[2 x 1]", picture.toString());
    }

    @Test
    void shouldRefuseSizesWhenTheyDoNotFit() {
        assertThrows(IllegalArgumentException.class, () -> Picture.of(2, 2, new byte[11]));
        assertThrows(IllegalArgumentException.class, () -> Picture.filled(0, 2, 1, 1, 1));
        Picture picture = Picture.filled(3, 2, 1, 2, 3);
        assertThrows(IllegalArgumentException.class, () -> picture.crop(1, 0, 3, 1));
        assertThrows(IllegalArgumentException.class, () -> picture.crop(0, -1, 1, 1));
        assertThrows(IndexOutOfBoundsException.class, () -> picture.level(3, 0, 0));
    }

    @Test
    void shouldPutEveryPixelInPlaceWhenPastedOrCropped() {
        long seed = 4;
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            Picture under = GoldenPictures.draw("noise", 1 + round, 1 + random.nextInt(9), 1 + random.nextInt(9));
            Picture over = GoldenPictures.draw("noise", 900 + round, 1 + random.nextInt(9), 1 + random.nextInt(9));
            int left = random.nextInt(20) - 10;
            int top = random.nextInt(20) - 10;

            Picture result = under.paste(over, left, top);

            for (int y = 0; y < under.height(); y++) {
                for (int x = 0; x < under.width(); x++) {
                    boolean covered = x >= left && x < left + over.width() && y >= top && y < top + over.height();
                    int expected = covered ? over.level(x - left, y - top, 1) : under.level(x, y, 1);
                    String facts = "seed=%d round=%d x=%d y=%d".formatted(seed, round, x, y);
                    assertEquals(expected, result.level(x, y, 1), facts);
                    assertEquals(expected, result.crop(x, y, 1, 1).level(0, 0, 1), facts);
                }
            }
        }
    }
}
