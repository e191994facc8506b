package io.longreel.curriculum.eval;

import java.awt.AlphaComposite;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.geom.CubicCurve2D;
import java.awt.geom.Path2D;
import java.awt.geom.RoundRectangle2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.ImageIO;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A drawing as PNG, at twice the resolution of its coordinates, without a display. A machine without any font (small containers have none)
 * still gets the picture, with its texts left out and one warning: the result files say the same. Belongs to one thread.
 */
final class PngDrawing implements Drawing {
    private static final Logger LOG = LoggerFactory.getLogger(PngDrawing.class);
    private static final double SCALE = 2;

    private final BufferedImage image;
    private final Graphics2D graphics;
    private boolean hasFonts = true;

    PngDrawing(double width, double height) {
        this.image = new BufferedImage(
                (int) Math.ceil(width * SCALE), (int) Math.ceil(height * SCALE), BufferedImage.TYPE_INT_RGB);
        this.graphics = image.createGraphics();
        graphics.scale(SCALE, SCALE);
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
        rectangle(0, 0, width, height, 0, 0xffffff, 1);
    }

    /** The finished picture; nothing can be drawn after it. */
    byte[] finish() {
        graphics.dispose();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", bytes);
        } catch (IOException e) {
            throw new UncheckedIOException("a picture in memory cannot fail to be written", e);
        }
        return bytes.toByteArray();
    }

    @Override
    public void rectangle(double x, double y, double width, double height, double radius, int colour, double opacity) {
        paint(colour, opacity);
        graphics.fill(new RoundRectangle2D.Double(x, y, width, height, 2 * radius, 2 * radius));
    }

    @Override
    public void line(double[] x, double[] y, int colour, double width, double opacity) {
        paint(colour, opacity);
        graphics.setStroke(new BasicStroke((float) width, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
        graphics.draw(path(x, y));
    }

    @Override
    public void curve(double[] x, double[] y, int colour, double width, double opacity) {
        paint(colour, opacity);
        graphics.setStroke(new BasicStroke((float) width, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
        graphics.draw(new CubicCurve2D.Double(x[0], y[0], x[1], y[1], x[2], y[2], x[3], y[3]));
    }

    @Override
    public void polygon(double[] x, double[] y, int colour) {
        paint(colour, 1);
        graphics.fill(path(x, y));
    }

    @Override
    public void text(double x, double y, double size, Anchor anchor, boolean bold, int colour, String text) {
        paint(colour, 1);
        write(x, y, size, anchor, bold, text);
    }

    @Override
    public void textUpwards(double x, double y, double size, int colour, String text) {
        paint(colour, 1);
        graphics.translate(x, y);
        graphics.rotate(-Math.PI / 2);
        write(0, 0, size, Anchor.MIDDLE, false, text);
        graphics.rotate(Math.PI / 2);
        graphics.translate(-x, -y);
    }

    /** A picture of levels, stretched to a rectangle. */
    void image(BufferedImage picture, double x, double y, double width, double height) {
        graphics.setComposite(AlphaComposite.SrcOver);
        graphics.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
        AffineTransform place = AffineTransform.getTranslateInstance(x, y);
        place.scale(width / picture.getWidth(), height / picture.getHeight());
        graphics.drawImage(picture, place, null);
    }

    /** How wide a text would be; 0 where there is no font. */
    double textWidth(double size, boolean bold, String text) {
        if (!hasFonts) {
            return 0;
        }
        try {
            graphics.setFont(font(size, bold));
            return graphics.getFontMetrics().getStringBounds(text, graphics).getWidth();
        } catch (LinkageError | InternalError | NullPointerException e) {
            noFonts(e);
            return 0;
        }
    }

    private static Font font(double size, boolean bold) {
        return new Font(Font.SANS_SERIF, bold ? Font.BOLD : Font.PLAIN, 1).deriveFont((float) size);
    }

    /** What the JDK throws where its font libraries or every font is missing. */
    private void noFonts(Throwable thrown) {
        hasFonts = false;
        LOG.warn("picture.unlabelled reason=no-fonts error={}", thrown.toString());
    }

    private void write(double x, double y, double size, Anchor anchor, boolean bold, String text) {
        if (!hasFonts) {
            return;
        }
        try {
            graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
            graphics.setRenderingHint(RenderingHints.KEY_FRACTIONALMETRICS, RenderingHints.VALUE_FRACTIONALMETRICS_ON);
            graphics.setFont(font(size, bold));
            double width =
                    graphics.getFontMetrics().getStringBounds(text, graphics).getWidth();
            double shift = switch (anchor) {
                case START -> 0;
                case MIDDLE -> width / 2;
                case END -> width;
            };
            graphics.drawString(text, (float) (x - shift), (float) y);
        } catch (LinkageError | InternalError | NullPointerException e) {
            noFonts(e);
        }
    }

    private void paint(int colour, double opacity) {
        graphics.setComposite(AlphaComposite.getInstance(AlphaComposite.SRC_OVER, (float) opacity));
        graphics.setColor(new Color(colour));
    }

    private static Path2D path(double[] x, double[] y) {
        Path2D path = new Path2D.Double();
        path.moveTo(x[0], y[0]);
        for (int i = 1; i < x.length; i++) {
            path.lineTo(x[i], y[i]);
        }
        return path;
    }
}
