package io.longreel.model.bench;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.MeshAdvice;
import io.longreel.config.topology.Placement;
import io.longreel.model.LoadedModel;
import io.longreel.model.ModelConfig;
import io.longreel.model.SessionOptions;
import io.longreel.ops.device.Device;
import io.longreel.transport.Communicator;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.RankThreads;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * An answer to a video of noise and some text, on ranks of this process, one thread each: how long the first token takes, and each one after it. With more than one rank,
 * one rank does the same in turns with them. Beside both stands what the machine can do: products for the prompt, reading for a token, whose weights and cached keys and values
 * go through the processor once.
 */
public final class GenerateBench {
    private static final int WARM_UP_RUNS = 2;
    private static final double WARM_UP_SECONDS = 12;
    private static final int READS = 10;
    private static final int TOKENS_MAX = 4096;

    private GenerateBench() {}

    /**
     * What is measured; the median of {@code runs} prompts and of all their tokens but the first counts.
     *
     * @param text tokens of the prompt around the frames
     * @param newTokens of the answer
     * @param chunkTokens of the prompt that go through the model at a time
     */
    public record Setting(BenchSize size, int frames, int text, int newTokens, Mesh mesh, int chunkTokens, int runs) {
        public Setting {
            if (frames < 0 || text < 2 || newTokens < 2 || newTokens > TOKENS_MAX || chunkTokens < 1 || runs < 1) {
                throw RuntimeFailure.config(
                        "frames must be at least 0, text and new 2, new at most %d, chunk and runs at least 1: frames=%d text=%d new=%d chunk=%d runs=%d"
                                .formatted(TOKENS_MAX, frames, text, newTokens, chunkTokens, runs));
            }
            ModelConfig.Llm llm = size.config().llm();
            MeshAdvice.requireInProcess(mesh, llm.heads());
            long tokens = (long) frames * size.config().tokensPerFrame() + text + newTokens;
            if (tokens > llm.maxPositions()) {
                throw RuntimeFailure.config("the model has %d positions, prompt and answer take %d: measure fewer"
                        .formatted(llm.maxPositions(), tokens));
            }
        }

        int tokens() {
            return frames * size.config().tokensPerFrame() + text;
        }

        /** Of weights, keys and values that a token of the middle of the answer needs, on all ranks together. */
        private double tokenBytes() {
            ModelConfig.Llm llm = size.config().llm();
            double weights =
                    llm.layers() * StepFlops.layerWeights(llm) + (double) llm.hiddenSize() * llm.vocabularySize();
            double cached = 2.0 * llm.layers() * llm.kvHeads() * llm.headDim() * (tokens() + newTokens / 2.0);
            return Float.BYTES * (weights + cached);
        }
    }

    /**
     * What is measured with.
     *
     * @param wallNs time
     * @param threadNs time that the calling thread has spent on a core
     */
    public record Clocks(LongSupplier wallNs, LongSupplier threadNs) {}

    /**
     * Medians, in seconds.
     *
     * @param prompt until the first token of the answer is known
     * @param token each one after it
     * @param promptWork on cores, of all ranks together, likewise {@code tokenWork}
     */
    public record Times(double prompt, double token, double promptWork, double tokenWork) {}

    /**
     * What came out.
     *
     * @param alone of one rank, measured in turns with the others; the same as {@code times} where there is but one
     * @param promptFlop operations that the prompt needs
     * @param tokenBytes that must be read for a token
     * @param readSeconds that as many take to be read by all ranks at the same time
     */
    public record Result(
            Setting setting, Times times, Times alone, double promptFlop, double tokenBytes, double readSeconds) {
        public int tokens() {
            return setting.tokens();
        }

        public double promptTokensPerSecond() {
            return setting.tokens() / times.prompt();
        }

        public double gflops() {
            return promptFlop / times.prompt() / 1e9;
        }

        public double tokensPerSecond() {
            return 1 / times.token();
        }

        public double gigabytesPerSecond() {
            return tokenBytes / times.token() / 1e9;
        }

        public double limitGigabytesPerSecond() {
            return tokenBytes / readSeconds / 1e9;
        }

        public double shareOfReadLimit() {
            return readSeconds / times.token();
        }

        /** Work of all ranks over that of one: 1 if cutting the prompt costs nothing. */
        public double promptToIdeal() {
            return times.promptWork() / alone.promptWork();
        }

        public double tokenToIdeal() {
            return times.tokenWork() / alone.tokenWork();
        }

        /** Time over the share of one rank's that each of {@code cores} would have. */
        public double promptTimeToIdeal(int cores) {
            return times.prompt() * Math.min(setting.mesh().worldSize(), cores) / alone.prompt();
        }

        public double tokenTimeToIdeal(int cores) {
            return times.token() * Math.min(setting.mesh().worldSize(), cores) / alone.token();
        }
    }

    public static Result run(Setting setting, Device device, Clocks clocks) {
        ModelConfig config = setting.size().config();
        SessionOptions options = SessionOptions.DEFAULTS;
        try (LoadedModel model = LoadedModel.initialized(config, 1, device, options);
                InProcessTransport all = InProcessTransport.open(Placement.inProcess(setting.mesh()));
                InProcessTransport one = InProcessTransport.open(Placement.inProcess(Mesh.single()))) {
            return RankThreads.run(
                            all.endpoints(),
                            endpoint -> rank(
                                    setting,
                                    model,
                                    device,
                                    clocks,
                                    endpoint,
                                    one.endpoints().getFirst()))
                    .getFirst();
        }
    }

    /** @param single of the only rank of a mesh of one, for the first rank's use */
    private static Result rank(
            Setting setting,
            LoadedModel model,
            Device device,
            Clocks clocks,
            RankEndpoint endpoint,
            RankEndpoint single) {
        Mesh mesh = setting.mesh();
        Communicator world = endpoint.communicator(mesh.worldGroup());
        boolean turns = mesh.worldSize() > 1;
        double bytes = setting.tokenBytes();
        Laps reads = new Laps(clocks.wallNs(), world);
        try (TimedAnswers all = TimedAnswers.open(setting, model, mesh, device, endpoint, clocks);
                TimedAnswers one = turns && world.index() == 0
                        ? TimedAnswers.open(setting, model, Mesh.single(), device, single, clocks)
                        : null;
                ReadLimit limit = ReadLimit.of(bytes / mesh.worldSize())) {
            new Laps(clocks.wallNs(), world).warmUp(WARM_UP_RUNS, WARM_UP_SECONDS, () -> inTurns(all, one, world));
            reads.warmUp(1, 0, limit::read);
            all.forget();
            if (one != null) {
                one.forget();
            }
            for (int run = 0; run < setting.runs(); run++) {
                inTurns(all, one, world);
                for (int read = 0; read < READS; read++) {
                    reads.time(limit::read);
                }
            }
            Times times = all.times();
            return new Result(
                    setting,
                    times,
                    one == null ? times : one.times(),
                    StepFlops.ofPrompt(model.config(), setting.frames(), setting.tokens()),
                    bytes,
                    reads.median());
        }
    }

    /** All ranks, then the first alone, so that a machine that changes its pace changes both. */
    private static void inTurns(TimedAnswers all, @Nullable TimedAnswers one, Communicator world) {
        all.answer();
        if (one != null) {
            one.answer();
        }
        world.barrier();
    }
}
