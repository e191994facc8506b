package io.longreel.model.bench;

import io.longreel.config.PrecisionSettings;
import io.longreel.config.RecomputeSettings;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.StageSettings;
import io.longreel.config.StageSettings.Part;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.model.MmspSession;
import io.longreel.model.ModelConfig;
import io.longreel.model.PackedBatch;
import io.longreel.model.SessionOptions;
import io.longreel.model.state.ParameterSpec;
import io.longreel.ops.device.Device;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.RankThreads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * One training step (forward, backward, AdamW; everything trains) on a video of noise between two texts of 32 tokens, on ranks of this process, one
 * thread each. Replicas have a video each.
 */
public final class StepBench {
    private static final int TEXT_TOKENS = 32;
    /** Each token of the texts but the very first. */
    private static final int LABELLED_TOKENS = 2 * TEXT_TOKENS - 1;

    private static final int LAYERS_MAX = 256;
    private static final int WARM_UP_STEPS = 2;
    private static final double WARM_UP_SECONDS = 6;
    private static final double LEARNING_RATE = 1e-4;
    private static final Path STATUS = Path.of("/proc/self/status");

    private StepBench() {}

    /**
     * What is measured; the median of {@code steps} counts.
     *
     * @param layers of the decoder
     * @param frames of each video, of which every replica has one
     */
    public record Setting(
            BenchSize size,
            int layers,
            int frames,
            Mesh mesh,
            PrecisionSettings precision,
            RecomputeSettings recompute,
            int steps) {
        public Setting {
            if (frames < 1 || steps < 1) {
                throw RuntimeFailure.config(
                        "frames and steps must be at least 1: frames=%d steps=%d".formatted(frames, steps));
            }
            if (mesh.worldSize() > AttentionBench.RANKS_MAX) {
                throw RuntimeFailure.config(
                        "a mesh of at most %d ranks can be measured: %s".formatted(AttentionBench.RANKS_MAX, mesh));
            }
            if (layers < 1 || layers > LAYERS_MAX) {
                throw RuntimeFailure.config("layers must be 1 to %d: layers=%d".formatted(LAYERS_MAX, layers));
            }
            ModelConfig config = size.config(layers);
            if (mesh.ulyssesDegree() > config.llm().heads()) {
                throw RuntimeFailure.config("no more ranks than heads can share the heads: ulysses=%d heads=%d"
                        .formatted(mesh.ulyssesDegree(), config.llm().heads()));
            }
            long tokens = tokens(config, frames);
            if (tokens > config.llm().maxPositions()) {
                throw RuntimeFailure.config("the model has %d positions, %d frames take %d: measure fewer"
                        .formatted(config.llm().maxPositions(), frames, tokens));
            }
        }

        /** The sizes of the model that is measured. */
        public ModelConfig config() {
            return size.config(layers);
        }

        /** Tokens of each sequence. */
        public long tokens() {
            return tokens(config(), frames);
        }

        private static long tokens(ModelConfig config, int frames) {
            return (long) frames * config.tokensPerFrame() + 2 * TEXT_TOKENS;
        }
    }

    /**
     * What came out.
     *
     * @param tokens of each sequence
     * @param flop operations that a step of all replicas needs
     * @param peakBytes most that the process has had in memory so far
     */
    public record Result(
            Setting setting, int tokens, long parameters, double stepSeconds, double flop, long peakBytes) {
        public double tokensPerSecond() {
            return setting.mesh().dataDegree() * tokens / stepSeconds;
        }

        public double gflops() {
            return flop / stepSeconds / 1e9;
        }
    }

    /** Takes a few steps more than asked for: the first ones plan memory and are compiled. */
    public static Result run(Setting setting, Device device, LongSupplier clockNs) {
        ModelConfig config = setting.config();
        Mesh mesh = setting.mesh();
        SessionOptions options =
                SessionOptions.DEFAULTS.withPrecision(setting.precision()).withRecompute(setting.recompute());
        PackedBatch batch = batch(config, setting.frames());
        try (InProcessTransport transport = InProcessTransport.open(Placement.inProcess(mesh))) {
            List<Double> seconds = RankThreads.run(
                    transport.endpoints(), endpoint -> rank(setting, device, options, batch, clockNs, endpoint));
            int tokens = (int) setting.tokens();
            long parameters = ParameterSpec.of(config).stream()
                    .mapToLong(spec -> Tensor.elements(spec.shape()))
                    .sum();
            return new Result(
                    setting,
                    tokens,
                    parameters,
                    seconds.getFirst(),
                    mesh.dataDegree() * StepFlops.of(config, setting.frames(), tokens, LABELLED_TOKENS),
                    peakBytes());
        }
    }

    private static double rank(
            Setting setting,
            Device device,
            SessionOptions options,
            PackedBatch batch,
            LongSupplier clockNs,
            RankEndpoint endpoint) {
        Mesh mesh = setting.mesh();
        Laps laps = new Laps(clockNs, endpoint.communicator(mesh.worldGroup()));
        try (MmspSession session = MmspSession.open(setting.config(), device, mesh, options, endpoint)) {
            session.initialize(1);
            session.beginStage(everythingTrains());
            laps.warmUpUntilCompiled(WARM_UP_STEPS, WARM_UP_SECONDS, () -> session.step(List.of(batch), LEARNING_RATE));
            for (int step = 0; step < setting.steps(); step++) {
                laps.time(() -> session.step(List.of(batch), LEARNING_RATE));
            }
        }
        return laps.median();
    }

    private static StageSettings everythingTrains() {
        return new StageSettings(
                "bench",
                Set.of(Part.VISION_TOWER, Part.PROJECTOR, Part.LLM),
                Optional.empty(),
                65_536,
                new StageSettings.Optimizer(0.9, 0.95, 1e-8, 0, 1),
                List.of(),
                Optional.empty());
    }

    private static PackedBatch batch(ModelConfig config, int frames) {
        int marker = config.imageToken();
        int[] ids = new int[2 * TEXT_TOKENS + frames];
        Arrays.setAll(ids, i -> i >= TEXT_TOKENS && i < TEXT_TOKENS + frames ? marker : 1 + (7 * i) % (marker - 1));
        int[] labels = ids.clone();
        Arrays.fill(labels, TEXT_TOKENS, TEXT_TOKENS + frames, -100);
        int side = config.vision().imageSize();
        return PackedBatch.single(ids, labels, marker, new NoiseFrames(frames, 3 * side * side));
    }

    /** As the kernel counts it; 0 where there is no such file. */
    private static long peakBytes() {
        try {
            return Files.isReadable(STATUS)
                    ? Files.readAllLines(STATUS).stream()
                            .filter(line -> line.startsWith("VmHWM:"))
                            .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
                            .findFirst()
                            .orElse(0)
                    : 0;
        } catch (IOException e) {
            throw new RuntimeFailure(RuntimeFailure.Category.FATAL, "%s cannot be read".formatted(STATUS), e);
        }
    }
}
