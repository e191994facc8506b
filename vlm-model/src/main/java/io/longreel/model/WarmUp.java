package io.longreel.model;

import io.longreel.config.ModelSettings;
import io.longreel.config.StageSettings;
import io.longreel.config.StageSettings.Part;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.config.topology.Placement.RankSite;
import io.longreel.model.snapshot.SnapshotKey;
import io.longreel.model.snapshot.SnapshotPeers;
import io.longreel.model.snapshot.SnapshotSite;
import io.longreel.model.snapshot.SnapshotVault;
import io.longreel.ops.device.Device;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.RankThreads;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * Trains a model of some hundred thousand weights, made for nothing else, on 2 x 2 ranks of this process, until the JVM has compiled what a training step and a
 * snapshot run: the first steps of a fresh process take seconds each, and a mesh is as slow as its slowest rank. The ring goes over the links between nodes, back
 * to this process, and endpoints and devices are what the run's ranks get: what the JVM has compiled for some classes it throws away when others come. Touches
 * nothing of the run.
 */
public final class WarmUp {
    private static final int STEPS = 24;
    private static final int STEPS_PER_SNAPSHOT = 4;
    private static final int VOCABULARY = 320;
    private static final int MARKER = VOCABULARY - 1;
    private static final int TEXT_TOKENS = 24;
    private static final double LEARNING_RATE = 1e-3;
    /** No run gets there, and its streams have numbers of their own as long as a run has not had two thousand generations. */
    private static final int GENERATION = Integer.MAX_VALUE;

    private static final Mesh MESH = new Mesh(1, 2, 2);
    private static final ModelConfig MODEL = ModelConfig.of(
            new ModelSettings.Architecture(
                    new ModelSettings.Vision(64, 128, 3, 2, 56, 14, -2),
                    new ModelSettings.Llm(VOCABULARY, 128, 256, 2, 4, 2, 4096, 1e4, 1e-6, true)),
            MARKER);
    private static final StageSettings STAGE = new StageSettings(
            "warm-up",
            Set.of(Part.VISION_TOWER, Part.PROJECTOR, Part.LLM),
            Optional.empty(),
            4096,
            new StageSettings.Optimizer(0.9, 0.95, 1e-8, 0, 1),
            List.of(),
            Optional.empty());

    /** Where the ranks get what they work with. */
    public interface Ground {
        /** An endpoint that has not waited for its peers. */
        RankEndpoint open(Placement placement, int rank);

        Device device(Placement placement, int rank);
    }

    private final Ground ground;
    private final Placement placement;
    private final BooleanSupplier isNeeded;
    /** Of two nodes that are not there. */
    private final List<SnapshotVault> vaults;

    private final SnapshotPeers peers;
    private final AtomicBoolean isOver = new AtomicBoolean();

    private WarmUp(Ground ground, Placement placement, BooleanSupplier isNeeded, List<SnapshotVault> vaults) {
        this.ground = ground;
        this.placement = placement;
        this.isNeeded = isNeeded;
        this.vaults = vaults;
        this.peers = SnapshotPeers.of(placement, 1);
    }

    /**
     * Returns the steps that were done when the code is warm, or when it is needed elsewhere.
     *
     * @param dataEndpoint where this process gets what other nodes send
     * @param driverDirectory of its media driver
     * @param isNeeded asked before each step, and then between calls of single kernels; by one thread at a time
     */
    public static int run(String dataEndpoint, String driverDirectory, Ground ground, BooleanSupplier isNeeded) {
        List<RankSite> sites = IntStream.range(0, MESH.worldSize())
                .mapToObj(rank -> {
                    String node = "warm-up-" + rank / MESH.ulyssesDegree();
                    return new RankSite(rank, node, node, dataEndpoint, driverDirectory);
                })
                .toList();
        Placement placement = new Placement(GENERATION, MESH, sites);
        List<RankEndpoint> endpoints = new ArrayList<>();
        try (SnapshotVault first = SnapshotVault.open();
                SnapshotVault second = SnapshotVault.open()) {
            for (int rank = 0; rank < MESH.worldSize(); rank++) {
                endpoints.add(ground.open(placement, rank));
            }
            WarmUp warmUp = new WarmUp(ground, placement, isNeeded, List.of(first, second));
            int steps = RankThreads.run(endpoints, warmUp::rank).getFirst();
            // Last, as classes that a session loads would make the JVM forget what it has compiled.
            KernelWarmUp.run(ground.device(placement, 0).kernels(), isNeeded);
            return steps;
        } finally {
            endpoints.forEach(RankEndpoint::close);
        }
    }

    private int rank(RankEndpoint endpoint) {
        Communicator world = endpoint.communicator(MESH.worldGroup());
        SnapshotSite site = new SnapshotSite(vaults.get(endpoint.rank() / MESH.ulyssesDegree()), peers);
        Device device = ground.device(placement, endpoint.rank());
        try (MmspSession session = MmspSession.open(MODEL, device, MESH, SessionOptions.DEFAULTS, endpoint, site)) {
            session.initialize(1);
            session.beginStage(STAGE);
            for (int step = 0; step < STEPS; step++) {
                if (endpoint.rank() == 0 && isNeeded.getAsBoolean()) {
                    isOver.set(true);
                }
                world.barrier();
                // Nobody is a step ahead: the next one's exchanges need all, so that all read the same here.
                if (isOver.get()) {
                    return step;
                }
                session.step(List.of(batch(step)), LEARNING_RATE);
                if (step % STEPS_PER_SNAPSHOT == 0) {
                    session.snapshot(new SnapshotKey(1, 0, step + 1));
                }
            }
            return STEPS;
        }
    }

    /** Of changing length, so that no shape counts as the only one. */
    private static PackedBatch batch(int step) {
        int frames = 2 + step % 7;
        int[] ids = new int[TEXT_TOKENS + frames];
        Arrays.setAll(ids, i -> i < frames ? MARKER : 1 + i % (MARKER - 1));
        int[] labels = ids.clone();
        Arrays.fill(labels, 0, frames, -100);
        FrameSource grey = new FrameSource() {
            @Override
            public int frameCount() {
                return frames;
            }

            @Override
            public void read(int from, int to, Tensor pixels_F3hw) {
                pixels_F3hw.zero();
            }
        };
        return PackedBatch.single(ids, labels, MARKER, grey);
    }
}
