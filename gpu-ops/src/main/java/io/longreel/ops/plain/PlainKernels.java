package io.longreel.ops.plain;

import io.longreel.ops.kernels.AttentionKernels;
import io.longreel.ops.kernels.ElementwiseKernels;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.kernels.LinearKernels;
import io.longreel.ops.kernels.LossKernels;
import io.longreel.ops.kernels.NormKernels;
import io.longreel.ops.kernels.OptimizerKernels;
import io.longreel.ops.kernels.RowKernels;

/** The oracle of every operation. Stateless; any thread. */
public record PlainKernels(
        LinearKernels linear,
        NormKernels norm,
        ElementwiseKernels elementwise,
        RowKernels rows,
        AttentionKernels attention,
        LossKernels loss,
        OptimizerKernels optimizer)
        implements Kernels {

    public static PlainKernels create() {
        return new PlainKernels(
                new PlainLinear(),
                new PlainNorm(),
                new PlainElementwise(),
                new PlainRows(),
                new PlainAttention(),
                new PlainLoss(),
                new PlainOptimizer());
    }
}
