package io.longreel.ops.cpu;

import static io.longreel.ops.cpu.VectorMath.LANES;
import static io.longreel.ops.cpu.VectorMath.SPECIES;
import static io.longreel.ops.cpu.VectorMath.VECTOR_BYTES;
import static io.longreel.ops.cpu.VectorMath.load;
import static io.longreel.ops.cpu.VectorMath.store;

import io.longreel.ops.kernels.ElementwiseKernels;
import io.longreel.ops.kernels.Shapes;
import io.longreel.ops.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * Activations, rotary embedding and sums in vector loops; the last, partial vector of a tensor is a masked one, so that every element goes
 * through the same arithmetic. Stateless; any thread.
 */
final class CpuElementwise implements ElementwiseKernels {
    private static final float SQRT_2_OVER_PI = 0.7978846f;
    private static final float CUBIC = 0.044715f;
    /**
     * What one call of a loop takes at most. Until the second compiler has seen a loop its vectors are objects, a hundred times as slow; it looks at methods that are
     * called some hundred times, and a loop over a whole tensor would have to be called by as many tensors.
     */
    private static final long STRIP_BYTES = 64L * VECTOR_BYTES;

    @Override
    public void geluTanh(Tensor x, Tensor y) {
        Shapes.sameElements(x, y);
        MemorySegment in = x.segment();
        MemorySegment out = y.segment();
        long wholeBytes = wholeBytes(x);
        for (long at = 0; at < wholeBytes; at += STRIP_BYTES) {
            geluTanhStrip(in, out, at, Math.min(wholeBytes, at + STRIP_BYTES));
        }
        if (wholeBytes < x.sizeBytes()) {
            VectorMask<Float> tail = VectorMath.tail(x.elements());
            store(geluTanh(load(in, wholeBytes, tail)), out, wholeBytes, tail);
        }
    }

    private static void geluTanhStrip(MemorySegment in, MemorySegment out, long from, long to) {
        for (long at = from; at < to; at += VECTOR_BYTES) {
            store(geluTanh(load(in, at)), out, at);
        }
    }

    /** {@code (1 + tanh u) / 2} is {@code sigmoid(2 u)}. */
    private static FloatVector geluTanh(FloatVector x) {
        return x.mul(VectorMath.sigmoid(twiceInner(x)));
    }

    private static FloatVector twiceInner(FloatVector x) {
        FloatVector factor = x.mul(x)
                .fma(
                        FloatVector.broadcast(SPECIES, 2 * SQRT_2_OVER_PI * CUBIC),
                        FloatVector.broadcast(SPECIES, 2 * SQRT_2_OVER_PI));
        return x.mul(factor);
    }

    @Override
    public void geluTanhBackward(Tensor x, Tensor dy, Tensor dx) {
        Shapes.sameElements(x, dy, dx);
        MemorySegment in = x.segment();
        MemorySegment gradient = dy.segment();
        MemorySegment out = dx.segment();
        long wholeBytes = wholeBytes(x);
        for (long at = 0; at < wholeBytes; at += STRIP_BYTES) {
            geluTanhBackwardStrip(in, gradient, out, at, Math.min(wholeBytes, at + STRIP_BYTES));
        }
        if (wholeBytes < x.sizeBytes()) {
            VectorMask<Float> tail = VectorMath.tail(x.elements());
            FloatVector slope = geluTanhSlope(load(in, wholeBytes, tail));
            store(slope.mul(load(gradient, wholeBytes, tail)), out, wholeBytes, tail);
        }
    }

    private static void geluTanhBackwardStrip(
            MemorySegment in, MemorySegment gradient, MemorySegment out, long from, long to) {
        for (long at = from; at < to; at += VECTOR_BYTES) {
            store(geluTanhSlope(load(in, at)).mul(load(gradient, at)), out, at);
        }
    }

    /** With {@code s = sigmoid(2 u)}: {@code s + x s (1 - s) (2 u)'}. */
    private static FloatVector geluTanhSlope(FloatVector x) {
        FloatVector s = VectorMath.sigmoid(twiceInner(x));
        FloatVector inner = x.mul(x)
                .fma(
                        FloatVector.broadcast(SPECIES, 6 * SQRT_2_OVER_PI * CUBIC),
                        FloatVector.broadcast(SPECIES, 2 * SQRT_2_OVER_PI));
        FloatVector bend = s.mul(VectorMath.ONE.sub(s));
        return x.mul(inner).fma(bend, s);
    }

