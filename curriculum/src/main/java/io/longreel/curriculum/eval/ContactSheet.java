package io.longreel.curriculum.eval;

import io.longreel.curriculum.image.Picture;
import java.awt.image.BufferedImage;
import java.util.List;

/** Many samples on one picture: a row of frames for each, with lines of text below. For people; pure but for the drawing. */
public final class ContactSheet {
    private static final double MARGIN = 12;
    private static final double SIDE = 128;
    private static final double GAP = 4;
    private static final double LINE = 16;
    private static final double TEXT_SIZE = 12;
    private static final double ROW_GAP = 16;
    private static final double TITLE = 28;
    private static final double TITLE_SIZE = 15;
    private static final int COLUMNS_MIN = 4;
    private static final int INK = 0x222222;
    private static final int FAINT = 0x666666;
    private static final int RULE = 0xdddddd;
    private static final int WARNING = 0xb00020;

    /**
     * @param pictures from left to right; may be none
     * @param heading bold
     * @param lines below it; what is too long ends in dots
     * @param isFaulty whether the last line says what is wrong
     */
    public record Row(List<Picture> pictures, String heading, List<String> lines, boolean isFaulty) {
        public Row {
            pictures = List.copyOf(pictures);
            lines = List.copyOf(lines);
        }

        private double height() {
            return (pictures.isEmpty() ? 0 : SIDE + GAP) + (1 + lines.size()) * LINE;
        }
    }

    private ContactSheet() {}

    /** The sheet as PNG, at twice the resolution of its measures: frames of up to 256 pixels are not shrunk. */
    public static byte[] png(String title, List<Row> rows) {
        int columns = rows.stream().mapToInt(row -> row.pictures().size()).reduce(COLUMNS_MIN, Math::max);
        double width = 2 * MARGIN + columns * SIDE + (columns - 1) * GAP;
        double height = 2 * MARGIN
                + TITLE
                + rows.stream().mapToDouble(row -> row.height() + ROW_GAP).sum();
        PngDrawing drawing = new PngDrawing(width, height);
        double room = width - 2 * MARGIN;
        write(drawing, MARGIN + TITLE_SIZE, TITLE_SIZE, true, INK, title, room);
        double y = MARGIN + TITLE;
        for (Row row : rows) {
            drawing.line(new double[] {MARGIN, width - MARGIN}, new double[] {y - 6, y - 6}, RULE, 1, 1);
            draw(drawing, row, y, room);
            y += row.height() + ROW_GAP;
        }
        return drawing.finish();
    }

    private static void draw(PngDrawing drawing, Row row, double top, double room) {
        double y = top;
        if (!row.pictures().isEmpty()) {
            for (int i = 0; i < row.pictures().size(); i++) {
                drawing.image(image(row.pictures().get(i)), MARGIN + i * (SIDE + GAP), y, SIDE, SIDE);
            }
            y += SIDE + GAP;
        }
        y += TEXT_SIZE;
        write(drawing, y, TEXT_SIZE, true, INK, row.heading(), room);
        for (int i = 0; i < row.lines().size(); i++) {
            y += LINE;
            boolean isFault = row.isFaulty() && i == row.lines().size() - 1;
            write(
                    drawing,
                    y,
                    TEXT_SIZE,
                    false,
                    isFault ? WARNING : FAINT,
                    row.lines().get(i),
                    room);
        }
    }

    private static void write(
            PngDrawing drawing, double y, double size, boolean bold, int colour, String text, double room) {
        drawing.text(MARGIN, y, size, Drawing.Anchor.START, bold, colour, fitted(drawing, size, bold, text, room));
    }

    /** Bisects for the longest beginning that fits. */
    private static String fitted(PngDrawing drawing, double size, boolean bold, String text, double room) {
        String line = text.replaceAll("\\s+", " ").strip();
        if (drawing.textWidth(size, bold, line) <= room) {
            return line;
        }
        int fits = 0;
        int over = line.length();
        while (over - fits > 1) {
            int middle = (fits + over) / 2;
            if (drawing.textWidth(size, bold, line.substring(0, middle) + "...") <= room) {
                fits = middle;
            } else {
                over = middle;
            }
        }
        return line.substring(0, fits).strip() + "...";
    }

    private static BufferedImage image(Picture picture) {
        BufferedImage image = new BufferedImage(picture.width(), picture.height(), BufferedImage.TYPE_INT_RGB);
        byte[] rgb_hw3 = picture.toBytes();
        int at = 0;
        for (int y = 0; y < picture.height(); y++) {
            for (int x = 0; x < picture.width(); x++) {
                int red = Byte.toUnsignedInt(rgb_hw3[at]);
                int green = Byte.toUnsignedInt(rgb_hw3[at + 1]);
                int blue = Byte.toUnsignedInt(rgb_hw3[at + 2]);
                image.setRGB(x, y, red << 16 | green << 8 | blue);
                at += 3;
            }
        }
        return image;
    }
}
