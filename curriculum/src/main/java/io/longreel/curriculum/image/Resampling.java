package io.longreel.curriculum.image;

import java.util.Arrays;

/**
 * Changes a picture's size as Pillow's {@code Image.resize} does, byte for byte: the processors of the vision towers resample with it. The
 * method (Pillow's documentation, "Filters"; Turkowski, "Filters for common resampling tasks"): two passes, rows then columns, each output
 * pixel being the weighted mean of the input pixels under a kernel. Where the picture shrinks the kernel is stretched by the shrink factor, so
 * nothing is skipped; at the border it is cut off and its weights scaled to sum 1. Weights are fixed-point numbers of {@value #WEIGHT_BITS}
 * bits behind the point, and each pass ends in bytes, rounded half up.
 */
public enum Resampling {
    /** Triangle of width 2. */
    BILINEAR(1),
    /** Keys' cubic convolution with a = -1/2, of width 4. */
    BICUBIC(2);

    /** 32 bits, less 8 of a level and 2 of room for sums that overshoot. */
    private static final int WEIGHT_BITS = 32 - 8 - 2;

    private static final int HALF = 1 << (WEIGHT_BITS - 1);
    private static final double CUBIC_A = -0.5;

    /** Half the kernel's width, in pixels of the coarser of both pictures. */
    private final double support;

    Resampling(double support) {
        this.support = support;
    }

    /**
     * For each output pixel the input pixels that it is made of, {@code [first, first + count)}, and their weights.
     *
     * @param weights {@code stride} for each output pixel, of which {@code counts} are used
     */
    private record Window(int[] firsts, int[] counts, int[] weights, int stride) {}

    /** {@code picture} in another size; itself when it has that size already. */
    public Picture resize(Picture picture, int width, int height) {
        PictureSize target = new PictureSize(width, height);
        Math.toIntExact(Math.max(target.pixels(), (long) width * picture.height()) * Picture.CHANNELS);
        byte[] rgb = picture.borrow();
        if (width != picture.width()) {
            rgb = resizeRows(rgb, picture.width(), picture.height(), window(picture.width(), width), width);
        }
        if (height != picture.height()) {
            rgb = resizeColumns(rgb, width * Picture.CHANNELS, window(picture.height(), height), height);
        }
        return rgb == picture.borrow() ? picture : Picture.transfer(target, rgb);
    }

    private Window window(int from, int to) {
        double scale = (double) from / to;
        double stretch = Math.max(scale, 1.0);
        double reach = support * stretch;
        int stride = (int) Math.ceil(reach) * 2 + 1;
        double shrink = 1.0 / stretch;
        int[] firsts = new int[to];
        int[] counts = new int[to];
        int[] weights = new int[Math.multiplyExact(to, stride)];
        double[] exact = new double[stride];
        for (int i = 0; i < to; i++) {
            double centre = (i + 0.5) * scale;
            int first = Math.max(0, (int) (centre - reach + 0.5));
            int count = Math.min(from, (int) (centre + reach + 0.5)) - first;
            double sum = 0;
            for (int k = 0; k < count; k++) {
                exact[k] = kernel((k + first - centre + 0.5) * shrink);
                sum += exact[k];
            }
            for (int k = 0; k < count; k++) {
                double weight = sum == 0 ? exact[k] : exact[k] / sum;
                weights[i * stride + k] = (int) (weight * (1 << WEIGHT_BITS) + (weight < 0 ? -0.5 : 0.5));
            }
            firsts[i] = first;
            counts[i] = count;
        }
        return new Window(firsts, counts, weights, stride);
    }

    /** (height, from, 3) -> (height, to, 3) */
    private static byte[] resizeRows(byte[] source, int from, int height, Window window, int to) {
        byte[] target = new byte[to * height * Picture.CHANNELS];
        int out = 0;
        for (int y = 0; y < height; y++) {
            int row = y * from * Picture.CHANNELS;
            for (int x = 0; x < to; x++) {
                int red = HALF;
                int green = HALF;
                int blue = HALF;
                int in = row + window.firsts[x] * Picture.CHANNELS;
                int weightsFrom = x * window.stride;
                int weightsTo = weightsFrom + window.counts[x];
                for (int k = weightsFrom; k < weightsTo; k++) {
                    int weight = window.weights[k];
                    red += (source[in] & 0xFF) * weight;
                    green += (source[in + 1] & 0xFF) * weight;
                    blue += (source[in + 2] & 0xFF) * weight;
                    in += Picture.CHANNELS;
                }
                target[out] = level(red);
                target[out + 1] = level(green);
                target[out + 2] = level(blue);
                out += Picture.CHANNELS;
            }
        }
        return target;
    }

    /** (from, rowBytes) -> (to, rowBytes): a row at a time, so that memory is read in order. */
    private static byte[] resizeColumns(byte[] source, int rowBytes, Window window, int to) {
        byte[] target = new byte[to * rowBytes];
        int[] sums = new int[rowBytes];
        for (int y = 0; y < to; y++) {
            Arrays.fill(sums, HALF);
            for (int k = 0; k < window.counts[y]; k++) {
                int weight = window.weights[y * window.stride + k];
                int in = (window.firsts[y] + k) * rowBytes;
                for (int i = 0; i < rowBytes; i++) {
                    sums[i] += (source[in + i] & 0xFF) * weight;
                }
            }
            for (int i = 0; i < rowBytes; i++) {
                target[y * rowBytes + i] = level(sums[i]);
            }
        }
        return target;
    }

    private static byte level(int sum) {
        return (byte) Math.clamp(sum >> WEIGHT_BITS, 0, 255);
    }

    private double kernel(double x) {
        return switch (this) {
            case BILINEAR -> Math.max(0, 1 - Math.abs(x));
            case BICUBIC -> cubic(x);
        };
    }

    private static double cubic(double x) {
        double t = Math.abs(x);
        if (t < 1) {
            return ((CUBIC_A + 2) * t - (CUBIC_A + 3)) * t * t + 1;
        }
        return t < 2 ? (((t - 5) * t + 8) * t - 4) * CUBIC_A : 0;
    }
}