    @Override
    public void geluErf(Tensor x, Tensor y) {
        Shapes.sameElements(x, y);
        MemorySegment in = x.segment();
        MemorySegment out = y.segment();
        long wholeBytes = wholeBytes(x);
        for (long at = 0; at < wholeBytes; at += STRIP_BYTES) {
            geluErfStrip(in, out, at, Math.min(wholeBytes, at + STRIP_BYTES));
        }
        if (wholeBytes < x.sizeBytes()) {
            VectorMask<Float> tail = VectorMath.tail(x.elements());
            FloatVector v = load(in, wholeBytes, tail);
            store(v.mul(VectorMath.normalCdf(v)), out, wholeBytes, tail);
        }
    }

    private static void geluErfStrip(MemorySegment in, MemorySegment out, long from, long to) {
        for (long at = from; at < to; at += VECTOR_BYTES) {
            FloatVector v = load(in, at);
            store(v.mul(VectorMath.normalCdf(v)), out, at);
        }
    }

    @Override
    public void geluErfBackward(Tensor x, Tensor dy, Tensor dx) {
        Shapes.sameElements(x, dy, dx);
        MemorySegment in = x.segment();
        MemorySegment gradient = dy.segment();
        MemorySegment out = dx.segment();
        long wholeBytes = wholeBytes(x);
        for (long at = 0; at < wholeBytes; at += STRIP_BYTES) {
            geluErfBackwardStrip(in, gradient, out, at, Math.min(wholeBytes, at + STRIP_BYTES));
        }
        if (wholeBytes < x.sizeBytes()) {
            VectorMask<Float> tail = VectorMath.tail(x.elements());
            FloatVector slope = VectorMath.normalCdfProductSlope(load(in, wholeBytes, tail));
            store(slope.mul(load(gradient, wholeBytes, tail)), out, wholeBytes, tail);
        }
    }

    private static void geluErfBackwardStrip(
            MemorySegment in, MemorySegment gradient, MemorySegment out, long from, long to) {
        for (long at = from; at < to; at += VECTOR_BYTES) {
            store(VectorMath.normalCdfProductSlope(load(in, at)).mul(load(gradient, at)), out, at);
        }
    }

    @Override
    public void siluMul(Tensor gate, Tensor up, Tensor y) {
        Shapes.sameElements(gate, up, y);
        MemorySegment gates = gate.segment();
        MemorySegment ups = up.segment();
        MemorySegment out = y.segment();
        long wholeBytes = wholeBytes(gate);
        for (long at = 0; at < wholeBytes; at += STRIP_BYTES) {
            siluMulStrip(gates, ups, out, at, Math.min(wholeBytes, at + STRIP_BYTES));
        }
        if (wholeBytes < gate.sizeBytes()) {
            VectorMask<Float> tail = VectorMath.tail(gate.elements());
            FloatVector g = load(gates, wholeBytes, tail);
            store(g.mul(VectorMath.sigmoid(g)).mul(load(ups, wholeBytes, tail)), out, wholeBytes, tail);
        }
    }

    private static void siluMulStrip(MemorySegment gates, MemorySegment ups, MemorySegment out, long from, long to) {
        for (long at = from; at < to; at += VECTOR_BYTES) {
            FloatVector g = load(gates, at);
            store(g.mul(VectorMath.sigmoid(g)).mul(load(ups, at)), out, at);
        }
    }

    @Override
    public void siluMulBackward(Tensor gate, Tensor up, Tensor dy, Tensor dGate, Tensor dUp) {
        Shapes.sameElements(gate, up, dy, dGate, dUp);
        MemorySegment gates = gate.segment();
        MemorySegment ups = up.segment();
        MemorySegment gradient = dy.segment();
        MemorySegment gateOut = dGate.segment();
        MemorySegment upOut = dUp.segment();
        long wholeBytes = wholeBytes(gate);
        for (long at = 0; at < wholeBytes; at += STRIP_BYTES) {
            siluMulBackwardStrip(gates, ups, gradient, gateOut, upOut, at, Math.min(wholeBytes, at + STRIP_BYTES));
        }
        if (wholeBytes < gate.sizeBytes()) {
            VectorMask<Float> tail = VectorMath.tail(gate.elements());
            FloatVector g = load(gates, wholeBytes, tail);
            FloatVector d = load(gradient, wholeBytes, tail);
            FloatVector s = VectorMath.sigmoid(g);
            FloatVector gateGradient = d.mul(load(ups, wholeBytes, tail)).mul(siluSlope(g, s));
            store(gateGradient, gateOut, wholeBytes, tail);
            store(d.mul(g).mul(s), upOut, wholeBytes, tail);
        }
    }

