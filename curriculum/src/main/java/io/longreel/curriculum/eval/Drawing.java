package io.longreel.curriculum.eval;

/**
 * What a picture of the report is made of. Pictures are drawn once and come out as SVG (in the report, where the browser brings the fonts) or
 * as PNG (files of their own). Coordinates are pixels from the upper left corner; colours are {@code 0xRRGGBB}.
 */
interface Drawing {
    /** Which point of a text its coordinates mean; the height is that of the baseline. */
    enum Anchor {
        START,
        MIDDLE,
        END
    }

    /** A filled rectangle with rounded corners; {@code opacity} 0 to 1. */
    void rectangle(double x, double y, double width, double height, double radius, int colour, double opacity);

    /** Straight pieces from point to point. */
    void line(double[] x, double[] y, int colour, double width, double opacity);

    /** A smooth curve from the first point to the last that bends towards the two between (cubic Bezier). */
    void curve(double[] x, double[] y, int colour, double width, double opacity);

    /** A filled polygon. */
    void polygon(double[] x, double[] y, int colour);

    void text(double x, double y, double size, Anchor anchor, boolean bold, int colour, String text);

    /** A text that runs upwards. */
    void textUpwards(double x, double y, double size, int colour, String text);
}
