package io.longreel.ops.plain;

import io.longreel.ops.kernels.ElementwiseKernels;
import io.longreel.ops.kernels.Shapes;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import java.lang.foreign.ValueLayout;

/** Activations, rotary embedding, sums and conversions by their formulas, in double. Stateless; any thread. */
final class PlainElementwise implements ElementwiseKernels {
    private static final double SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);
    private static final double CUBIC = 0.044715;

    @Override
    public void geluTanh(Tensor x, Tensor y) {
        Shapes.sameElements(x, y);
        for (long i = 0; i < x.elements(); i++) {
            double v = x.getFloat(i);
            y.setFloat(i, (float) (0.5 * v * (1 + StrictMath.tanh(SQRT_2_OVER_PI * (v + CUBIC * v * v * v)))));
        }
    }

    @Override
    public void geluTanhBackward(Tensor x, Tensor dy, Tensor dx) {
        Shapes.sameElements(x, dy, dx);
        for (long i = 0; i < x.elements(); i++) {
            double v = x.getFloat(i);
            double t = StrictMath.tanh(SQRT_2_OVER_PI * (v + CUBIC * v * v * v));
            double inner = SQRT_2_OVER_PI * (1 + 3 * CUBIC * v * v);
            dx.setFloat(i, (float) (dy.getFloat(i) * (0.5 * (1 + t) + 0.5 * v * (1 - t * t) * inner)));
        }
    }

    @Override
    public void geluErf(Tensor x, Tensor y) {
        Shapes.sameElements(x, y);
        for (long i = 0; i < x.elements(); i++) {
            double v = x.getFloat(i);
            y.setFloat(i, (float) (v * 0.5 * (1 + erf(v / Math.sqrt(2)))));
        }
    }

    @Override
    public void geluErfBackward(Tensor x, Tensor dy, Tensor dx) {
        Shapes.sameElements(x, dy, dx);
        for (long i = 0; i < x.elements(); i++) {
            double v = x.getFloat(i);
            double cdf = 0.5 * (1 + erf(v / Math.sqrt(2)));
            double pdf = StrictMath.exp(-0.5 * v * v) / Math.sqrt(2 * Math.PI);
            dx.setFloat(i, (float) (dy.getFloat(i) * (cdf + v * pdf)));
        }
    }

    @Override
    public void siluMul(Tensor gate, Tensor up, Tensor y) {
        Shapes.sameElements(gate, up, y);
        for (long i = 0; i < gate.elements(); i++) {
            double g = gate.getFloat(i);
            y.setFloat(i, (float) (g * sigmoid(g) * up.getFloat(i)));
        }
    }

    @Override
    public void siluMulBackward(Tensor gate, Tensor up, Tensor dy, Tensor dGate, Tensor dUp) {
        Shapes.sameElements(gate, up, dy, dGate, dUp);
        for (long i = 0; i < gate.elements(); i++) {
            double g = gate.getFloat(i);
            double u = up.getFloat(i);
            double d = dy.getFloat(i);
            double s = sigmoid(g);
            dGate.setFloat(i, (float) (d * u * s * (1 + g * (1 - s))));
            dUp.setFloat(i, (float) (d * g * s));
        }
    }

    @Override
    public void rope(Tensor x_TNH, Tensor cos_TH2, Tensor sin_TH2, boolean inverse) {
        Shapes.rope(x_TNH, cos_TH2, sin_TH2);
        int heads = x_TNH.dim(1);
        int half = x_TNH.dim(2) / 2;
        for (int t = 0; t < x_TNH.rows(); t++) {
            for (int n = 0; n < heads; n++) {
                long head = ((long) t * heads + n) * 2 * half;
                for (int i = 0; i < half; i++) {
                    double cos = cos_TH2.getFloat((long) t * half + i);
                    double sin = sin_TH2.getFloat((long) t * half + i) * (inverse ? -1 : 1);
                    double first = x_TNH.getFloat(head + i);
                    double second = x_TNH.getFloat(head + half + i);
                    x_TNH.setFloat(head + i, (float) (first * cos - second * sin));
                    x_TNH.setFloat(head + half + i, (float) (second * cos + first * sin));
                }
            }
        }
    }

    @Override
    public void addTo(Tensor x, Tensor y) {
        if (y.dtype() == DType.SUM128) {
            FixedSums.add(x, y);
        } else {
            add(x, y, y);
        }
    }

    @Override
    public void add(Tensor a, Tensor b, Tensor out) {
        Shapes.sameElements(a, b, out);
        for (long i = 0; i < a.elements(); i++) {
            out.setFloat(i, a.getFloat(i) + b.getFloat(i));
        }
    }

    @Override
    public void scale(Tensor x, float factor) {
        Shapes.f32(x);
        for (long i = 0; i < x.elements(); i++) {
            x.setFloat(i, x.getFloat(i) * factor);
        }
    }

    @Override
    public void axpy(float factor, Tensor x, Tensor y) {
        Shapes.sameElements(x, y);
        for (long i = 0; i < x.elements(); i++) {
            y.setFloat(i, (float) (y.getFloat(i) + (double) factor * x.getFloat(i)));
        }
    }

    @Override
    public void narrow(Tensor x, Tensor narrow) {
        Shapes.conversion(x, narrow);
        for (long i = 0; i < x.elements(); i++) {
            short nearest = PlainBrainFloat.nearest(x.segment().getAtIndex(ValueLayout.JAVA_INT, i));
            narrow.segment().setAtIndex(ValueLayout.JAVA_SHORT, i, nearest);
        }
    }

    @Override
    public void widen(Tensor x, Tensor wide) {
        Shapes.conversion(wide, x);
        for (long i = 0; i < x.elements(); i++) {
            int upper = x.segment().getAtIndex(ValueLayout.JAVA_SHORT, i);
            wide.segment().setAtIndex(ValueLayout.JAVA_INT, i, upper << Short.SIZE);
        }
    }

    @Override
    public double sumOfSquares(Tensor x) {
        Shapes.f32(x);
        double sum = 0;
        for (long i = 0; i < x.elements(); i++) {
            double value = x.getFloat(i);
            sum += value * value;
        }
        return sum;
    }

    @Override
    public void round(Tensor sums, Tensor target) {
        Shapes.elements("target", target, sums.elements());
        FixedSums.round(sums, target);
    }

    private static double sigmoid(double x) {
        return 1 / (1 + StrictMath.exp(-x));
    }

    /**
     * Error function by the series {@code 2/sqrt(pi) e^(-x^2) sum 2^n x^(2n+1) / (2n+1)!!} (Abramowitz and Stegun 7.1.6), whose terms all
     * have one sign, so that nothing cancels. Beyond 6 it is 1 to double precision.
     */
    static double erf(double x) {
        if (Double.isNaN(x)) {
            return x;
        }
        if (Math.abs(x) > 6) {
            return Math.signum(x);
        }
        double term = x;
        double sum = x;
        for (int n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return 2 / Math.sqrt(Math.PI) * StrictMath.exp(-x * x) * sum;
    }
}
