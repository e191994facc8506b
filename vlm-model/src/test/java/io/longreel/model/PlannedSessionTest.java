package io.longreel.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.PrecisionSettings;
import io.longreel.config.PrecisionSettings.Exchange;
import io.longreel.config.PrecisionSettings.Products;
import io.longreel.config.PrecisionSettings.Sums;
import io.longreel.config.RecomputeSettings;
import io.longreel.config.ShardingSettings;
import io.longreel.config.ShardingSettings.Layout;
import io.longreel.config.ShardingSettings.Stages;
import io.longreel.config.ShardingSettings.State;
import io.longreel.config.StageSettings;
import io.longreel.config.StageSettings.Part;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.config.topology.Placement.RankSite;
import io.longreel.model.checkpoint.VilaCheckpoint;
import io.longreel.model.snapshot.SnapshotKey;
import io.longreel.model.snapshot.SnapshotPeers;
import io.longreel.model.snapshot.SnapshotSite;
import io.longreel.model.snapshot.SnapshotVault;
import io.longreel.ops.device.Devices;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.RankThreads;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A planned session has, to the byte, what a real one has allocated: on every rank, after each thing that both are told, snapshots included. */
class PlannedSessionTest {
    private static final ModelConfig CONFIG =
            VilaCheckpoint.readConfig(Path.of("src/test/resources/golden/gqa-even/checkpoint"));
    private static final StageSettings PROJECTOR = GoldenSteps.stage(Set.of(Part.PROJECTOR), Optional.empty());
    private static final List<StageSettings> STAGES = List.of(PROJECTOR, GoldenSteps.FULL, GoldenSteps.ADAPTERS);
    private static final int NODES = 2;
    /** The committed snapshot, and the one that is being taken. */
    private static final int KEPT = 2;

    private static final long SEED = 5;

    @ParameterizedTest
    @CsvSource({
        "1,2,2,OPTIMIZER,FP32",
        "1,2,2,GRADIENTS,FP32",
        "1,2,2,PARAMETERS,FP32",
        "1,2,2,OPTIMIZER,BF16",
        "1,4,1,PARAMETERS,BF16",
        "2,1,2,GRADIENTS,BF16",
        "4,1,1,PARAMETERS,FP32"
    })
    void shouldPlanWhatASessionAllocatesWhereverStateLies(
            int data, int ring, int ulysses, State state, PrecisionSettings.Weights weights) {
        check(new Mesh(data, ring, ulysses), ShardedStateTest.options(state, weights));
    }

    /** Frames that come again are in the plan as if they were new. */
    @ParameterizedTest
    @CsvSource({"1,2,2,OPTIMIZER", "2,1,2,PARAMETERS"})
    void shouldPlanWhatASessionAllocatesWhenFramesAreKept(int data, int ring, int ulysses, State state) {
        check(
                new Mesh(data, ring, ulysses),
                ShardedStateTest.options(state, PrecisionSettings.Weights.FP32).withFrozenFrameBytes(20_000));
    }

    @ParameterizedTest
    @CsvSource({"1,true,false", "ALL,true,true", "ALL,false,true"})
    void shouldPlanWhatASessionAllocatesWhenLayersAreComputedAgain(
            String layers, boolean keepAttention, boolean vision) {
        int count = layers.equals("ALL") ? RecomputeSettings.ALL : Integer.parseInt(layers);
        check(
                new Mesh(1, 2, 2),
                SessionOptions.DEFAULTS.withRecompute(new RecomputeSettings(count, keepAttention, vision)));
    }

    @ParameterizedTest
    @CsvSource({"CONTIGUOUS,TWO,FP32,FP32,EXACT", "ZIGZAG,ONE,BF16,FP32,FAST", "STRIPED,TWO,BF16,BF16,FAST"})
    void shouldPlanWhatASessionAllocatesWhateverTheSharding(
            Layout layout, Stages stages, Exchange exchange, Products products, Sums sums) {
        check(
                new Mesh(1, 2, 2),
                SessionOptions.DEFAULTS
                        .withSharding(new ShardingSettings(layout, stages, State.GRADIENTS))
                        .withPrecision(
                                new PrecisionSettings(PrecisionSettings.Weights.FP32, exchange, products, sums)));
    }

    /** What both kinds of session are told. */
    private interface Told {
        void beginStage(StageSettings stage);

        void step(List<PackedBatch> batches);

        void endStage();

        void answer(PackedBatch batch);

        RankMemory memory();
    }

    private static void check(Mesh mesh, SessionOptions options) {
        List<List<RankMemory>> planned = new ArrayList<>();
        for (int rank = 0; rank < mesh.worldSize(); rank++) {
            try (PlannedSession session =
                    PlannedSession.open(CONFIG, Devices.cpu(), mesh, rank, options, peers(mesh), KEPT)) {
                planned.add(script(mesh, rank, false, new Planned(session)));
            }
        }
        List<List<RankMemory>> allocated = allocated(mesh, options);
        for (int rank = 0; rank < mesh.worldSize(); rank++) {
            int of = rank;
            List<RankMemory> inNode = planned.get(rank);
            // A vault is its node's: what it has is planned by all ranks of the node together.
            List<RankMemory> expected = IntStream.range(0, inNode.size())
                    .mapToObj(at -> inNode.get(at)
                            .withSnapshots(IntStream.range(0, mesh.worldSize())
                                    .filter(other -> node(mesh, other) == node(mesh, of))
                                    .mapToLong(
                                            other -> planned.get(other).get(at).snapshots())
                                    .sum()))
                    .toList();
            assertEquals(expected, allocated.get(rank), "rank " + rank);
        }
        assertTrue(planned.getFirst().getLast().caches() > 0);
    }

