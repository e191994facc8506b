package io.longreel.curriculum.image;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.StageSettings.Aspect;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The squares, called tiles, that a vision tower sees of a picture. Their number depends on the picture's size alone, so a sample's length is
 * known before anything is decoded. {@link Aspect#DYNAMIC} follows InternVL 1.5 (arXiv 2404.16821, section 3.2, and its published
 * preprocessing, which VILA took over): of all grids with an allowed number of tiles the one whose shape is closest to the picture's; of two
 * equally close ones the larger, if the picture has more than half of that grid's pixels. Immutable; threads may share it.
 */
public final class ImageLayout {
    /** VILA's bounds of a dynamic layout. */
    public static final int TILES_MIN = 1;

    public static final int TILES_MAX = 12;

    /** Columns and rows of tiles. */
    public record Grid(int columns, int rows) {
        public int tiles() {
            return columns * rows;
        }
    }

    private static final Grid ONE = new Grid(1, 1);

    private final Aspect aspect;
    private final ImageProcessor processor;
    private final int tilesMin;
    private final int tilesMax;

    private ImageLayout(Aspect aspect, ImageProcessor processor, int tilesMin, int tilesMax) {
        if (tilesMin < 1 || tilesMax < tilesMin) {
            throw RuntimeFailure.config("tiles of a picture must be at least 1, and min at most max: min=%d max=%d"
                    .formatted(tilesMin, tilesMax));
        }
        this.aspect = aspect;
        this.processor = processor;
        this.tilesMin = tilesMin;
        this.tilesMax = tilesMax;
    }

    public static ImageLayout of(Aspect aspect, ImageProcessor processor) {
        return new ImageLayout(aspect, processor, TILES_MIN, TILES_MAX);
    }

    /** The bounds count tiles of the grid, without the picture as a whole; they matter to {@link Aspect#DYNAMIC} alone. */
    public static ImageLayout of(Aspect aspect, ImageProcessor processor, int tilesMin, int tilesMax) {
        return new ImageLayout(aspect, processor, tilesMin, tilesMax);
    }

    public Aspect aspect() {
        return aspect;
    }

    public ImageProcessor processor() {
        return processor;
    }

    /** Into how many columns and rows a picture of this size is cut. */
    public Grid grid(PictureSize size) {
        if (aspect != Aspect.DYNAMIC) {
            return ONE;
        }
        double shape = (double) size.width() / size.height();
        double tilePixels = (double) processor.imageSize() * processor.imageSize();
        Grid best = ONE;
        double bestDistance = Double.POSITIVE_INFINITY;
        for (int tiles = tilesMin; tiles <= tilesMax; tiles++) {
            for (int columns = 1; columns <= tiles; columns++) {
                if (tiles % columns == 0) {
                    Grid grid = new Grid(columns, tiles / columns);
                    double distance = Math.abs(shape - (double) grid.columns() / grid.rows());
                    boolean enough = size.pixels() > 0.5 * tilePixels * grid.tiles();
                    if (distance < bestDistance || (distance == bestDistance && enough)) {
                        best = grid;
                        bestDistance = distance;
                    }
                }
            }
        }
        return best;
    }

    /** Tiles of a picture of this size, its view as a whole included. */
    public int tileCount(PictureSize size) {
        int tiles = grid(size).tiles();
        return tiles == 1 ? 1 : tiles + 1;
    }

    /**
     * The tiles of a picture: those of the grid row by row, then the picture as a whole if there is more than one. They have the model's size,
     * except in {@link Aspect#PAD}, where the processor sees to that.
     */
    public List<Picture> cut(Picture picture) {
        int side = processor.imageSize();
        return switch (aspect) {
            case RESIZE -> List.of(squashed(picture));
            case PAD -> List.of(padded(picture));
            case DYNAMIC -> {
                Grid grid = grid(picture.size());
                Picture sheet = Resampling.BICUBIC.resize(picture, grid.columns() * side, grid.rows() * side);
                List<Picture> tiles = new ArrayList<>();
                for (int i = 0; i < grid.tiles(); i++) {
                    tiles.add(sheet.crop(i % grid.columns() * side, i / grid.columns() * side, side, side));
                }
                if (tiles.size() > 1) {
                    tiles.add(squashed(picture));
                }
                yield tiles;
            }
        };
    }

    /**
     * Writes the normalised pixels of all tiles.
     *
     * @param pixels_T3hw floats, [{@link #tileCount}, 3, image size, image size]
     */
    public void read(Picture picture, MemorySegment pixels_T3hw) {
        long tileBytes = processor.sizeBytes();
        long offsetBytes = 0;
        for (Picture tile : cut(picture)) {
            processor.process(tile, pixels_T3hw.asSlice(offsetBytes, tileBytes));
            offsetBytes += tileBytes;
        }
    }

    /**
     * Writes the normalised pixels of a video's frame, which is one tile always: of the many frames of a video none is shown in parts.
     *
     * @param frame decoded at the video's own size
     * @param pixels_3hw floats, [3, image size, image size]
     */
    public void readFrame(Picture frame, MemorySegment pixels_3hw) {
        processor.process(aspect == Aspect.PAD ? padded(frame) : squashed(frame), pixels_3hw);
    }

    private Picture squashed(Picture picture) {
        return Resampling.BICUBIC.resize(picture, processor.imageSize(), processor.imageSize());
    }

    private Picture padded(Picture picture) {
        int width = picture.width();
        int height = picture.height();
        if (width == height) {
            return picture;
        }
        int side = Math.max(width, height);
        if ((long) side * side > PictureHeader.PIXELS_MAX) {
            throw RuntimeFailure.data("a picture of %s pixels is too long to be padded to a square; leave it out"
                    .formatted(picture.size()));
        }
        return Picture.filled(side, side, processor.background(0), processor.background(1), processor.background(2))
                .paste(picture, (side - width) / 2, (side - height) / 2);
    }
}
