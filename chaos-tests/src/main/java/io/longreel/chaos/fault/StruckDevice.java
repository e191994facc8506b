package io.longreel.chaos.fault;

import io.longreel.config.ChaosSettings.Phase;
import io.longreel.ops.device.Device;
import io.longreel.ops.kernels.AttentionKernels;
import io.longreel.ops.kernels.ForwardingKernels;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.kernels.KeyRanges;
import io.longreel.ops.kernels.OptimizerKernels;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import java.util.List;

/**
 * A device whose attention and optimizer are places at which faults strike: where a layer's gradient reaches its attention, and where the weights of
 * a range are about to be updated. With exact sums the session computes on the oracles instead, and nothing strikes here.
 */
record StruckDevice(Device real, RankFaults faults) implements Device {
    @Override
    public String name() {
        return real.name();
    }

    @Override
    public Kernels kernels() {
        return new StruckKernels(real.kernels(), faults);
    }

    @Override
    public void bindThread() {
        real.bindThread();
    }

    private static final class StruckKernels extends ForwardingKernels {
        private final RankFaults faults;

        StruckKernels(Kernels real, RankFaults faults) {
            super(real);
            this.faults = faults;
        }

        @Override
        public AttentionKernels attention() {
            return new StruckAttention(super.attention(), faults);
        }

        @Override
        public OptimizerKernels optimizer() {
            OptimizerKernels kernels = super.optimizer();
            return (weights, gradients, m, v, scale, rate, beta1, beta2, epsilon, decay, step) -> {
                faults.updates(weights);
                kernels.adamW(weights, gradients, m, v, scale, rate, beta1, beta2, epsilon, decay, step);
            };
        }
    }

    private record StruckAttention(AttentionKernels real, RankFaults faults) implements AttentionKernels {
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
            real.forward(q_TNH, k_SKH, v_SKV, ranges, kvHead_N, scale, out_TNV, lse_TN, scratch);
        }

        @Override
        public void merge(Tensor part_TNV, Tensor lse_part_TN, Tensor out_TNV, Tensor lse_TN) {
            real.merge(part_TNV, lse_part_TN, out_TNV, lse_TN);
        }

        @Override
        public void delta(Tensor out_TNV, Tensor dOut_TNV, Tensor delta_TN) {
            faults.reached(Phase.BACKWARD, List.of(dOut_TNV));
            real.delta(out_TNV, dOut_TNV, delta_TN);
        }

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
            real.backward(
                    q_TNH, k_SKH, v_SKV, ranges, kvHead_N, scale, dOut_TNV, lse_TN, delta_TN, dq_TNH, dk_SKH, dv_SKV,
                    scratch);
        }

        @Override
        public long executedPairs(KeyRanges ranges) {
            return real.executedPairs(ranges);
        }

        @Override
        public long scratchBytes(int queries, int keys, int heads, int kvHeads, int headDim) {
            return real.scratchBytes(queries, keys, heads, kvHeads, headDim);
        }
    }
}
