package io.longreel.model.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.LinkLimits;
import io.longreel.config.LinkLimits.Limit;
import io.longreel.config.RunConfigLoader;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.TransportSettings;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.config.topology.Placement.RankSite;
import io.longreel.model.SessionOptions;
import io.longreel.model.bench.AttentionBench.Links;
import io.longreel.ops.device.Devices;
import io.longreel.transport.TransportNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** That the measurements do the work that they name; what it costs is nobody's business here. */
class BenchTest {
    /** A second per look at it. */
    private final AtomicLong clockNs = new AtomicLong();

    private long tick() {
        return clockNs.addAndGet(1_000_000_000L);
    }

    private static StepBench.Setting step(BenchSize size, int frames, int ranks, int steps) {
        return step(size, size.layers(), frames, ranks, steps);
    }

    private static StepBench.Setting step(BenchSize size, int layers, int frames, int ranks, int steps) {
        SessionOptions options = SessionOptions.DEFAULTS;
        return new StepBench.Setting(
                size, layers, frames, new Mesh(1, 1, ranks), options.precision(), options.recompute(), steps);
    }

    @ParameterizedTest
    @CsvSource({"1", "2", "3"})
    void shouldTrainTheModelThatItNames(int ranks) {
        StepBench.Result result = StepBench.run(step(BenchSize.TINY, 5, ranks, 2), Devices.cpu(), this::tick);
        assertEquals(5 * 4 + 64, result.tokens());
        assertEquals(1_018_752, result.parameters());
        assertTrue(result.stepSeconds() >= 1, "seconds=" + result.stepSeconds());
        assertEquals(result.tokens() / result.stepSeconds(), result.tokensPerSecond());
        assertTrue(result.peakBytes() > 0);
    }

    @Test
    void shouldTrainAsManyLayersAsItIsAskedFor() {
        StepBench.Setting two = step(BenchSize.TINY, 2, 1, 1, 1);
        StepBench.Result result = StepBench.run(two, Devices.cpu(), this::tick);
        // By hand: two layers of TINY less, each with weights, biases of q, k and v, and two norms.
        long layer = 2L * (128 * 128 + 128 * 64) + 3 * 128 * 384 + (128 + 2 * 64) + 2 * 128;
        assertEquals(1_018_752 - 2 * layer, result.parameters());
        assertEquals(StepFlops.of(BenchSize.TINY.config(2), 1, 68, 63), result.flop());
    }

