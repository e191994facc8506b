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
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.RankThreads;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * Trains a model of some hundred thousand weights, made for nothing else, on 2 x 2 ranks of this process, until the JVM has compiled what a training step and a
 * snapshot run: the first steps of a fresh process take seconds each, and a mesh is as slow as its slowest rank. Touches nothing of the run.
 */
public final class WarmUp {
    private static final int STEPS = 24;
    private static final int STEPS_PER_SNAPSHOT = 4;
    private static final int VOCABULARY = 320;
    private static final int MARKER = VOCABULARY - 1;
    private static final int TEXT_TOKENS = 24;
    private static final double LEARNING_RATE = 1e-3;
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

    private final Device device;
    private final BooleanSupplier isNeeded;
    /** Of two nodes that are not there. */
    private final List<SnapshotVault> vaults;

    private final SnapshotPeers peers;
    private final AtomicBoolean isOver = new AtomicBoolean();

    private WarmUp(Device device, BooleanSupplier isNeeded, List<SnapshotVault> vaults, SnapshotPeers peers) {
        this.device = device;
        this.isNeeded = isNeeded;
        this.vaults = vaults;
        this.peers = peers;
    }

    /**
     * Returns the steps that were done when the code is warm, or when it is needed elsewhere.
     *
     * @param isNeeded asked before each step, and then between calls of single kernels; by one thread at a time
     */
    public static int run(Device device, BooleanSupplier isNeeded) {
        List<RankSite> sites = IntStream.range(0, MESH.worldSize())
                .mapToObj(rank -> new RankSite(rank, "warm-up-" + rank / 2, "warm-up-" + rank / 2, "", ""))
                .toList();
        Placement placement = new Placement(1, MESH, sites);
        try (SnapshotVault first = SnapshotVault.open();
                SnapshotVault second = SnapshotVault.open();
                InProcessTransport transport = InProcessTransport.open(placement)) {
            WarmUp warmUp = new WarmUp(device, isNeeded, List.of(first, second), SnapshotPeers.of(placement, 1));
            int steps = RankThreads.run(transport.endpoints(), warmUp::rank).getFirst();
            // Last, as classes that a session loads would make the JVM forget what it has compiled.
            KernelWarmUp.run(device.kernels(), isNeeded);
            return steps;
        }
    }

    private int rank(RankEndpoint endpoint) {
        Communicator world = endpoint.communicator(MESH.worldGroup());
        SnapshotSite site = new SnapshotSite(vaults.get(endpoint.rank() / 2), peers);
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
