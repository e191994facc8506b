package io.longreel.curriculum.eval;

import java.util.Locale;

/** A drawing as SVG text that stands for itself: no style sheet, no font file, no script. Belongs to one thread. */
final class SvgDrawing implements Drawing {
    private static final String FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";

    private final StringBuilder svg = new StringBuilder();

    SvgDrawing(double width, double height, String title) {
        svg.append("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %s %s\" role=\"img\" aria-label=\"%s\" "
                .formatted(number(width), number(height), escape(title)));
        svg.append("font-family=\"").append(FONTS).append("\">\n");
    }

    /** The finished picture; nothing can be drawn after it. */
    String finish() {
        return svg.append("</svg>\n").toString();
    }

    /** Text with the five characters replaced that mean something in XML. */
    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }

    @Override
    public void rectangle(double x, double y, double width, double height, double radius, int colour, double opacity) {
        svg.append("<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" rx=\"%s\" fill=\"%s\"%s/>\n"
                .formatted(
                        number(x),
                        number(y),
                        number(width),
                        number(height),
                        number(radius),
                        hex(colour),
                        opacity < 1 ? " fill-opacity=\"" + number(opacity) + "\"" : ""));
    }

    @Override
    public void line(double[] x, double[] y, int colour, double width, double opacity) {
        StringBuilder points = new StringBuilder();
        for (int i = 0; i < x.length; i++) {
            points.append(i == 0 ? "" : " ").append(number(x[i])).append(',').append(number(y[i]));
        }
        svg.append("<polyline points=\"").append(points).append('"').append(stroke(colour, width, opacity));
    }

    @Override
    public void curve(double[] x, double[] y, int colour, double width, double opacity) {
        svg.append("<path d=\"M%s %s C%s %s %s %s %s %s\""
                        .formatted(
                                number(x[0]),
                                number(y[0]),
                                number(x[1]),
                                number(y[1]),
                                number(x[2]),
                                number(y[2]),
                                number(x[3]),
                                number(y[3])))
                .append(stroke(colour, width, opacity));
    }

    @Override
    public void polygon(double[] x, double[] y, int colour) {
        StringBuilder points = new StringBuilder();
        for (int i = 0; i < x.length; i++) {
            points.append(i == 0 ? "" : " ").append(number(x[i])).append(',').append(number(y[i]));
        }
        svg.append("<polygon points=\"%s\" fill=\"%s\"/>\n".formatted(points, hex(colour)));
    }

    @Override
    public void text(double x, double y, double size, Anchor anchor, boolean bold, int colour, String text) {
        svg.append("<text x=\"%s\" y=\"%s\" font-size=\"%s\" text-anchor=\"%s\"%s fill=\"%s\">%s</text>\n"
                .formatted(
                        number(x),
                        number(y),
                        number(size),
                        anchor.name().toLowerCase(Locale.ROOT),
                        bold ? " font-weight=\"600\"" : "",
                        hex(colour),
                        escape(text)));
    }

    @Override
    public void textUpwards(double x, double y, double size, int colour, String text) {
        svg.append(
                "<text transform=\"translate(%s %s) rotate(-90)\" font-size=\"%s\" text-anchor=\"middle\" fill=\"%s\">%s</text>\n"
                        .formatted(number(x), number(y), number(size), hex(colour), escape(text)));
    }

    private static String stroke(int colour, double width, double opacity) {
        return " fill=\"none\" stroke=\"%s\" stroke-width=\"%s\" stroke-linejoin=\"round\" stroke-linecap=\"round\"%s/>\n"
                .formatted(
                        hex(colour), number(width), opacity < 1 ? " stroke-opacity=\"" + number(opacity) + "\"" : "");
    }

    private static String hex(int colour) {
        return "#%06x".formatted(colour);
    }

    private static String number(double value) {
        String text = String.format(Locale.ROOT, "%.2f", value);
        return text.endsWith(".00") ? text.substring(0, text.length() - 3) : text;
    }
}