    /** Three stages with a needle test behind the second; memory after each part. */
    private static List<RankMemory> script(Mesh mesh, int rank, boolean readable, Told session) {
        List<RankMemory> memory = new ArrayList<>();
        for (StageSettings stage : STAGES) {
            session.beginStage(stage);
            for (int length : new int[] {3, 8, 5}) {
                session.step(share(
                        mesh,
                        rank,
                        batch(length, readable),
                        batch(0, readable),
                        batch(length / 2, readable),
                        batch(1, readable),
                        batch(2, readable)));
            }
            memory.add(session.memory());
            session.endStage();
            if (stage.equals(GoldenSteps.FULL)) {
                session.answer(batch(9, readable));
                session.answer(batch(20, readable));
                memory.add(session.memory());
            }
        }
        return memory;
    }

    private static List<PackedBatch> share(Mesh mesh, int rank, PackedBatch... batches) {
        return IntStream.range(0, batches.length)
                .filter(i -> i % mesh.dataDegree() == mesh.dataOf(rank))
                .mapToObj(i -> batches[i])
                .toList();
    }

    private static List<List<RankMemory>> allocated(Mesh mesh, SessionOptions options) {
        List<RankSite> sites = IntStream.range(0, mesh.worldSize())
                .mapToObj(rank -> new RankSite(rank, "node-" + node(mesh, rank), "node-" + node(mesh, rank), "", ""))
                .toList();
        try (SnapshotVault first = SnapshotVault.open();
                SnapshotVault second = SnapshotVault.open();
                InProcessTransport transport = InProcessTransport.open(new Placement(1, mesh, sites))) {
            return RankThreads.run(transport.endpoints(), endpoint -> {
                SnapshotVault vault = node(mesh, endpoint.rank()) == 0 ? first : second;
                Communicator world = endpoint.communicator(mesh.worldGroup());
                try (MmspSession session = open(mesh, options, endpoint, vault)) {
                    session.initialize(SEED);
                    return script(mesh, endpoint.rank(), true, new Allocated(session, vault, world));
                }
            });
        }
    }

    private static MmspSession open(Mesh mesh, SessionOptions options, RankEndpoint endpoint, SnapshotVault vault) {
        return MmspSession.open(CONFIG, Devices.cpu(), mesh, options, endpoint, new SnapshotSite(vault, peers(mesh)));
    }

    private static SnapshotPeers peers(Mesh mesh) {
        return SnapshotPeers.of(
                IntStream.range(0, mesh.worldSize())
                        .mapToObj(rank -> "node-" + node(mesh, rank))
                        .toList(),
                1);
    }

    private static int node(Mesh mesh, int rank) {
        return rank * NODES / mesh.worldSize();
    }

    private record Planned(PlannedSession session) implements Told {
        @Override
        public void beginStage(StageSettings stage) {
            session.beginStage(stage);
        }

        @Override
        public void step(List<PackedBatch> batches) {
            session.step(batches);
        }

        @Override
        public void endStage() {
            session.endStage();
        }

        @Override
        public void answer(PackedBatch batch) {
            session.answer(batch);
        }

        @Override
        public RankMemory memory() {
            return session.memory();
        }
    }

    /** Takes snapshots as a run does: at the beginning of a stage and after each step, where older ones are dropped before the next step. */
    private static final class Allocated implements Told {
        private final MmspSession session;
        private final SnapshotVault vault;
        private final Communicator world;
        private int stage;
        private int step;
        private long vaultBytesMax;

        Allocated(MmspSession session, SnapshotVault vault, Communicator world) {
            this.session = session;
            this.vault = vault;
            this.world = world;
        }

        @Override
        public void beginStage(StageSettings settings) {
            session.beginStage(settings);
            vaultBytesMax = 0;
            stage++;
            step = 0;
            snapshot();
        }

        @Override
        public void step(List<PackedBatch> batches) {
            vault.dropOlderThan(new SnapshotKey(1, stage, step));
            session.step(batches, 1e-3);
            step++;
            snapshot();
        }

        private void snapshot() {
            session.snapshot(new SnapshotKey(1, stage, step));
            world.barrier();
            vaultBytesMax = Math.max(vaultBytesMax, vault.memoryBytes());
            world.barrier();
        }

        @Override
        public void endStage() {
            session.endStage();
        }

        @Override
        public void answer(PackedBatch batch) {
            session.answer(batch);
        }

        @Override
        public RankMemory memory() {
            return session.allocated().withSnapshots(vaultBytesMax);
        }
    }

    /** A document of so many frames and a few tokens. */
    private static PackedBatch batch(int frames, boolean readable) {
        int image = CONFIG.imageToken();
        int[] ids = new int[frames + 9];
        ids[0] = 3;
        Arrays.fill(ids, 1, frames + 1, image);
        for (int i = frames + 1; i < ids.length; i++) {
            ids[i] = 3 + i % 40;
        }
        int[] labels = ids.clone();
        Arrays.fill(labels, 0, frames + 4, -100);
        FrameSource noise = new SyntheticFrames(frames, SEED);
        return PackedBatch.single(ids, labels, image, readable ? noise : new Unread(noise));
    }

    /** Frames that a plan knows the number and the keys of. */
    private record Unread(FrameSource frames) implements FrameSource {
        @Override
        public int frameCount() {
            return frames.frameCount();
        }

        @Override
        public long key(int frame) {
            return frames.key(frame);
        }

        @Override
        public void read(int from, int to, Tensor pixels_F3hw) {
            throw new AssertionError("a plan must not read frames: from=%d to=%d".formatted(from, to));
        }
    }
}
