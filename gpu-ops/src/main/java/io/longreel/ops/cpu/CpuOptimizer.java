package io.longreel.ops.cpu;

import static io.longreel.ops.cpu.VectorMath.SPECIES;
import static io.longreel.ops.cpu.VectorMath.VECTOR_BYTES;
import static io.longreel.ops.cpu.VectorMath.load;
import static io.longreel.ops.cpu.VectorMath.store;

import io.longreel.ops.kernels.OptimizerKernels;
import io.longreel.ops.kernels.Shapes;
import io.longreel.ops.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import org.jspecify.annotations.Nullable;

/** AdamW in one pass over the slice; factors are folded in double, elements are fp32. Stateless; any thread. */
final class CpuOptimizer implements OptimizerKernels {

    @Override
    public void adamW(
            Tensor weights,
            Tensor gradients,
            Tensor m,
            Tensor v,
            float gradientScale,
            double learningRate,
            double beta1,
            double beta2,
            double epsilon,
            double weightDecay,
            int step) {
        Shapes.adamW(weights, gradients, m, v, step);
        Update update = new Update(
                gradientScale,
                (float) beta1,
                (float) (1 - beta1),
                (float) beta2,
                (float) (1 - beta2),
                (float) (1 / (1 - Math.pow(beta2, step))),
                (float) epsilon,
                (float) (1 - learningRate * weightDecay),
                (float) (-learningRate / (1 - Math.pow(beta1, step))));
        MemorySegment w = weights.segment();
        MemorySegment g = gradients.segment();
        long wholeBytes = w.byteSize() / VECTOR_BYTES * VECTOR_BYTES;
        for (long at = 0; at < wholeBytes; at += VECTOR_BYTES) {
            update.apply(w, g, m.segment(), v.segment(), at, null);
        }
        if (wholeBytes < w.byteSize()) {
            update.apply(w, g, m.segment(), v.segment(), wholeBytes, VectorMath.tail(weights.elements()));
        }
    }

    /** The factors of one step, and what it does to one vector of elements: all lanes, or those of the tail. */
    private record Update(
            float gradientScale,
            float beta1,
            float oneMinusBeta1,
            float beta2,
            float oneMinusBeta2,
            float inverseCorrection2,
            float epsilon,
            float decay,
            float minusRate) {

        void apply(
                MemorySegment w,
                MemorySegment g,
                MemorySegment m,
                MemorySegment v,
                long at,
                @Nullable VectorMask<Float> tail) {
            FloatVector gradient = read(g, at, tail).mul(gradientScale);
            FloatVector mNew =
                    read(m, at, tail).fma(FloatVector.broadcast(SPECIES, beta1), gradient.mul(oneMinusBeta1));
            FloatVector vNew = read(v, at, tail)
                    .fma(
                            FloatVector.broadcast(SPECIES, beta2),
                            gradient.mul(gradient).mul(oneMinusBeta2));
            FloatVector direction = mNew.div(vNew.mul(inverseCorrection2).sqrt().add(epsilon));
            FloatVector decayed = read(w, at, tail).mul(decay);
            write(mNew, m, at, tail);
            write(vNew, v, at, tail);
            write(direction.fma(FloatVector.broadcast(SPECIES, minusRate), decayed), w, at, tail);
        }

        private static FloatVector read(MemorySegment segment, long at, @Nullable VectorMask<Float> tail) {
            return tail == null ? load(segment, at) : load(segment, at, tail);
        }

        /** Without a mask where it can be: some processors take ten times as long for a masked store. */
        private static void write(
                FloatVector vector, MemorySegment segment, long at, @Nullable VectorMask<Float> tail) {
            if (tail == null) {
                store(vector, segment, at);
            } else {
                store(vector, segment, at, tail);
            }
        }
    }
}
