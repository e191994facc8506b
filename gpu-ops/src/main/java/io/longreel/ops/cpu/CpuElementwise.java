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
    private static final float INVERSE_SQRT_2_PI = 0.3989423f;

    @Override
    public void geluTanh(Tensor x, Tensor y) {
        Shapes.sameElements(x, y);
        MemorySegment in = x.segment();
        MemorySegment out = y.segment();
        long wholeBytes = wholeBytes(x);
        for (long at = 0; at < wholeBytes; at += VECTOR_BYTES) {
            store(geluTanh(load(in, at)), out, at);
        }
        if (wholeBytes < x.sizeBytes()) {
            VectorMask<Float> tail = VectorMath.tail(x.elements());
            store(geluTanh(load(in, wholeBytes, tail)), out, wholeBytes, tail);
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
        for (long at = 0; at < wholeBytes; at += VECTOR_BYTES) {
            store(geluTanhSlope(load(in, at)).mul(load(gradient, at)), out, at);
        }
        if (wholeBytes < x.sizeBytes()) {
            VectorMask<Float> tail = VectorMath.tail(x.elements());
            FloatVector slope = geluTanhSlope(load(in, wholeBytes, tail));
            store(slope.mul(load(gradient, wholeBytes, tail)), out, wholeBytes, tail);
        }
    }

    /** With {@code s = sigmoid(2 u)}: {@code s + x s (1 - s) (2 u)'}. */
    private static FloatVector geluTanhSlope(FloatVector x) {
        FloatVector s = VectorMath.sigmoid(twiceInner(x));
        FloatVector inner = x.mul(x)
                .fma(
                        FloatVector.broadcast(SPECIES, 6 * SQRT_2_OVER_PI * CUBIC),
                        FloatVector.broadcast(SPECIES, 2 * SQRT_2_OVER_PI));
        FloatVector bend = s.mul(FloatVector.broadcast(SPECIES, 1f).sub(s));
        return x.mul(inner).fma(bend, s);
    }

    @Override
    public void geluErf(Tensor x, Tensor y) {
        Shapes.sameElements(x, y);
        MemorySegment in = x.segment();
        MemorySegment out = y.segment();
        long wholeBytes = wholeBytes(x);
        for (long at = 0; at < wholeBytes; at += VECTOR_BYTES) {
            FloatVector v = load(in, at);
            store(v.mul(VectorMath.normalCdf(v, VectorMath.bell(v))), out, at);
        }
        if (wholeBytes < x.sizeBytes()) {
            VectorMask<Float> tail = VectorMath.tail(x.elements());
            FloatVector v = load(in, wholeBytes, tail);
            store(v.mul(VectorMath.normalCdf(v, VectorMath.bell(v))), out, wholeBytes, tail);
        }
    }

    @Override
    public void geluErfBackward(Tensor x, Tensor dy, Tensor dx) {
        Shapes.sameElements(x, dy, dx);
        MemorySegment in = x.segment();
        MemorySegment gradient = dy.segment();
        MemorySegment out = dx.segment();
        long wholeBytes = wholeBytes(x);
        for (long at = 0; at < wholeBytes; at += VECTOR_BYTES) {
            store(geluErfSlope(load(in, at)).mul(load(gradient, at)), out, at);
        }
        if (wholeBytes < x.sizeBytes()) {
            VectorMask<Float> tail = VectorMath.tail(x.elements());
            FloatVector slope = geluErfSlope(load(in, wholeBytes, tail));
            store(slope.mul(load(gradient, wholeBytes, tail)), out, wholeBytes, tail);
        }
    }

    /** Distribution plus {@code x} times density. */
    private static FloatVector geluErfSlope(FloatVector x) {
        FloatVector bell = VectorMath.bell(x);
        return x.mul(INVERSE_SQRT_2_PI).fma(bell, VectorMath.normalCdf(x, bell));
    }

    @Override
    public void siluMul(Tensor gate, Tensor up, Tensor y) {
        Shapes.sameElements(gate, up, y);
        MemorySegment gates = gate.segment();
        MemorySegment ups = up.segment();
        MemorySegment out = y.segment();
        long wholeBytes = wholeBytes(gate);
        for (long at = 0; at < wholeBytes; at += VECTOR_BYTES) {
            FloatVector g = load(gates, at);
            store(g.mul(VectorMath.sigmoid(g)).mul(load(ups, at)), out, at);
        }
        if (wholeBytes < gate.sizeBytes()) {
            VectorMask<Float> tail = VectorMath.tail(gate.elements());
            FloatVector g = load(gates, wholeBytes, tail);
            store(g.mul(VectorMath.sigmoid(g)).mul(load(ups, wholeBytes, tail)), out, wholeBytes, tail);
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
        for (long at = 0; at < wholeBytes; at += VECTOR_BYTES) {
            FloatVector g = load(gates, at);
            FloatVector d = load(gradient, at);
            FloatVector s = VectorMath.sigmoid(g);
            FloatVector gateGradient = d.mul(load(ups, at)).mul(siluSlope(g, s));
            store(gateGradient, gateOut, at);
            store(d.mul(g).mul(s), upOut, at);
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

    /** {@code s (1 + g (1 - s))}. */
    private static FloatVector siluSlope(FloatVector g, FloatVector s) {
        FloatVector one = FloatVector.broadcast(SPECIES, 1f);
        return s.mul(one.sub(s).fma(g, one));
    }

    @Override
    public void rope(Tensor x_TNH, Tensor cos_TH2, Tensor sin_TH2, boolean inverse) {
        Shapes.rope(x_TNH, cos_TH2, sin_TH2);
        int heads = x_TNH.dim(1);
        int half = x_TNH.dim(2) / 2;
        int whole = SPECIES.loopBound(half);
        VectorMask<Float> tail = VectorMath.tail(half);
        VectorMask<Float> all = SPECIES.maskAll(true);
        for (int t = 0; t < x_TNH.rows(); t++) {
            for (int i = 0; i < half; i += LANES) {
                VectorMask<Float> mask = i < whole ? all : tail;
                long angleAt = ((long) t * half + i) * Float.BYTES;
                FloatVector cos = load(cos_TH2.segment(), angleAt, mask);
                FloatVector sin = load(sin_TH2.segment(), angleAt, mask);
                rotate(
                        x_TNH.segment(),
                        ((long) t * heads * 2 * half + i),
                        heads,
                        half,
                        cos,
                        inverse ? sin.neg() : sin,
                        mask);
            }
        }
    }

    /** Turns one vector of pairs in every head of a token by the same angles. */
    private static void rotate(
            MemorySegment x,
            long index,
            int heads,
            int half,
            FloatVector cos,
            FloatVector sin,
            VectorMask<Float> mask) {
        for (int n = 0; n < heads; n++) {
            long firstAt = (index + (long) n * 2 * half) * Float.BYTES;
            long secondAt = firstAt + (long) half * Float.BYTES;
            FloatVector first = load(x, firstAt, mask);
            FloatVector second = load(x, secondAt, mask);
            store(first.mul(cos).sub(second.mul(sin)), x, firstAt, mask);
            store(second.mul(cos).add(first.mul(sin)), x, secondAt, mask);
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
        for (long at = 0; at < wholeBytes; at += VECTOR_BYTES) {
            store(load(left, at).add(load(right, at)), sum, at);
        }
        if (wholeBytes < a.sizeBytes()) {
            VectorMask<Float> tail = VectorMath.tail(a.elements());
            store(load(left, wholeBytes, tail).add(load(right, wholeBytes, tail)), sum, wholeBytes, tail);
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
        for (long at = 0; at < wholeBytes; at += VECTOR_BYTES) {
            store(load(values, at).mul(factor), values, at);
        }
        if (wholeBytes < x.sizeBytes()) {
            VectorMask<Float> tail = VectorMath.tail(x.elements());
            store(load(values, wholeBytes, tail).mul(factor), values, wholeBytes, tail);
        }
    }

    @Override
    public void axpy(float factor, Tensor x, Tensor y) {
        Shapes.sameElements(x, y);
        MemorySegment in = x.segment();
        MemorySegment out = y.segment();
        FloatVector factors = FloatVector.broadcast(SPECIES, factor);
        long wholeBytes = wholeBytes(x);
        for (long at = 0; at < wholeBytes; at += VECTOR_BYTES) {
            store(load(in, at).fma(factors, load(out, at)), out, at);
        }
        if (wholeBytes < x.sizeBytes()) {
            VectorMask<Float> tail = VectorMath.tail(x.elements());
            store(load(in, wholeBytes, tail).fma(factors, load(out, wholeBytes, tail)), out, wholeBytes, tail);
        }
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
