package io.longreel.model.plan;

import io.longreel.ops.exact.ExactSum;
import io.longreel.ops.kernels.AttentionKernels;
import io.longreel.ops.kernels.ElementwiseKernels;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.kernels.KeyRanges;
import io.longreel.ops.kernels.LinearKernels;
import io.longreel.ops.kernels.LossKernels;
import io.longreel.ops.kernels.NormKernels;
import io.longreel.ops.kernels.OptimizerKernels;
import io.longreel.ops.kernels.RowKernels;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Kernels that compute nothing and touch no memory; only the scratch that attention would take is taken and given back, so that the arena's peak is the
 * real one.
 *
 * @param real the device whose scratch needs are asked for
 */
record PlanningKernels(Kernels real) implements Kernels {

    @Override
    public LinearKernels linear() {
        return Linear.NONE;
    }

    @Override
    public NormKernels norm() {
        return Norm.NONE;
    }

    @Override
    public ElementwiseKernels elementwise() {
        return Elementwise.NONE;
    }

    @Override
    public RowKernels rows() {
        return Rows.NONE;
    }

    @Override
    public AttentionKernels attention() {
        return new Attention(real.attention());
    }

    @Override
    public LossKernels loss() {
        return Loss.NONE;
    }

    @Override
    public OptimizerKernels optimizer() {
        throw new IllegalStateException("the optimizer's memory is not part of a step's plan");
    }

    @Override
    public DType operands() {
        return real.operands();
    }

    private enum Linear implements LinearKernels {
        NONE;

        @Override
        public void matmul(boolean transposeA, Tensor a, boolean transposeB, Tensor b, float beta, Tensor c) {}

        @Override
        public void linearPart(Tensor x, Tensor w, int from, Tensor y) {}

        @Override
        public void addBias(Tensor y, Tensor bias) {}

        @Override
        public void biasGradient(Tensor dy, Tensor dBias) {}
    }

    private enum Norm implements NormKernels {
        NONE;

        @Override
        public void layerNorm(Tensor x, Tensor gamma, Tensor beta, float eps, Tensor y, Tensor mean, Tensor rstd) {}

        @Override
        public void layerNormBackward(
                Tensor dy,
                Tensor x,
                Tensor gamma,
                Tensor mean,
                Tensor rstd,
                Tensor dx,
                @Nullable Tensor dGamma,
                @Nullable Tensor dBeta) {}

        @Override
        public void rmsNorm(Tensor x, Tensor gamma, float eps, Tensor y, Tensor rstd) {}

        @Override
        public void rmsNormBackward(
                Tensor dy, Tensor x, Tensor gamma, Tensor rstd, Tensor dx, @Nullable Tensor dGamma) {}
    }

    private enum Elementwise implements ElementwiseKernels {
        NONE;

        @Override
        public void geluTanh(Tensor x, Tensor y) {}

        @Override
        public void geluTanhBackward(Tensor x, Tensor dy, Tensor dx) {}

        @Override
        public void geluErf(Tensor x, Tensor y) {}

        @Override
        public void geluErfBackward(Tensor x, Tensor dy, Tensor dx) {}

        @Override
        public void siluMul(Tensor gate, Tensor up, Tensor y) {}

        @Override
        public void siluMulBackward(Tensor gate, Tensor up, Tensor dy, Tensor dGate, Tensor dUp) {}

        @Override
        public void rope(Tensor x_TNH, Tensor cos_TH2, Tensor sin_TH2, boolean inverse) {}

        @Override
        public void zero(Tensor x) {}

        @Override
        public void copy(Tensor source, Tensor target) {}

        @Override
        public void fill(Tensor x, float value) {}

        @Override
        public void addTo(Tensor x, Tensor y) {}

        @Override
        public void round(Tensor sums, Tensor target) {}

        @Override
        public void addSquares(Tensor x, ExactSum sum) {}

        @Override
        public void add(Tensor a, Tensor b, Tensor out) {}

        @Override
        public void scale(Tensor x, float factor) {}

        @Override
        public void axpy(float factor, Tensor x, Tensor y) {}

        @Override
        public void narrow(Tensor x, Tensor narrow) {}

        @Override
        public void widen(Tensor x, Tensor wide) {}

        @Override
        public double sumOfSquares(Tensor x) {
            return 0;
        }
    }

    private enum Rows implements RowKernels {
        NONE;

        @Override
        public void gather(Tensor source, int[] index, Tensor target) {}

        @Override
        public void scatter(Tensor source, int[] index, Tensor target) {}

        @Override
        public void scatterAdd(Tensor source, int[] index, Tensor target) {}

        @Override
        public void gatherColumns(Tensor source, int from, Tensor target) {}

        @Override
        public void scatterColumns(Tensor source, Tensor target, int from, boolean add) {}

        @Override
        public void patches(Tensor pixels, int patch, Tensor patches) {}

        @Override
        public void downsample(Tensor x, int grid, Tensor y) {}

        @Override
        public void downsampleBackward(Tensor dy, int grid, Tensor dx) {}
    }

    private enum Loss implements LossKernels {
        NONE;

        @Override
        public double crossEntropy(Tensor logits, int[] labels, float gradientScale) {
            return 0;
        }

        @Override
        public int argmax(Tensor logits, int row) {
            return 0;
        }
    }

    private record Attention(AttentionKernels real) implements AttentionKernels {

        @Override
        public void forward(
                Tensor q_TNH,
                Tensor k_SKH,
                Tensor v_SKV,
                KeyRanges ranges,
                int[] kvHead_N,
                float scale,
                Tensor out_TNV,
                Tensor lse_TN,
                TensorArena scratch) {
            take(q_TNH, k_SKH, scratch);
        }

        @Override
        public void merge(Tensor part_TNV, Tensor lse_part_TN, Tensor out_TNV, Tensor lse_TN) {}

        @Override
        public void delta(Tensor out_TNV, Tensor dOut_TNV, Tensor delta_TN) {}

        @Override
        public void backward(
                Tensor q_TNH,
                Tensor k_SKH,
                Tensor v_SKV,
                KeyRanges ranges,
                int[] kvHead_N,
                float scale,
                Tensor dOut_TNV,
                Tensor lse_TN,
                Tensor delta_TN,
                Tensor dq_TNH,
                Tensor dk_SKH,
                Tensor dv_SKV,
                TensorArena scratch) {
            take(q_TNH, k_SKH, scratch);
        }

        @Override
        public long executedPairs(KeyRanges ranges) {
            return real.executedPairs(ranges);
        }

        @Override
        public long scratchBytes(int queries, int keys, int heads, int kvHeads, int headDim) {
            return real.scratchBytes(queries, keys, heads, kvHeads, headDim);
        }

        private void take(Tensor q, Tensor k, TensorArena scratch) {
            long mark = scratch.mark();
            scratch.allocate(DType.U8, Math.toIntExact(scratchBytes(q.rows(), k.rows(), q.dim(1), k.dim(1), q.dim(2))));
            scratch.rewind(mark);
        }
    }
}
