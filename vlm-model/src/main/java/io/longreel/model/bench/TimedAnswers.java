package io.longreel.model.bench;

import io.longreel.config.topology.Mesh;
import io.longreel.model.FrameSource;
import io.longreel.model.InferenceSession;
import io.longreel.model.LoadedModel;
import io.longreel.model.ModelConfig;
import io.longreel.model.SessionOptions;
import io.longreel.model.SlicedFrames;
import io.longreel.model.cache.KeyValueCache;
import io.longreel.model.cache.RankCache;
import io.longreel.model.generate.PromptChunks;
import io.longreel.model.generate.Sampling;
import io.longreel.ops.device.Device;
import io.longreel.transport.Communicator;
import io.longreel.transport.RankEndpoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The same answer again and again on the ranks of a mesh, with the times that it takes. One rank's thread; all ranks make the same calls. */
final class TimedAnswers implements AutoCloseable {
    private static final long ID = 0;

    private final GenerateBench.Setting setting;
    private final GenerateBench.Clocks clocks;
    private final Communicator world;
    private final RankCache cache;
    private final InferenceSession session;
    private long turn;
    private final int[] prompt;
    private final FrameSource frames;
    private final List<PromptChunks.Chunk> chunks;
    private final int rows;
    private final List<Double> prompts = new ArrayList<>();
    private final List<Double> tokens = new ArrayList<>();
    private final List<Double> promptWork = new ArrayList<>();
    private final List<Double> tokenWork = new ArrayList<>();

    private TimedAnswers(
            GenerateBench.Setting setting,
            LoadedModel model,
            Mesh mesh,
            Device device,
            RankEndpoint endpoint,
            GenerateBench.Clocks clocks) {
        ModelConfig config = model.config();
        int marker = config.imageToken();
        int side = config.vision().imageSize();
        this.setting = setting;
        this.clocks = clocks;
        this.world = endpoint.communicator(mesh.worldGroup());
        this.prompt = new int[setting.text() + setting.frames()];
        int before = setting.text() / 2;
        Arrays.setAll(prompt, i -> i >= before && i < before + setting.frames() ? marker : 1 + (7 * i) % (marker - 1));
        this.frames = new NoiseFrames(setting.frames(), 3 * side * side);
        this.chunks = PromptChunks.of(prompt, 0, marker, config.tokensPerFrame(), setting.chunkTokens());
        this.rows = InferenceSession.rowsMax(setting.tokens(), chunks.size(), setting.newTokens(), mesh.ringDegree());
        this.cache = InferenceSession.openCache(config, mesh, endpoint.rank(), KeyValueCache.pagesFor(rows), false);
        this.session = InferenceSession.open(model, device, mesh, SessionOptions.DEFAULTS, cache, endpoint);
    }

    static TimedAnswers open(
            GenerateBench.Setting setting,
            LoadedModel model,
            Mesh mesh,
            Device device,
            RankEndpoint endpoint,
            GenerateBench.Clocks clocks) {
        return new TimedAnswers(setting, model, mesh, device, endpoint, clocks);
    }

    /** One answer, from the prompt's first token to its own last. */
    void answer() {
        session.begin(ID, ++turn, rows, Sampling.GREEDY);
        world.barrier();
        long startNs = clocks.wallNs().getAsLong();
        long workNs = clocks.threadNs().getAsLong();
        extend();
        prompts.add((clocks.wallNs().getAsLong() - startNs) / 1e9);
        promptWork.add(ofAll(workNs));
        workNs = clocks.threadNs().getAsLong();
        for (int token = 1; token < setting.newTokens(); token++) {
            startNs = clocks.wallNs().getAsLong();
            session.decode(List.of(ID));
            tokens.add((clocks.wallNs().getAsLong() - startNs) / 1e9);
        }
        tokenWork.add(ofAll(workNs) / (setting.newTokens() - 1));
        session.end(ID);
    }

    private void extend() {
        for (PromptChunks.Chunk chunk : chunks) {
            FrameSource some = chunk.frames() == 0
                    ? FrameSource.NONE
                    : new SlicedFrames(frames, chunk.firstFrame(), chunk.frames());
            int[] ids = Arrays.copyOfRange(prompt, chunk.from(), chunk.to());
            session.extend(ID, session.chunk(ids, some), chunk.to() == prompt.length);
        }
    }

    /** Seconds that all ranks have worked since their own clocks said {@code workNs}. */
    private double ofAll(long workNs) {
        double[] seconds = {(clocks.threadNs().getAsLong() - workNs) / 1e9};
        if (world.size() > 1) {
            world.allReduceSum(seconds);
        }
        return seconds[0];
    }

    /** What was measured so far does not count. */
    void forget() {
        List.of(prompts, tokens, promptWork, tokenWork).forEach(List::clear);
    }

    GenerateBench.Times times() {
        return new GenerateBench.Times(median(prompts), median(tokens), median(promptWork), median(tokenWork));
    }

    private static double median(List<Double> values) {
        return Median.of(values.stream().mapToDouble(Double::doubleValue).toArray());
    }

    @Override
    public void close() {
        session.close();
        cache.close();
    }
}
