package io.longreel.ops.plain;

import io.longreel.ops.kernels.OptimizerKernels;
import io.longreel.ops.kernels.Shapes;
import io.longreel.ops.tensor.Tensor;

/** AdamW by the formulas of Loshchilov and Hutter (algorithm 2), in double, stored in fp32. Stateless; any thread. */
final class PlainOptimizer implements OptimizerKernels {

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
        double correction1 = 1 - StrictMath.pow(beta1, step);
        double correction2 = 1 - StrictMath.pow(beta2, step);
        for (long i = 0; i < weights.elements(); i++) {
            double g = (double) gradientScale * gradients.getFloat(i);
            double mNew = beta1 * m.getFloat(i) + (1 - beta1) * g;
            double vNew = beta2 * v.getFloat(i) + (1 - beta2) * g * g;
            double update = mNew / correction1 / (Math.sqrt(vNew / correction2) + epsilon);
            double decayed = weights.getFloat(i) * (1 - learningRate * weightDecay);
            m.setFloat(i, (float) mNew);
            v.setFloat(i, (float) vNew);
            weights.setFloat(i, (float) (decayed - learningRate * update));
        }
    }
}
