package io.longreel.model;

import io.longreel.config.StageSettings;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.config.topology.Placement.RankSite;
import io.longreel.model.checkpoint.CheckpointManifest;
import io.longreel.model.checkpoint.ModelOrigin;
import io.longreel.model.checkpoint.VilaCheckpoint;
import io.longreel.model.snapshot.SnapshotPeers;
import io.longreel.model.snapshot.SnapshotSite;
import io.longreel.model.snapshot.SnapshotVault;
import io.longreel.ops.device.Devices;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.RankThreads;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Nodes with a vault each, and mesh incarnations of a golden model that run on them one after the other, all in this process. */
public final class SnapshotRuns implements AutoCloseable {
    static final Path GOLDEN = Path.of("src/test/resources/golden/gqa-even");

    private final SessionOptions options;
    private final StageSettings stage;
    private final int replicas;
    private final ModelConfig config = VilaCheckpoint.readConfig(GOLDEN.resolve("checkpoint"));
    private final Map<String, SnapshotVault> vaults = new TreeMap<>();
    private int generation;

    SnapshotRuns(SessionOptions options, StageSettings stage, int replicas) {
        this.options = options;
        this.stage = stage;
        this.replicas = replicas;
    }

    /** A mesh and the node of each of its ranks, a letter per rank: {@code 1,2,2 aabb}. */
    record Site(Mesh mesh, List<String> nodes) {
        static Site parse(String text) {
            String[] parts = text.split(" ");
            int[] degrees =
                    Stream.of(parts[0].split(",")).mapToInt(Integer::parseInt).toArray();
            return new Site(new Mesh(degrees[0], degrees[1], degrees[2]), List.of(parts[1].split("")));
        }
    }

    SnapshotVault vault(String node) {
        return vaults.computeIfAbsent(node, name -> SnapshotVault.open());
    }

    Map<String, SnapshotVault> vaults() {
        return vaults;
    }

    /** The node and all that it holds are gone. */
    void lose(String node) {
        SnapshotVault lost = vaults.remove(node);
        if (lost != null) {
            lost.close();
        }
    }

    /** The incarnation that was started last. */
    int generation() {
        return generation;
    }

    /** What a rank does. */
    interface Work<T> {
        T run(MmspSession session, RankEndpoint endpoint);
    }

    /** A new incarnation, its sessions fresh, with {@code work} on each rank. */
    <T> List<T> run(Site site, Function<MmspSession, T> work) {
        return run(site, (session, endpoint) -> work.apply(session));
    }

    /** A new incarnation, its sessions fresh, with {@code work} on each rank. */
    <T> List<T> run(Site site, Work<T> work) {
        generation++;
        List<RankSite> sites = IntStream.range(0, site.nodes.size())
                .mapToObj(rank -> new RankSite(rank, site.nodes.get(rank), site.nodes.get(rank), "", ""))
                .toList();
        site.nodes.forEach(this::vault);
        Placement placement = new Placement(generation, site.mesh, sites);
        SnapshotPeers peers = SnapshotPeers.of(placement, replicas);
        try (InProcessTransport transport = InProcessTransport.open(placement)) {
            return RankThreads.run(transport.endpoints(), endpoint -> {
                SnapshotSite where = new SnapshotSite(vault(site.nodes.get(endpoint.rank())), peers);
                try (MmspSession session =
                        MmspSession.open(config, Devices.cpu(), site.mesh, options, endpoint, where)) {
                    return work.run(session, endpoint);
                }
            });
        }
    }

    /** The model's own weights, and the stage begun. */
    void begin(MmspSession session) {
        session.load(GOLDEN.resolve("checkpoint"));
        session.beginStage(stage);
    }

    /** The stage begun for weights that come from elsewhere. */
    void beginEmpty(MmspSession session) {
        session.adopt(0, Optional.of(ModelOrigin.of(GOLDEN.resolve("checkpoint"))));
        session.beginStage(stage);
    }

    List<TrainSession.StepReport> steps(MmspSession session, int steps) {
        PackedBatch batch =
                BatchFile.read(GOLDEN.resolve("batch.safetensors"), config).packed();
        return IntStream.range(0, steps)
                .mapToObj(step -> session.step(List.of(batch), GoldenSteps.rates(stage, step)))
                .toList();
    }

    /** Makes slices of an incarnation a checkpoint. */
    void writeManifest(Path directory, Mesh mesh, List<TrainSession.SliceFile> slices) {
        new CheckpointManifest("test", 0, stage.name(), 2, 2, mesh, 1e6, new ArrayList<>(slices)).write(directory);
    }

    /** Slices in a directory: bytes by file name. */
    static Map<String, byte[]> slices(Path directory) {
        Map<String, byte[]> slices = new TreeMap<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".slice")).toList()) {
                slices.put(file.getFileName().toString(), Files.readAllBytes(file));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return slices;
    }

    @Override
    public void close() {
        vaults.values().forEach(SnapshotVault::close);
        vaults.clear();
    }
}
