package io.longreel.model.bench;

import io.longreel.config.ShardingSettings;
import io.longreel.config.ShardingSettings.Layout;
import io.longreel.config.ShardingSettings.Stages;
import io.longreel.config.ShardingSettings.State;
import io.longreel.config.StageSettings;
import io.longreel.config.StageSettings.Part;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.model.MmspSession;
import io.longreel.model.ModelConfig;
import io.longreel.model.PackedBatch;
import io.longreel.model.SessionOptions;
import io.longreel.model.ShardedBatch;
import io.longreel.model.SyntheticFrames;
import io.longreel.ops.device.Devices;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.RankThreads;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * What two-stage sharding buys (LongVILA, section 5.1.3, table 6): seconds of a training step on a captioning sample, {@code FRAMES} frames and then
 * {@code CAPTION} tokens of text, with tokens dealt out evenly and with tokens left where their frames are. Two ranks, the model {@code small} of 38.7
 * million parameters. Takes frames, caption tokens and steps; prints the median, and the tokens of each rank.
 */
public final class ShardingBenchmark {
    private static final ModelConfig SMALL = BenchSize.SMALL.config();
    private static final int IMAGE = SMALL.imageToken();

    private ShardingBenchmark() {}

    public static void main(String[] args) {
        int frames = args.length > 0 ? Integer.parseInt(args[0]) : 32;
        int caption = args.length > 1 ? Integer.parseInt(args[1]) : 512;
        int steps = args.length > 2 ? Integer.parseInt(args[2]) : 5;
        for (Mesh mesh : List.of(new Mesh(1, 2, 1), new Mesh(1, 1, 2))) {
            for (Stages stages : Stages.values()) {
                measure(mesh, stages, caption(frames, caption), steps);
            }
        }
    }

    private static void measure(Mesh mesh, Stages stages, PackedBatch batch, int steps) {
        Layout layout = stages == Stages.TWO ? Layout.ZIGZAG : Layout.CONTIGUOUS;
        SessionOptions options =
                SessionOptions.DEFAULTS.withSharding(new ShardingSettings(layout, stages, State.OPTIMIZER));
        try (InProcessTransport transport = InProcessTransport.open(Placement.inProcess(mesh))) {
            List<double[]> seconds =
                    RankThreads.run(transport.endpoints(), endpoint -> rank(mesh, options, batch, steps, endpoint));
            double[] sorted = Arrays.stream(seconds.getFirst()).sorted().toArray();
            int[] tokens = IntStream.range(0, mesh.worldSize())
                    .map(rank ->
                            ShardedBatch.of(SMALL, mesh, rank, options, batch).tokens().length)
                    .toArray();
            System.out.printf(
                    "mesh=%s stages=%s secondsPerStep=%.3f tokensPerRank=%s%n",
                    mesh, stages, sorted[sorted.length / 2], Arrays.toString(tokens));
        }
    }

    private static double[] rank(
            Mesh mesh, SessionOptions options, PackedBatch batch, int steps, RankEndpoint endpoint) {
        double[] seconds = new double[steps];
        try (MmspSession session = MmspSession.open(SMALL, Devices.cpu(), mesh, options, endpoint)) {
            session.initialize(1);
            session.beginStage(new StageSettings(
                    "all",
                    Set.of(Part.PROJECTOR, Part.LLM),
                    Optional.empty(),
                    65_536,
                    new StageSettings.Optimizer(0.9, 0.95, 1e-8, 0, 1),
                    List.of(),
                    Optional.empty()));
            session.step(List.of(batch), 1e-4); // the first step plans memory and compiles
            for (int step = 0; step < steps; step++) {
                long start = System.nanoTime();
                session.step(List.of(batch), 1e-4);
                seconds[step] = (System.nanoTime() - start) / 1e9;
            }
        }
        return seconds;
    }

    private static PackedBatch caption(int frames, int tokens) {
        int[] ids = new int[frames + tokens];
        Arrays.setAll(ids, i -> i < frames ? IMAGE : 1 + i % 1000);
        int[] labels = ids.clone();
        Arrays.fill(labels, 0, frames, -100);
        return PackedBatch.single(ids, labels, IMAGE, new SyntheticFrames(frames, 1));
    }
}