    @Test
    void shouldCountTheOperationsOfAStep() {
        // By hand, TINY with one frame of 16 patches and 4 tokens, 68 tokens, 63 of them with a label.
        double vision = 6.0 * 16 * 2 * (4 * 64 * 64 + 2 * 64 * 128) + 4.0 * 16 * 3 * 14 * 14 * 64;
        double visionAttention = 14.0 * 16 * 16 * 2 * 64;
        double projector = 6.0 * 4 * (4 * 64 * 128 + 128 * 128);
        double layers = 6.0 * 68 * 4 * (2 * 128 * 128 + 2 * 128 * 64 + 3 * 128 * 384);
        double attention = 14.0 * (68 * 69 / 2) * 4 * 128;
        double head = 6.0 * 63 * 128 * 320;
        assertEquals(
                vision + visionAttention + projector + layers + attention + head,
                StepFlops.of(BenchSize.TINY.config(), 1, 68, 63));
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 2", "2, 1", "4, 2", "3, 1"})
    void shouldAttendOnTheMeshThatItNames(int ranks, int ring) {
        AttentionBench.Setting setting = new AttentionBench.Setting(ranks, ring, 64, 4, 2, 16, 3, Links.OWN);
        AttentionBench.Result result = AttentionBench.run(setting, Devices.cpu(), this::tick);
        assertTrue(result.forwardSeconds() >= 1 && result.backwardSeconds() >= 1, result.toString());
        double flop = 14.0 * (64 * 65 / 2) * 4 * 16;
        assertEquals(flop / result.seconds() / 1e9, result.gflops());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void shouldDecodeOverTheCacheThatItNames(int ranks) {
        DecodeBench.Result result =
                DecodeBench.run(new DecodeBench.Setting(ranks, 100, 4, 2, 16, 3), Devices.cpu(), this::tick);
        assertTrue(result.seconds() >= 1 && result.limitSeconds() >= 1, result.toString());
        assertEquals(1 / result.seconds(), result.tokensPerSecond());
        double bytes = 2.0 * 100 * 2 * 16 * 4;
        assertEquals(bytes / result.seconds() / 1e9, result.gigabytesPerSecond());
        assertEquals(bytes / result.limitSeconds() / 1e9, result.limitGigabytesPerSecond());
        assertEquals(result.limitSeconds() / result.seconds(), result.shareOfLimit());
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 1", "2, 2"})
    void shouldAnswerOnTheMeshThatItNames(int ring, int ulysses) {
        GenerateBench.Setting setting =
                new GenerateBench.Setting(BenchSize.TINY, 3, 6, 4, new Mesh(1, ring, ulysses), 8, 2);
        GenerateBench.Result result =
                GenerateBench.run(setting, Devices.cpu(), new GenerateBench.Clocks(this::tick, this::tick));
        assertEquals(3 * 4 + 6, result.tokens());
        assertTrue(result.times().prompt() >= 1 && result.times().token() >= 1, result.toString());
        assertTrue(result.alone().prompt() >= 1 && result.readSeconds() >= 1, result.toString());
        // By hand, TINY: products of four layers and the head, keys and values of 18 + 2 tokens.
        double weights = 4 * (2 * 128 * 128 + 2 * 128 * 64 + 3 * 128 * 384) + 128 * 320;
        assertEquals(4 * (weights + 2 * 4 * 64 * 20), result.tokenBytes());
        assertEquals(result.tokenBytes() / result.times().token() / 1e9, result.gigabytesPerSecond());
    }

    /** Large enough that ranks share products while they decode. */
    @Test
    void shouldAnswerWithWeightsThatRanksShare() {
        GenerateBench.Setting setting = new GenerateBench.Setting(BenchSize.SMALL, 1, 4, 3, new Mesh(1, 2, 1), 2048, 1);
        GenerateBench.Result result =
                GenerateBench.run(setting, Devices.cpu(), new GenerateBench.Clocks(this::tick, this::tick));
        assertTrue(result.times().token() >= 1, result.toString());
    }

    @Test
    void shouldCountTheOperationsOfAPrompt() {
        // By hand, TINY with one frame of 16 patches and 4 tokens, 10 tokens; the last layer asks for the last one.
        double vision = 2.0 * 16 * 2 * (4 * 64 * 64 + 2 * 64 * 128) + 2.0 * 16 * 3 * 14 * 14 * 64;
        double visionAttention = 4.0 * 16 * 16 * 2 * 64;
        double projector = 2.0 * 4 * (4 * 64 * 128 + 128 * 128);
        double layer = 2 * 128 * 128 + 3 * 128 * 384;
        double keys = 2 * 128 * 64;
        double layers = 2.0 * 10 * (3 * (layer + keys) + keys) + 2 * layer;
        double attention = 4.0 * 128 * (3 * 10 * 11 / 2 + 10);
        assertEquals(
                vision + visionAttention + projector + layers + attention + 2.0 * 128 * 320,
                StepFlops.ofPrompt(BenchSize.TINY.config(), 1, 10));
    }

    @Test
    void shouldKeepTheProportionsOfLinksToComputing() {
        LinkLimits there = LinksBench.links(200e3).limits(); // half as fast, and numbers of twice as many bytes
        assertEquals(900_000_000_000L, there.intraNode().bytesPerSecond());
        assertEquals(50_000_000_000L, there.interNode().bytesPerSecond());
        LinkLimits here = LinksBench.links(100).limits();
        assertEquals(
                18,
                (double) here.intraNode().bytesPerSecond() / here.interNode().bytesPerSecond(),
                1e-6);
    }

    /**
     * On a clock fifty times as fast as the machine's, forward alone: a ring of four passes 8 KiB on three times at 250 kB/s, Ulysses sends 4 KiB to each of
     * two ranks at half of that.
     */
    @Test
    void shouldWaitForLinksHoweverAttentionIsCut() {
        LinksBench.Setting setting = new LinksBench.Setting(64, 4, 4, 16, 1);
        LinksBench.Row row = LinksBench.run(setting, LinksBench.links(1), Devices.cpu(), () -> 50 * System.nanoTime());
        assertTrue(row.ringSeconds() >= 3 * 8192 / 250e3, row.toString());
        assertTrue(row.ulyssesSeconds() >= 4096 / 125e3, row.toString());
        assertTrue(row.bothSeconds() > 0 && row.unslowedSeconds() > 0, row.toString());
        assertEquals(row.ringSeconds() / row.bothSeconds(), row.ringToBoth());
        assertEquals(row.ulyssesSeconds() / row.bothSeconds(), row.ulyssesToBoth());
    }

    /** Each rank of the ring sends 32 rows of two heads, keys and values: 8 KiB per hop, on a clock ten times as fast as the machine's. */
    @Test
    void shouldTakeAsLongAsTheLinksBetweenNodesNeed() {
        LinkLimits limits = new LinkLimits(Limit.NONE, new Limit(1 << 20, Duration.ofMillis(1)));
        AttentionBench.Setting setting = new AttentionBench.Setting(2, 2, 64, 4, 2, 16, 1, new Links(1, limits));
        AttentionBench.Result result = AttentionBench.run(setting, Devices.cpu(), () -> 10 * System.nanoTime());
        assertTrue(result.forwardSeconds() >= 0.0088, result.toString());
    }

    /** One node for both ranks, then one for each. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void shouldExchangeBetweenRanks(int nodeCount) throws Exception {
        TransportSettings settings = RunConfigLoader.load("tiny", List.of()).transport();
        ExchangeBench.Setting setting = new ExchangeBench.Setting(List.of(1, 2), 3);
        List<TransportNode> nodes = new ArrayList<>();
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            for (int i = 0; i < nodeCount; i++) {
                nodes.add(TransportNode.open(settings, "127.0.0.1"));
            }
            List<RankSite> sites = IntStream.range(0, 2)
                    .mapToObj(rank -> {
                        int node = rank % nodeCount;
                        TransportNode at = nodes.get(node);
                        return new RankSite(rank, "node-" + node, "p-" + node, at.dataEndpoint(), at.driverDirectory());
                    })
                    .toList();
            Placement placement = new Placement(1, new Mesh(1, 1, 2), sites);
            List<Future<List<ExchangeBench.Result>>> ranks = IntStream.range(0, 2)
                    .mapToObj(rank -> threads.submit(
                            () -> ExchangeBench.run(setting, nodes.get(rank % nodeCount), placement, rank, this::tick)))
                    .toList();
            for (Future<List<ExchangeBench.Result>> rank : ranks) {
                List<ExchangeBench.Result> results = rank.get(60, TimeUnit.SECONDS);
                assertEquals(
                        List.of(1, 2),
                        results.stream().map(ExchangeBench.Result::mib).toList());
                assertTrue(
                        results.stream().allMatch(r -> r.seconds() >= 1 && r.limitSeconds() >= 1), results.toString());
            }
        } finally {
            nodes.forEach(TransportNode::close);
            threads.shutdownNow();
        }
    }

    @Test
    void shouldMeasureALimit() {
        assertTrue(MachineLimits.measure(Devices.cpu(), 2, this::tick).gflops() > 0);
    }

    @Test
    void shouldRefuseWhatCannotBeMeasured() {
        assertThrows(RuntimeFailure.class, () -> step(BenchSize.TINY, 0, 1, 1));
        assertThrows(RuntimeFailure.class, () -> step(BenchSize.TINY, 1, 5, 1));
        assertThrows(RuntimeFailure.class, () -> step(BenchSize.SMALL, 4_093, 1, 1));
        assertThrows(RuntimeFailure.class, () -> step(BenchSize.TINY, 0, 1, 1, 1));
        assertThrows(RuntimeFailure.class, () -> new DecodeBench.Setting(0, 1, 1, 1, 1, 1));
        assertThrows(RuntimeFailure.class, () -> new DecodeBench.Setting(1, 0, 1, 1, 1, 1));
        assertThrows(RuntimeFailure.class, () -> new DecodeBench.Setting(1, 1, 3, 2, 1, 1));
        assertThrows(RuntimeFailure.class, () -> new DecodeBench.Setting(1, Integer.MAX_VALUE, 1, 1, 1, 1));
        assertThrows(RuntimeFailure.class, () -> new LinksBench.Setting(7, 4, 4, 16, 1));
        assertThrows(RuntimeFailure.class, () -> new LinksBench.Setting(64, 3, 3, 16, 1));
        assertThrows(RuntimeFailure.class, () -> new ExchangeBench.Setting(List.of(), 1));
        assertThrows(RuntimeFailure.class, () -> new ExchangeBench.Setting(List.of(0), 1));
        assertThrows(RuntimeFailure.class, () -> new ExchangeBench.Setting(List.of(1), 0));
        assertThrows(RuntimeFailure.class, () -> new Links(0, LinkLimits.NONE));
        assertThrows(RuntimeFailure.class, () -> new AttentionBench.Setting(4, 3, 64, 4, 2, 16, 1, Links.OWN));
        assertThrows(RuntimeFailure.class, () -> new AttentionBench.Setting(4, 1, 64, 3, 1, 16, 1, Links.OWN));
        assertThrows(RuntimeFailure.class, () -> new AttentionBench.Setting(2, 1, 3, 4, 2, 16, 1, Links.OWN));
        assertThrows(
                RuntimeFailure.class, () -> new AttentionBench.Setting(1, 1, 2_000_000_000, 4, 2, 16, 1, Links.OWN));
        assertThrows(RuntimeFailure.class, () -> new AttentionBench.Setting(4000, 4000, 8000, 4, 2, 1, 1, Links.OWN));
        assertThrows(RuntimeFailure.class, () -> new DecodeBench.Setting(1, 16, 100_000_000, 1, 64, 1));
        assertThrows(RuntimeFailure.class, () -> new DecodeBench.Setting(3000, 16, 100, 100, 1, 1));
    }
}
