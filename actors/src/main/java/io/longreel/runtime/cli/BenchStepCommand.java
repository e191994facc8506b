package io.longreel.runtime.cli;

import io.longreel.config.PrecisionSettings;
import io.longreel.config.PrecisionSettings.Exchange;
import io.longreel.config.PrecisionSettings.Products;
import io.longreel.config.PrecisionSettings.Sums;
import io.longreel.config.PrecisionSettings.Weights;
import io.longreel.config.RecomputeSettings;
import io.longreel.config.topology.Mesh;
import io.longreel.model.bench.BenchSize;
import io.longreel.model.bench.StepBench;
import io.longreel.ops.device.Device;
import io.longreel.ops.device.Devices;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench step}: a training step of a model of the given size. */
@Command(
        name = "step",
        description = "One training step: forward, backward and AdamW on a video of noise, everything trains.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class BenchStepCommand implements Callable<Integer> {
    /** What numbers are kept as. */
    enum Dtype {
        FP32,
        BF16;

        private PrecisionSettings precision() {
            return switch (this) {
                case FP32 -> new PrecisionSettings(Weights.FP32, Exchange.FP32, Sums.FAST);
                case BF16 -> new PrecisionSettings(Weights.BF16, Exchange.BF16, Products.BF16, Sums.FAST);
            };
        }
    }

    /** What is computed again in the backward pass. */
    enum Recompute {
        NONE,
        VISION,
        ALL;

        private RecomputeSettings settings() {
            return switch (this) {
                case NONE -> RecomputeSettings.NONE;
                case VISION -> new RecomputeSettings(0, true, true);
                case ALL -> new RecomputeSettings(RecomputeSettings.ALL, true, true);
            };
        }
    }

    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Option(names = "--size", paramLabel = "SIZE", description = "tiny (1 M) or small (38.7 M, default).")
    private BenchSize size = BenchSize.SMALL;

    @Option(
            names = "--layers",
            paramLabel = "N",
            description = "Layers of the decoder, to see what one costs (default: 4 of tiny, 8 of small).")
    private @Nullable Integer layers;

    @Option(names = "--frames", paramLabel = "N", description = "Frames of the video (default: ${DEFAULT-VALUE}).")
    private int frames = 64;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Ranks that share the heads, a thread each (default: ${DEFAULT-VALUE}).")
    private int threads = 2;

    @Option(
            names = "--mesh",
            paramLabel = "ring=R,ulysses=U",
            converter = ForwardCommand.MeshConverter.class,
            description = "Ranks that share the video, instead of --threads.")
    private @Nullable Mesh mesh;

    @Option(
            names = "--data",
            paramLabel = "N",
            description = "Replicas of them, each with a video of its own (default: ${DEFAULT-VALUE}).")
    private int data = 1;

    @Option(
            names = "--dtype",
            paramLabel = "TYPE",
            description = "Of weights, the factors of linear layers, and what attention sends: fp32 (default) or bf16.")
    private Dtype dtype = Dtype.FP32;

    @Option(
            names = "--recompute",
            paramLabel = "WHAT",
            description =
                    "What is computed again in the backward pass: none (default), vision or all; attention's outputs are kept.")
    private Recompute recompute = Recompute.NONE;

    @Option(
            names = "--steps",
            paramLabel = "N",
            description = "Measured; their median counts (default: ${DEFAULT-VALUE}).")
    private int steps = 5;

    @Option(names = "--json", description = "One JSON object.")
    private boolean json;

    @Override
    public Integer call() {
        Device device = Devices.cpu();
        Mesh one = mesh == null ? new Mesh(1, 1, threads) : mesh;
        Mesh ranks = new Mesh(data, one.ringDegree(), one.ulyssesDegree(), one.inner());
        StepBench.Result result = StepBench.run(
                new StepBench.Setting(
                        size,
                        layers == null ? size.layers() : layers,
                        frames,
                        ranks,
                        dtype.precision(),
                        recompute.settings(),
                        steps),
                device,
                BenchCommand.CLOCK_NS);
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("stepSeconds", result.stepSeconds());
        values.put("tokensPerSecond", result.tokensPerSecond());
        values.put("peakBytes", result.peakBytes());
        values.put("tokens", result.tokens());
        values.put("parameters", result.parameters());
        BenchCommand.print(spec.commandLine(), values, result.gflops(), device, ranks.worldSize(), json);
        return Main.OK;
    }
}
