package io.longreel.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.longreel.config.PrecisionSettings.Weights;
import io.longreel.config.ShardingSettings.State;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.model.checkpoint.VilaCheckpoint;
import io.longreel.model.state.ParameterSpec;
import io.longreel.model.state.TrainableSet;
import io.longreel.model.state.TrainedRange;
import io.longreel.model.state.Unit;
import io.longreel.ops.device.Devices;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.LinkCounters;
import io.longreel.transport.RankThreads;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What sharded weights send is what they must, to the byte: each unit once forward and once back, less what is still there. */
class StateTrafficTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden");

    @ParameterizedTest
    @CsvSource({"gqa-even,1,2,1", "gqa-even,2,1,2", "mha-odd-grid,1,3,1"})
    void shouldGatherEachUnitTwiceAtMost(String name, int data, int ring, int ulysses) {
        Mesh mesh = new Mesh(data, ring, ulysses);
        ModelConfig config = VilaCheckpoint.readConfig(GOLDEN.resolve(name).resolve("checkpoint"));
        List<Long> wide = sent(name, mesh, State.PARAMETERS, Weights.FP32);
        List<Long> narrow = sent(name, mesh, State.PARAMETERS, Weights.BF16);
        List<Long> whole = sent(name, mesh, State.GRADIENTS, Weights.FP32);
        List<Long> wholeNarrow = sent(name, mesh, State.GRADIENTS, Weights.BF16);
        for (int rank = 0; rank < mesh.worldSize(); rank++) {
            long gathered = gatheredElements(config, rank, mesh.worldSize()) * (mesh.worldSize() - 1);
            long published = trainedShare(config, rank, mesh.worldSize()) * (mesh.worldSize() - 1);
            String what = name + " " + mesh + " rank=" + rank;
            System.out.printf(
                    "state traffic %s: gathered=%d published=%d elements, sent fp32=%d bf16=%d bytes per step%n",
                    what, gathered, published, wide.get(rank), narrow.get(rank));
            assertEquals(4 * gathered - 4 * published, wide.get(rank) - whole.get(rank), what);
            assertEquals(2 * gathered, wide.get(rank) - narrow.get(rank), what);
            assertEquals(2 * published, whole.get(rank) - wholeNarrow.get(rank), what);
        }
    }

    /** The rank's elements that one step gathers. */
    private static long gatheredElements(ModelConfig config, int rank, int ranks) {
        long elements = 0;
        for (Unit unit : Unit.of(config)) {
            long[] bounds = unit.space().evenBounds(ranks);
            elements += gathers(config, unit.name()) * (bounds[rank + 1] - bounds[rank]);
        }
        return elements;
    }

    private static int gathers(ModelConfig config, String unit) {
        boolean neverRun = unit.equals(ParameterSpec.VISION + "post_layernorm.");
        for (int layer = config.vision().usedLayers(); layer < config.vision().layers(); layer++) {
            neverRun |= unit.equals(ParameterSpec.visionLayer(layer));
        }
        if (neverRun) {
            return 0;
        }
        // Embedding's backward pass needs no weights; head, norm and last layer are still there when they are needed
        // again.
        boolean last = unit.equals(ParameterSpec.decoderLayer(config.llm().layers() - 1));
        boolean once = unit.equals(Unit.EMBEDDING) || unit.equals(Unit.HEAD) || unit.equals(Unit.FINAL_NORM) || last;
        return once ? 1 : 2;
    }

    private static long trainedShare(ModelConfig config, int rank, int ranks) {
        TrainableSet trainable = new TrainableSet(config, GoldenSteps.FULL.trainable());
        long share = 0;
        for (Unit unit : Unit.of(config)) {
            for (TrainedRange range : TrainedRange.of(unit, trainable::contains)) {
                long[] bounds = range.bounds(ranks);
                share += bounds[rank + 1] - bounds[rank];
            }
        }
        return share;
    }

    /** Bytes that each rank sends in one step. */
    private static List<Long> sent(String name, Mesh mesh, State state, Weights weights) {
        Path checkpoint = GOLDEN.resolve(name).resolve("checkpoint");
        ModelConfig config = VilaCheckpoint.readConfig(checkpoint);
        PackedBatch batch = BatchFile.read(GOLDEN.resolve(name).resolve("batch.safetensors"), config)
                .packed();
        try (InProcessTransport transport = InProcessTransport.open(Placement.inProcess(mesh))) {
            return RankThreads.run(transport.endpoints(), endpoint -> {
                SessionOptions options = ShardedStateTest.options(state, weights);
                try (MmspSession session = MmspSession.open(config, Devices.cpu(), mesh, options, endpoint)) {
                    session.load(checkpoint);
                    session.beginStage(GoldenSteps.FULL);
                    long before = bytes(endpoint.counters());
                    session.step(List.of(batch), 1e-3);
                    return bytes(endpoint.counters()) - before;
                }
            });
        }
    }

    private static long bytes(LinkCounters counters) {
        return counters.localBytes() + counters.intraNodeBytes() + counters.interNodeBytes();
    }
}
