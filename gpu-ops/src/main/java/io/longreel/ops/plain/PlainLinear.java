package io.longreel.ops.plain;

import io.longreel.ops.exact.FixedSum;
import io.longreel.ops.kernels.LinearKernels;
import io.longreel.ops.kernels.Shapes;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import java.lang.foreign.ValueLayout;

/** Matrix products by the definition: one dot product per element, summed in double. Stateless; any thread. */
final class PlainLinear implements LinearKernels {

    @Override
    public void matmul(boolean transposeA, Tensor a, boolean transposeB, Tensor b, float beta, Tensor c) {
        if (c.dtype() == DType.SUM128) {
            addProducts(transposeA, a, transposeB, b, beta, c);
            return;
        }
        Shapes.matmul(transposeA, a, transposeB, b, c);
        int inner = transposeA ? a.rows() : a.columns();
        long strideA = a.columns();
        long strideB = b.columns();
        for (int i = 0; i < c.rows(); i++) {
            for (int j = 0; j < c.columns(); j++) {
                double sum = 0;
                for (int p = 0; p < inner; p++) {
                    double left = value(a, transposeA ? p * strideA + i : i * strideA + p);
                    double right = value(b, transposeB ? j * strideB + p : p * strideB + j);
                    sum += left * right;
                }
                long at = (long) i * c.columns() + j;
                // beta = 0 overwrites: what was there may be undefined, even NaN.
                c.setFloat(at, (float) (beta == 0f ? sum : sum + beta * c.getFloat(at)));
            }
        }
    }

    /** {@code c += op(a) op(b)}, each product (exact in double) a term of its own. */
    private static void addProducts(boolean transposeA, Tensor a, boolean transposeB, Tensor b, float beta, Tensor c) {
        Shapes.matmulInto(transposeA, a, transposeB, b, c);
        if (beta != 1f) {
            throw new IllegalArgumentException("exact sums are only added to: beta=%s c=%s".formatted(beta, c));
        }
        int inner = transposeA ? a.rows() : a.columns();
        long strideA = a.columns();
        long strideB = b.columns();
        FixedSum sum = new FixedSum();
        double[] terms = new double[FixedSum.BLOCK];
        for (int i = 0; i < c.rows(); i++) {
            for (int j = 0; j < c.columns(); j++) {
                long at = (long) i * c.columns() + j;
                sum.load(c, at);
                for (int start = 0; start < inner; start += terms.length) {
                    int count = Math.min(terms.length, inner - start);
                    for (int p = start; p < start + count; p++) {
                        double left = value(a, transposeA ? p * strideA + i : i * strideA + p);
                        double right = value(b, transposeB ? j * strideB + p : p * strideB + j);
                        terms[p - start] = left * right;
                    }
                    sum.add(terms, count);
                }
                sum.store(c, at);
            }
        }
    }

    /** Of F32 or BF16. */
    private static double value(Tensor tensor, long at) {
        return tensor.dtype() == DType.BF16
                ? Float.intBitsToFloat(tensor.segment().getAtIndex(ValueLayout.JAVA_SHORT, at) << Short.SIZE)
                : tensor.getFloat(at);
    }

    @Override
    public void linearPart(Tensor x, Tensor w, int from, Tensor y) {
        Shapes.linearPart(x, w, from, y);
        for (int i = 0; i < y.rows(); i++) {
            for (int j = 0; j < y.columns(); j++) {
                double sum = 0;
                for (int p = 0; p < x.columns(); p++) {
                    sum += value(x, (long) i * x.columns() + p) * value(w, (long) j * w.columns() + from + p);
                }
                y.setFloat((long) i * y.columns() + j, (float) sum);
            }
        }
    }

    @Override
    public void addBias(Tensor y, Tensor bias) {
        Shapes.f32(y);
        Shapes.elements("bias", bias, y.columns());
        for (int i = 0; i < y.rows(); i++) {
            for (int j = 0; j < y.columns(); j++) {
                long at = (long) i * y.columns() + j;
                y.setFloat(at, y.getFloat(at) + bias.getFloat(j));
            }
        }
    }

    @Override
    public void biasGradient(Tensor dy, Tensor dBias) {
        Shapes.f32(dy);
        GradientSums sums = GradientSums.into("dBias", dBias, dy.columns());
        for (int i = 0; i < dy.rows(); i++) {
            for (int j = 0; j < dy.columns(); j++) {
                sums.add(j, dy.getFloat((long) i * dy.columns() + j));
            }
        }
        sums.finish();
    }
}
