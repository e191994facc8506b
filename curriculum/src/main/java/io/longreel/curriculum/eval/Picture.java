package io.longreel.curriculum.eval;

/** Something that can be drawn, on whatever it is asked for. */
interface Picture {
    String title();

    double width();

    double height();

    void draw(Drawing drawing);

    /** For a page. */
    default String svg() {
        SvgDrawing drawing = new SvgDrawing(width(), height(), title());
        draw(drawing);
        return drawing.finish();
    }

    /** For a file of its own. */
    default byte[] png() {
        PngDrawing drawing = new PngDrawing(width(), height());
        draw(drawing);
        return drawing.finish();
    }
}