    private static void siluMulBackwardStrip(
            MemorySegment gates,
            MemorySegment ups,
            MemorySegment gradient,
            MemorySegment gateOut,
            MemorySegment upOut,
            long from,
            long to) {
        for (long at = from; at < to; at += VECTOR_BYTES) {
            FloatVector g = load(gates, at);
            FloatVector d = load(gradient, at);
            FloatVector s = VectorMath.sigmoid(g);
            FloatVector gateGradient = d.mul(load(ups, at)).mul(siluSlope(g, s));
            store(gateGradient, gateOut, at);
            store(d.mul(g).mul(s), upOut, at);
        }
    }

    /** {@code s (1 + g (1 - s))}. */
    private static FloatVector siluSlope(FloatVector g, FloatVector s) {
        return s.mul(VectorMath.ONE.sub(s).fma(g, VectorMath.ONE));
    }

    @Override
    public void rope(Tensor x_TNH, Tensor cos_TH2, Tensor sin_TH2, boolean inverse) {
        Shapes.rope(x_TNH, cos_TH2, sin_TH2);
        MemorySegment x = x_TNH.segment();
        MemorySegment cos = cos_TH2.segment();
        MemorySegment sin = sin_TH2.segment();
        int heads = x_TNH.dim(1);
        int half = x_TNH.dim(2) / 2;
        long halfBytes = (long) half * Float.BYTES;
        float sign = inverse ? -1f : 1f;
        for (int t = 0; t < x_TNH.rows(); t++) {
            for (int n = 0; n < heads; n++) {
                rotate(x, ((long) t * heads + n) * 2 * halfBytes, half, cos, sin, t * halfBytes, sign);
            }
        }
    }

    /** Turns the pairs of one head; byte offsets of its first dim and of the token's first angle. */
    private static void rotate(
            MemorySegment x, long headAt, int half, MemorySegment cos, MemorySegment sin, long angleAt, float sign) {
        long halfBytes = (long) half * Float.BYTES;
        int whole = SPECIES.loopBound(half);
        for (int i = 0; i < whole; i += LANES) {
            long at = (long) i * Float.BYTES;
            FloatVector c = load(cos, angleAt + at);
            FloatVector s = load(sin, angleAt + at).mul(sign);
            FloatVector first = load(x, headAt + at);
            FloatVector second = load(x, headAt + halfBytes + at);
            store(first.mul(c).sub(second.mul(s)), x, headAt + at);
            store(second.mul(c).add(first.mul(s)), x, headAt + halfBytes + at);
        }
        if (whole < half) {
            VectorMask<Float> tail = VectorMath.tail(half);
            long at = (long) whole * Float.BYTES;
            FloatVector c = load(cos, angleAt + at, tail);
            FloatVector s = load(sin, angleAt + at, tail).mul(sign);
            FloatVector first = load(x, headAt + at, tail);
            FloatVector second = load(x, headAt + halfBytes + at, tail);
            store(first.mul(c).sub(second.mul(s)), x, headAt + at, tail);
            store(second.mul(c).add(first.mul(s)), x, headAt + halfBytes + at, tail);
        }
    }

    @Override
    public void addTo(Tensor x, Tensor y) {
        add(x, y, y);
    }

    @Override
    public void add(Tensor a, Tensor b, Tensor out) {
        Shapes.sameElements(a, b, out);
        MemorySegment left = a.segment();
        MemorySegment right = b.segment();
        MemorySegment sum = out.segment();
        long wholeBytes = wholeBytes(a);
        for (long at = 0; at < wholeBytes; at += STRIP_BYTES) {
            addStrip(left, right, sum, at, Math.min(wholeBytes, at + STRIP_BYTES));
        }
        if (wholeBytes < a.sizeBytes()) {
            VectorMask<Float> tail = VectorMath.tail(a.elements());
            store(load(left, wholeBytes, tail).add(load(right, wholeBytes, tail)), sum, wholeBytes, tail);
        }
    }

