package io.longreel.model.bench;

import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import io.longreel.config.StageSettings;
import io.longreel.config.StageSettings.Part;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.config.topology.Placement.RankSite;
import io.longreel.model.MmspSession;
import io.longreel.model.ModelConfig;
import io.longreel.model.SessionOptions;
import io.longreel.model.snapshot.SnapshotKey;
import io.longreel.model.snapshot.SnapshotPeers;
import io.longreel.model.snapshot.SnapshotSite;
import io.longreel.model.snapshot.SnapshotVault;
import io.longreel.ops.device.Devices;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.TransportNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/**
 * What a snapshot costs a step: the model of the preset {@code tiny}, all of which trains, on four ranks of two nodes, between which lies Aeron UDP on
 * loopback. Takes the number of snapshots; prints the milliseconds that the slowest rank spent in each of them: the first one, which also sends what is
 * frozen and takes memory, and median and 99th percentile of the rest; and how long a restore takes onto the same mesh with one node's memory lost.
 */
public final class SnapshotBenchmark {
    private static final int IMAGE = 319;
    private static final Mesh MESH = new Mesh(1, 2, 2);
    private static final int RANKS_PER_NODE = 2;
    private static final StageSettings STAGE = new StageSettings(
            "all",
            Set.of(Part.VISION_TOWER, Part.PROJECTOR, Part.LLM),
            Optional.empty(),
            2048,
            new StageSettings.Optimizer(0.9, 0.95, 1e-8, 0, 1),
            List.of(),
            Optional.empty());

    private SnapshotBenchmark() {}

    /** What a rank does; returns milliseconds. */
    private interface Work {
        double[] run(MmspSession session, SnapshotVault vault);
    }

    public static void main(String[] args) {
        int snapshots = args.length > 0 ? Integer.parseInt(args[0]) : 200;
        RunConfig config = RunConfigLoader.load("tiny", List.of());
        List<TransportNode> nodes = new ArrayList<>();
        List<SnapshotVault> vaults = new ArrayList<>();
        for (int node = 0; node < MESH.worldSize() / RANKS_PER_NODE; node++) {
            nodes.add(TransportNode.open(config.transport(), "127.0.0.1"));
            vaults.add(SnapshotVault.open());
        }
        double[] slowest = onRanks(1, config, nodes, vaults, (session, vault) -> take(session, vault, snapshots));
        double[] sorted = Arrays.stream(slowest).skip(snapshots / 4).sorted().toArray();
        System.out.printf(
                "snapshots=%d vaultBytes=%d firstMs=%.1f medianMs=%.2f p99Ms=%.2f%n",
                snapshots,
                vaults.getFirst().memoryBytes(),
                slowest[0],
                sorted[sorted.length / 2],
                sorted[sorted.length * 99 / 100]);
        vaults.removeLast().close();
        vaults.addLast(SnapshotVault.open());
        for (int generation = 2; generation < 7; generation++) {
            double[] restore =
                    onRanks(generation, config, nodes, vaults, (session, vault) -> restore(session, snapshots));
            System.out.printf("restoreMs=%.1f beginStageMs=%.1f%n", restore[1], restore[0]);
        }
        vaults.forEach(SnapshotVault::close);
        nodes.forEach(TransportNode::close);
    }

    private static double[] take(MmspSession session, SnapshotVault vault, int snapshots) {
        session.initialize(1);
        session.beginStage(STAGE);
        double[] milliseconds = new double[snapshots];
        for (int i = 0; i < snapshots; i++) {
            long startNs = System.nanoTime();
            session.snapshot(new SnapshotKey(1, 0, i));
            milliseconds[i] = (System.nanoTime() - startNs) / 1e6;
            vault.dropOlderThan(new SnapshotKey(1, 0, Math.max(0, i - 1)));
        }
        return milliseconds;
    }

    private static double[] restore(MmspSession session, int snapshots) {
        long startNs = System.nanoTime();
        session.adopt(1, Optional.empty());
        session.beginStage(STAGE);
        long begunNs = System.nanoTime();
        session.restoreSnapshot(new SnapshotKey(1, 0, snapshots - 1));
        return new double[] {(begunNs - startNs) / 1e6, (System.nanoTime() - begunNs) / 1e6};
    }

    /** The largest of all ranks' numbers, one by one. */
    private static double[] onRanks(
            int generation, RunConfig config, List<TransportNode> nodes, List<SnapshotVault> vaults, Work work) {
        ModelConfig model = ModelConfig.of(config.model().architecture().orElseThrow(), IMAGE);
        Placement placement = placement(generation, nodes);
        try (ExecutorService threads = Executors.newFixedThreadPool(MESH.worldSize())) {
            List<Future<double[]>> results = IntStream.range(0, MESH.worldSize())
                    .mapToObj(rank -> threads.submit(() -> {
                        SnapshotVault vault = vaults.get(rank / RANKS_PER_NODE);
                        SnapshotSite site = new SnapshotSite(vault, SnapshotPeers.of(placement, 1));
                        try (RankEndpoint endpoint =
                                        nodes.get(rank / RANKS_PER_NODE).open(placement, rank);
                                MmspSession session = MmspSession.open(
                                        model, Devices.cpu(), MESH, SessionOptions.of(config), endpoint, site)) {
                            return work.run(session, vault);
                        }
                    }))
                    .toList();
            return results.stream()
                    .map(SnapshotBenchmark::get)
                    .reduce(SnapshotBenchmark::larger)
                    .orElseThrow();
        }
    }

    private static Placement placement(int generation, List<TransportNode> nodes) {
        return new Placement(
                generation,
                MESH,
                IntStream.range(0, MESH.worldSize())
                        .mapToObj(rank -> {
                            TransportNode node = nodes.get(rank / RANKS_PER_NODE);
                            String name = "node-" + rank / RANKS_PER_NODE;
                            return new RankSite(rank, name, name, node.dataEndpoint(), node.driverDirectory());
                        })
                        .toList());
    }

    private static double[] get(Future<double[]> result) {
        try {
            return result.get();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException("a rank failed", e);
        }
    }

    private static double[] larger(double[] first, double[] second) {
        double[] larger = new double[first.length];
        Arrays.setAll(larger, i -> Math.max(first[i], second[i]));
        return larger;
    }
}
