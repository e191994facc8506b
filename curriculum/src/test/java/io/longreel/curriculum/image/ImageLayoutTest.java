package io.longreel.curriculum.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.StageSettings.Aspect;
import io.longreel.curriculum.image.ImageLayout.Grid;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ImageLayoutTest {
    private static final int SIDE = 32;
    private static final ImageProcessor PROCESSOR = ImageProcessor.siglip(SIDE);

    @Test
    void shouldSquashPictureWhenAspectIsResize() {
        Picture picture = GoldenPictures.draw("noise", 1, 50, 20);

        List<Picture> tiles = ImageLayout.of(Aspect.RESIZE, PROCESSOR).cut(picture);

        assertEquals(List.of(Resampling.BICUBIC.resize(picture, SIDE, SIDE)), tiles);
    }

    @Test
    void shouldCentrePictureOnGreyWhenAspectIsPad() {
        ImageLayout layout = ImageLayout.of(Aspect.PAD, PROCESSOR);
        Picture wide = GoldenPictures.draw("noise", 1, 10, 5);
        Picture tall = GoldenPictures.draw("noise", 2, 4, 9);
        Picture square = GoldenPictures.draw("noise", 3, 6, 6);

        assertPadded(layout.cut(wide).getFirst(), wide, 0, 2);
        assertPadded(layout.cut(tall).getFirst(), tall, 2, 0);
        assertSame(square, layout.cut(square).getFirst());
        Picture ribbon = Picture.filled(20_000, 2, 1, 2, 3);
        assertTrue(assertThrows(RuntimeFailure.class, () -> layout.cut(ribbon))
                .getMessage()
                .contains("too long"));
    }

    @Test
    void shouldCutGridAndAppendWholeWhenAspectIsDynamic() {
        ImageLayout layout = ImageLayout.of(Aspect.DYNAMIC, PROCESSOR);
        Picture picture = GoldenPictures.draw("noise", 4, 150, 100);
        assertEquals(new Grid(3, 2), layout.grid(picture.size()));
        assertEquals(7, layout.tileCount(picture.size()));

        List<Picture> tiles = layout.cut(picture);

        Picture sheet = Resampling.BICUBIC.resize(picture, 3 * SIDE, 2 * SIDE);
        for (int i = 0; i < 6; i++) {
            assertEquals(sheet.crop(i % 3 * SIDE, i / 3 * SIDE, SIDE, SIDE), tiles.get(i), "tile " + i);
        }
        assertEquals(Resampling.BICUBIC.resize(picture, SIDE, SIDE), tiles.get(6));
        assertEquals(7, tiles.size());
    }

    @Test
    void shouldGiveOneTileWhenPictureIsSquareAndSmall() {
        ImageLayout layout = ImageLayout.of(Aspect.DYNAMIC, PROCESSOR);
        PictureSize small = new PictureSize(SIDE, SIDE);

        assertEquals(1, layout.tileCount(small));
        assertEquals(1, layout.cut(Picture.filled(SIDE, SIDE, 1, 2, 3)).size());
        assertEquals(1, ImageLayout.of(Aspect.PAD, PROCESSOR).tileCount(new PictureSize(900, 30)));
    }

    @Test
    void shouldPreferLargerGridWhenPictureHasTheirPixels() {
        ImageLayout layout = ImageLayout.of(Aspect.DYNAMIC, PROCESSOR);
        // 1 x 1, 2 x 2 and 3 x 3 are equally close; more than half of the pixels of n x n are needed.
        assertEquals(new Grid(1, 1), layout.grid(new PictureSize(45, 45)));
        assertEquals(new Grid(2, 2), layout.grid(new PictureSize(46, 46)));
        assertEquals(new Grid(2, 2), layout.grid(new PictureSize(67, 67)));
        assertEquals(new Grid(3, 3), layout.grid(new PictureSize(68, 68)));
        assertEquals(new Grid(12, 1), layout.grid(new PictureSize(5000, 3)));
        assertEquals(new Grid(1, 12), layout.grid(new PictureSize(3, 5000)));
    }

    @Test
    void shouldKeepBoundsAndBeClosestWhenSizeIsAny() {
        long seed = 8;
        Random random = new Random(seed);
        for (int round = 0; round < 3000; round++) {
            int min = 1 + random.nextInt(6);
            int max = min + random.nextInt(12);
            PictureSize size = new PictureSize(1 + random.nextInt(3000), 1 + random.nextInt(3000));
            ImageLayout layout = ImageLayout.of(Aspect.DYNAMIC, PROCESSOR, min, max);

            Grid grid = layout.grid(size);

            String facts =
                    "seed=%d round=%d size=%s min=%d max=%d grid=%s".formatted(seed, round, size, min, max, grid);
            assertTrue(grid.tiles() >= min && grid.tiles() <= max, facts);
            assertEquals(grid.tiles() == 1 ? 1 : grid.tiles() + 1, layout.tileCount(size), facts);
            double distance = distance(size, grid);
            for (int columns = 1; columns <= max; columns++) {
                for (int rows = 1; rows <= max; rows++) {
                    boolean allowed = columns * rows >= min && columns * rows <= max;
                    assertTrue(!allowed || distance(size, new Grid(columns, rows)) >= distance, facts);
                }
            }
        }
    }

    @Test
    void shouldWriteTilesOneAfterTheOtherWhenRead() {
        ImageLayout layout = ImageLayout.of(Aspect.DYNAMIC, PROCESSOR, 1, 2);
        Picture picture = GoldenPictures.draw("noise", 5, 90, 40);
        int tileFloats = 3 * SIDE * SIDE;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pixels = arena.allocate(ValueLayout.JAVA_FLOAT, 3L * tileFloats);
            layout.read(picture, pixels);
            float[] all = pixels.toArray(ValueLayout.JAVA_FLOAT);
            for (int i = 0; i < 3; i++) {
                float[] tile = Arrays.copyOfRange(all, i * tileFloats, (i + 1) * tileFloats);
                assertArrayEquals(PROCESSOR.process(layout.cut(picture).get(i)), tile, "tile " + i);
            }
        }
    }

    @Test
    void shouldShowFrameAsOneTileWhenAspectIsAny() {
        Picture frame = GoldenPictures.draw("gradient", 6, 64, 36);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment rgb = arena.allocate(3L * 64 * 36);
            frame.copyTo(rgb);
            Picture decoded = Picture.of(64, 36, rgb);
            assertEquals(frame, decoded);
            MemorySegment pixels = arena.allocate(ValueLayout.JAVA_FLOAT, 3L * SIDE * SIDE);
            for (Aspect aspect : Aspect.values()) {
                ImageLayout.of(aspect, PROCESSOR).readFrame(decoded, pixels);
                Aspect whole = aspect == Aspect.PAD ? Aspect.PAD : Aspect.RESIZE;
                float[] expected = PROCESSOR.process(
                        ImageLayout.of(whole, PROCESSOR).cut(frame).getFirst());
                assertArrayEquals(expected, pixels.toArray(ValueLayout.JAVA_FLOAT), aspect.toString());
            }
        }
    }

    @Test
    void shouldRefuseBoundsWhenTheyMakeNoSense() {
        assertThrows(RuntimeFailure.class, () -> ImageLayout.of(Aspect.DYNAMIC, PROCESSOR, 0, 3));
        assertThrows(RuntimeFailure.class, () -> ImageLayout.of(Aspect.DYNAMIC, PROCESSOR, 4, 3));
    }

    private static void assertPadded(Picture padded, Picture picture, int left, int top) {
        int side = Math.max(picture.width(), picture.height());
        assertEquals(new PictureSize(side, side), padded.size());
        for (int y = 0; y < side; y++) {
            for (int x = 0; x < side; x++) {
                boolean inside = x >= left && x < left + picture.width() && y >= top && y < top + picture.height();
                for (int channel = 0; channel < 3; channel++) {
                    int expected = inside ? picture.level(x - left, y - top, channel) : 127;
                    assertEquals(expected, padded.level(x, y, channel), "x=%d y=%d".formatted(x, y));
                }
            }
        }
    }

    private static double distance(PictureSize size, Grid grid) {
        return Math.abs((double) size.width() / size.height() - (double) grid.columns() / grid.rows());
    }
}
