package io.longreel.model.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.model.FrameSource;
import io.longreel.model.Groups;
import io.longreel.model.ModelConfig;
import io.longreel.model.PackedBatch;
import io.longreel.model.SessionOptions;
import io.longreel.model.ShardedBatch;
import io.longreel.model.VlmModel;
import io.longreel.model.state.Initializer;
import io.longreel.model.state.ParameterSpec;
import io.longreel.model.state.Parameters;
import io.longreel.model.state.Weights;
import io.longreel.model.state.Workspace;
import io.longreel.ops.device.Devices;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.RankThreads;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The plan is what the step then takes, to the byte, on every rank of a mesh. */
class StepPlanTest {
    private static final int IMAGE = 63;

    @Test
    void shouldPlanEveryByteOfAStep() {
        Mesh mesh = new Mesh(1, 2, 2);
        try (InProcessTransport transport = InProcessTransport.open(Placement.inProcess(mesh))) {
            List<Long> peaks = RankThreads.run(transport.endpoints(), endpoint -> rank(mesh, endpoint));
            assertTrue(peaks.stream().allMatch(peak -> peak > 0), peaks.toString());
        }
    }

    @Test
    void shouldGrowByHalfAtLeastWhenMoreIsNeeded() {
        StepPlan capacity = new StepPlan(1000, 1000);
        assertEquals(new StepPlan(1500, 1000), capacity.grownTo(new StepPlan(1001, 999)));
        assertEquals(new StepPlan(1000, 4000), capacity.grownTo(new StepPlan(1, 4000)));
    }

    private static long rank(Mesh mesh, RankEndpoint endpoint) {
        Kernels kernels = Devices.cpu().kernels();
        ModelConfig config = config();
        Groups groups = Groups.of(mesh, endpoint);
        ShardedBatch batch = ShardedBatch.of(config, mesh, groups.rank(), SessionOptions.DEFAULTS, batch(7));
        List<ParameterSpec> specs = ParameterSpec.of(config);
        try (TensorArena run = TensorArena.open("run", 2 * Parameters.sizeBytes(specs))) {
            Parameters parameters = Parameters.allocate(specs, run);
            new Initializer(config, 5).fill(parameters);
            Weights weights = new Weights(parameters);
            Parameters gradients = Parameters.allocate(specs, run);
            specs.forEach(s -> weights.attachGradient(s.name(), gradients.tensor(s.name())));
            try (VlmModel model = new VlmModel(config, weights, SessionOptions.DEFAULTS)) {
                StepPlan plan = StepPlan.of(
                        kernels, groups, (w, g) -> model.lossAndGradients(w, g, batch.withoutPixels(), 1f, null));
                try (TensorArena step = TensorArena.open("step", plan.activationBytes());
                        TensorArena scratch = TensorArena.open("scratch", plan.scratchBytes())) {
                    model.lossAndGradients(new Workspace(kernels, step, scratch), groups, batch, 1f, null);
                    assertEquals(plan, new StepPlan(step.peakBytes(), scratch.peakBytes()));
                    return step.peakBytes();
                }
            }
        }
    }

    private static ModelConfig config() {
        return new ModelConfig(
                new ModelConfig.Vision(16, 24, 2, 2, 28, 7, 1e-6f, -2),
                new ModelConfig.Llm(64, 32, 48, 2, 4, 2, 512, 1e4, 1, 1e-6f, true),
                ModelConfig.MLP_DOWNSAMPLE,
                IMAGE);
    }

    private static PackedBatch batch(int frames) {
        int[] ids = new int[frames + 6];
        Arrays.fill(ids, 1, frames + 1, IMAGE);
        return PackedBatch.single(ids, ids.clone(), IMAGE, new FrameSource() {
            @Override
            public int frameCount() {
                return frames;
            }

            @Override
            public void read(int from, int to, Tensor pixels_F3hw) {
                pixels_F3hw.zero();
            }
        });
    }
}