    private static void addStrip(MemorySegment left, MemorySegment right, MemorySegment sum, long from, long to) {
        for (long at = from; at < to; at += VECTOR_BYTES) {
            store(load(left, at).add(load(right, at)), sum, at);
        }
    }

    @Override
    public void scale(Tensor x, float factor) {
        Shapes.f32(x);
        scaleBy(x, factor);
    }

    static void scaleBy(Tensor x, float factor) {
        MemorySegment values = x.segment();
        long wholeBytes = wholeBytes(x);
        for (long at = 0; at < wholeBytes; at += STRIP_BYTES) {
            scaleStrip(values, factor, at, Math.min(wholeBytes, at + STRIP_BYTES));
        }
        if (wholeBytes < x.sizeBytes()) {
            VectorMask<Float> tail = VectorMath.tail(x.elements());
            store(load(values, wholeBytes, tail).mul(factor), values, wholeBytes, tail);
        }
    }

    private static void scaleStrip(MemorySegment values, float factor, long from, long to) {
        for (long at = from; at < to; at += VECTOR_BYTES) {
            store(load(values, at).mul(factor), values, at);
        }
    }

    @Override
    public void axpy(float factor, Tensor x, Tensor y) {
        Shapes.sameElements(x, y);
        MemorySegment in = x.segment();
        MemorySegment out = y.segment();
        FloatVector factors = FloatVector.broadcast(SPECIES, factor);
        long wholeBytes = wholeBytes(x);
        for (long at = 0; at < wholeBytes; at += STRIP_BYTES) {
            axpyStrip(in, out, factor, at, Math.min(wholeBytes, at + STRIP_BYTES));
        }
        if (wholeBytes < x.sizeBytes()) {
            VectorMask<Float> tail = VectorMath.tail(x.elements());
            store(load(in, wholeBytes, tail).fma(factors, load(out, wholeBytes, tail)), out, wholeBytes, tail);
        }
    }

    private static void axpyStrip(MemorySegment in, MemorySegment out, float factor, long from, long to) {
        for (long at = from; at < to; at += VECTOR_BYTES) {
            store(load(in, at).fma(FloatVector.broadcast(SPECIES, factor), load(out, at)), out, at);
        }
    }

    @Override
    public void narrow(Tensor x, Tensor narrow) {
        Shapes.conversion(x, narrow);
        BrainFloats.narrow(x.segment(), narrow.segment(), x.elements());
    }

    @Override
    public void widen(Tensor x, Tensor wide) {
        Shapes.conversion(wide, x);
        BrainFloats.widen(x.segment(), wide.segment(), x.elements());
    }

    /** Four running sums in plain loops: as fast as memory, and the order is the same on every processor, whatever its vectors. */
    @Override
    public double sumOfSquares(Tensor x) {
        Shapes.f32(x);
        MemorySegment values = x.segment();
        double sum0 = 0;
        double sum1 = 0;
        double sum2 = 0;
        double sum3 = 0;
        long elements = x.elements();
        long whole = elements / 4 * 4;
        for (long i = 0; i < whole; i += 4) {
            double v0 = values.getAtIndex(ValueLayout.JAVA_FLOAT, i);
            double v1 = values.getAtIndex(ValueLayout.JAVA_FLOAT, i + 1);
            double v2 = values.getAtIndex(ValueLayout.JAVA_FLOAT, i + 2);
            double v3 = values.getAtIndex(ValueLayout.JAVA_FLOAT, i + 3);
            sum0 += v0 * v0;
            sum1 += v1 * v1;
            sum2 += v2 * v2;
            sum3 += v3 * v3;
        }
        for (long i = whole; i < elements; i++) {
            double v = values.getAtIndex(ValueLayout.JAVA_FLOAT, i);
            sum0 += v * v;
        }
        return (sum0 + sum1) + (sum2 + sum3);
    }

    /** Bytes of whole vectors. */
    private static long wholeBytes(Tensor x) {
        return x.sizeBytes() / VECTOR_BYTES * VECTOR_BYTES;
    }
}
