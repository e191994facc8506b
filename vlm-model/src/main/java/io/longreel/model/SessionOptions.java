package io.longreel.model;

import io.longreel.config.AttentionSettings;
import io.longreel.config.PrecisionSettings;
import io.longreel.config.PrecisionSettings.Exchange;
import io.longreel.config.PrecisionSettings.Sums;
import io.longreel.config.RecomputeSettings;
import io.longreel.config.RunConfig;
import io.longreel.config.ShardingSettings;
import io.longreel.model.state.WeightStore;
import io.longreel.ops.device.Device;
import io.longreel.ops.device.Devices;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.tensor.DType;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How a session computes what the mesh and the model leave open: equal on all ranks, for the whole run.
 *
 * @param frozenFrameBytes most memory per rank for what a frozen vision tower made of frames that may come again; no result depends on it
 */
public record SessionOptions(
        ShardingSettings sharding,
        PrecisionSettings precision,
        RecomputeSettings recompute,
        AttentionSettings attention,
        long frozenFrameBytes) {
    /** What a run without settings of its own does. */
    public static final SessionOptions DEFAULTS = new SessionOptions(
            new ShardingSettings(
                    ShardingSettings.Layout.ZIGZAG, ShardingSettings.Stages.TWO, ShardingSettings.State.OPTIMIZER),
            new PrecisionSettings(PrecisionSettings.Weights.FP32, PrecisionSettings.Exchange.FP32, Sums.FAST),
            RecomputeSettings.NONE,
            new AttentionSettings(AttentionSettings.Mask.CAUSAL, OptionalInt.empty(), 0, Optional.empty()),
            0);

    public static SessionOptions of(RunConfig config) {
        return new SessionOptions(
                config.sharding(),
                config.precision(),
                config.recompute(),
                config.attention(),
                config.data().encodedFrameCacheBytes());
    }

    /** What attention rounds activations to and sends them as. */
    public DType exchangeType() {
        return precision.exchange() == Exchange.BF16 ? DType.BF16 : DType.F32;
    }

    /** What linear layers round their factors to. */
    public DType operandType() {
        return precision.products() == PrecisionSettings.Products.BF16 ? DType.BF16 : DType.F32;
    }

    /** Whether sums have the same bits on every mesh. */
    public boolean exactSums() {
        return precision.sums() == Sums.EXACT;
    }

    /** What a session computes with on {@code device}: the oracles where sums must be exact. */
    public Kernels kernels(Device device) {
        Device used = exactSums() ? Devices.plain() : device;
        return used.kernels().withOperands(operandType());
    }

    /** How a rank keeps the weights. */
    public WeightStore.Form weightForm() {
        DType dtype = precision.weights() == PrecisionSettings.Weights.BF16 ? DType.BF16 : DType.F32;
        return new WeightStore.Form(dtype, shardsWeights());
    }

    /** Whether a rank keeps only its share of the weights: ZeRO stage 3. */
    public boolean shardsWeights() {
        return sharding.state() == ShardingSettings.State.PARAMETERS;
    }

    /** Whether a rank keeps only its share of the gradients: ZeRO stages 2 and 3. */
    public boolean shardsGradients() {
        return sharding.state() != ShardingSettings.State.OPTIMIZER;
    }

    public SessionOptions withSharding(ShardingSettings other) {
        return new SessionOptions(other, precision, recompute, attention, frozenFrameBytes);
    }

    public SessionOptions withPrecision(PrecisionSettings other) {
        return new SessionOptions(sharding, other, recompute, attention, frozenFrameBytes);
    }

    public SessionOptions withRecompute(RecomputeSettings other) {
        return new SessionOptions(sharding, precision, other, attention, frozenFrameBytes);
    }

    public SessionOptions withAttention(AttentionSettings other) {
        return new SessionOptions(sharding, precision, recompute, other, frozenFrameBytes);
    }

    public SessionOptions withFrozenFrameBytes(long other) {
        return new SessionOptions(sharding, precision, recompute, attention, other);
    }
}
