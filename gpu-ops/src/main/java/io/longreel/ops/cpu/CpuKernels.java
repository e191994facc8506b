package io.longreel.ops.cpu;

import io.longreel.ops.kernels.AttentionKernels;
import io.longreel.ops.kernels.ElementwiseKernels;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.kernels.LinearKernels;
import io.longreel.ops.kernels.LossKernels;
import io.longreel.ops.kernels.NormKernels;
import io.longreel.ops.kernels.OptimizerKernels;
import io.longreel.ops.kernels.RowKernels;

/** The fast operations of the processor. Stateless; any thread. */
public record CpuKernels(
        LinearKernels linear,
        NormKernels norm,
        ElementwiseKernels elementwise,
        RowKernels rows,
        AttentionKernels attention,
        LossKernels loss,
        OptimizerKernels optimizer)
        implements Kernels {

    public static CpuKernels create() {
        return new CpuKernels(
                new CpuLinear(),
                new CpuNorm(),
                new CpuElementwise(),
                new CpuRows(),
                new CpuAttention(),
                new CpuLoss(),
                new CpuOptimizer());
    }
}
