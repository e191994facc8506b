package io.longreel.curriculum.dataset;

/**
 * The needle: a bright yellow card with a black digit, pasted over a frame. On a frame of 56 pixels it has 40 pixels and lies at (8, 8), the
 * digit (5 x 7 cells) fills 25 x 35 of them; other frame sizes scale that. Immutable.
 */
public final class NeedleCard {
    /** Different digits. */
    public static final int DIGITS = 10;

    private static final int[] YELLOW_RGB = {235, 235, 40};
    private static final int GLYPH_WIDTH = 5;
    private static final int GLYPH_HEIGHT = 7;

    /** Geometry is given for a frame of this many pixels. */
    private static final double REFERENCE_SIZE = 56;

    private static final String[][] GLYPHS = {
        {" ### ", "#   #", "#  ##", "# # #", "##  #", "#   #", " ### "},
        {"  #  ", " ##  ", "# #  ", "  #  ", "  #  ", "  #  ", "#####"},
        {" ### ", "#   #", "    #", "  ## ", " #   ", "#    ", "#####"},
        {"#### ", "    #", "    #", " ### ", "    #", "    #", "#### "},
        {"#   #", "#   #", "#   #", "#####", "    #", "    #", "    #"},
        {"#####", "#    ", "#    ", "#### ", "    #", "    #", "#### "},
        {" ### ", "#    ", "#    ", "#### ", "#   #", "#   #", " ### "},
        {"#####", "    #", "   # ", " ####", "  #  ", " #   ", " #   "},
        {" ### ", "#   #", "#   #", " ### ", "#   #", "#   #", " ### "},
        {" ### ", "#   #", "#   #", " ####", "    #", "    #", " ### "},
    };

    private final int offset;
    private final int size;
    private final byte[][] rgb_hw3;

    private NeedleCard(int imageSize) {
        double scale = imageSize / REFERENCE_SIZE;
        this.offset = (int) Math.round(8 * scale);
        this.size = Math.min(imageSize - offset, (int) Math.round(40 * scale));
        this.rgb_hw3 = new byte[DIGITS][];
        for (int digit = 0; digit < DIGITS; digit++) {
            rgb_hw3[digit] = draw(digit, scale);
        }
    }

    public static NeedleCard forImageSize(int imageSize) {
        return new NeedleCard(imageSize);
    }

    /** Left and upper edge of the card in the frame. */
    public int offset() {
        return offset;
    }

    /** Width and height of the card. */
    public int size() {
        return size;
    }

    /** Pixels of a card, row by row, RGB, 0 to 255; a copy. */
    public byte[] pixels(int digit) {
        return rgb_hw3[digit].clone();
    }

    /** Pastes a card into normalised, channel-first pixels of a whole frame. */
    void paste(int digit, float[] pixels_3hw, int imageSize) {
        byte[] card = rgb_hw3[digit];
        for (int channel = 0; channel < 3; channel++) {
            for (int y = 0; y < size; y++) {
                int to = (channel * imageSize + offset + y) * imageSize + offset;
                for (int x = 0; x < size; x++) {
                    int value = Byte.toUnsignedInt(card[(y * size + x) * 3 + channel]);
                    pixels_3hw[to + x] = value / 127.5f - 1f;
                }
            }
        }
    }

    private byte[] draw(int digit, double scale) {
        int top = (int) Math.round(2 * scale);
        int left = (int) Math.round(7 * scale);
        int height = Math.max(1, (int) Math.round(35 * scale));
        int width = Math.max(1, (int) Math.round(25 * scale));
        byte[] pixels = new byte[size * size * 3];
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                int row = Math.floorDiv((y - top) * GLYPH_HEIGHT, height);
                int column = Math.floorDiv((x - left) * GLYPH_WIDTH, width);
                boolean inside = row >= 0 && row < GLYPH_HEIGHT && column >= 0 && column < GLYPH_WIDTH;
                boolean ink = inside && GLYPHS[digit][row].charAt(column) == '#';
                for (int channel = 0; channel < 3; channel++) {
                    pixels[(y * size + x) * 3 + channel] = (byte) (ink ? 0 : YELLOW_RGB[channel]);
                }
            }
        }
        return pixels;
    }
}
