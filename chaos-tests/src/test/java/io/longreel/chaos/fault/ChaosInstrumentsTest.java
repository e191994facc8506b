package io.longreel.chaos.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.ChaosSettings.Action;
import io.longreel.config.ChaosSettings.Phase;
import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.config.topology.Placement.RankSite;
import io.longreel.model.FrameSource;
import io.longreel.model.PackedBatch;
import io.longreel.ops.device.Devices;
import io.longreel.ops.kernels.OptimizerKernels;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import io.longreel.runtime.protocol.StepId;
import io.longreel.runtime.rank.RankInstruments;
import io.longreel.runtime.rank.WorkInstruments;
import io.longreel.transport.fault.LinkFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Faults that a test survives: of data and frames, and the refusal of a device. Those of processes are struck in the scenarios. */
final class ChaosInstrumentsTest {
    private static final String FAIL = "chaos.faults=[{at={rank=1,step=7,phase=vote},do=fail}]";

    @TempDir
    Path folder;

    private final AtomicLong clockNs = new AtomicLong();

    @Test
    void shouldLoadNothingWhenNoFaultIsNamed() {
        assertSame(WorkInstruments.NONE, WorkInstruments.of(config()));
    }

    @Test
    void shouldBeFoundByTheRuntimeWhenAFaultIsNamed() {
        assertEquals(ChaosInstruments.class, WorkInstruments.of(config(FAIL)).getClass());
    }

    @Test
    void shouldStrikeOnceAtItsPlaceAndSaySoBefore() {
        RankInstruments other = rank(0, 1, FAIL);
        other.reached(at(1, 7), Phase.VOTE);
        RankInstruments struck = rank(1, 1, FAIL);
        struck.reached(at(1, 6), Phase.VOTE);
        struck.reached(at(1, 7), Phase.IDLE);
        assertEquals(List.of(), strikes());
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> struck.reached(at(1, 7), Phase.VOTE));
        assertEquals("rank 1 lost its device: fault 0 of the run's plan", failure.getMessage());
        Strike strike = strikes().getFirst();
        assertEquals(List.of(0, 1, 1, 1, 0, 7), numbers(strike));
        assertEquals("node-1/1", strike.processId());
        // the same step again, in the next mesh incarnation and in another process
        rank(1, 2, FAIL).reached(at(2, 7), Phase.VOTE);
        assertEquals(1, strikes().size());
    }

    @Test
    void shouldTakeOrdersWhileTheRunGoesOn() {
        RankInstruments struck = rank(1, 1, "chaos.orders=true");
        struck.reached(at(1, 6), Phase.VOTE);
        new OrderFile(folder).add(new OrderFile.Order(Action.FAIL, Phase.VOTE, 1, 1, 0, 8, 0));
        struck.reached(at(1, 7), Phase.VOTE);
        assertEquals(List.of(), strikes(), "it is for step 8");
        assertThrows(RuntimeFailure.class, () -> struck.reached(at(1, 9), Phase.VOTE));
        struck.reached(at(1, 10), Phase.VOTE);
        rank(1, 2, "chaos.orders=true").reached(at(2, 10), Phase.VOTE);
        assertEquals(1, strikes().size(), "an order strikes once");
        new OrderFile(folder).add(new OrderFile.Order(Action.FAIL, Phase.IDLE, 1, 1, 0, 11, 0));
        assertThrows(RuntimeFailure.class, () -> struck.reached(at(1, 11), Phase.IDLE));
        assertEquals(List.of(0, 1), strikes().stream().map(Strike::fault).toList());
    }

    @Test
    void shouldStrikeEachTimeWhenItIsToLast() {
        String each = FAIL.replace("do=fail", "do=fail,times=0").replace("rank=1", "rank=any,node=node-1");
        for (int generation = 1; generation <= 3; generation++) {
            StepId at = at(generation, 7);
            RankInstruments elsewhere = rank(0, generation, each);
            elsewhere.reached(at, Phase.VOTE);
            RankInstruments struck = rank(1, generation, each);
            assertThrows(RuntimeFailure.class, () -> struck.reached(at, Phase.VOTE));
        }
        assertEquals(List.of(1, 2, 3), strikes().stream().map(Strike::number).toList());
    }

    @Test
    void shouldGoOnWhenALineIsTorn() throws IOException {
        RankInstruments struck = rank(1, 1, FAIL);
        Files.writeString(folder.resolve(StrikeFile.NAME), "{\"fault\":0,\"num", StandardOpenOption.CREATE_NEW);
        assertThrows(RuntimeFailure.class, () -> struck.reached(at(1, 7), Phase.VOTE));
        assertEquals(1, strikes().size());
    }

    @Test
    void shouldFlipOneBitOfAWeightWhenTheChosenRangeIsUpdated() {
        RankInstruments rank =
                rank(0, 1, "chaos.faults=[{at={rank=0,step=3,phase=optimizer,occurrence=2},do=bit-flip}]");
        OptimizerKernels kernels = rank.around(Devices.plain()).kernels().optimizer();
        try (TensorArena arena = TensorArena.open("test", 1 << 16)) {
            Tensor first = ones(arena);
            Tensor second = ones(arena);
            rank.reached(at(1, 3), Phase.IDLE);
            update(kernels, arena, first);
            update(kernels, arena, second);
            update(kernels, arena, first);
            assertEquals(List.of(), changed(first));
            assertEquals(List.of(1.5f), changed(second));
        }
        assertEquals(1, strikes().size());
    }

    @Test
    void shouldPutNoNumberIntoPixelsWhenASampleIsPoisoned() {
        RankInstruments rank = rank(0, 1, "chaos.faults=[{at={rank=any,step=3,phase=data},do=nan,times=0}]");
        FrameSource frames = rank.around(List.of(sample())).getFirst().frames();
        try (TensorArena arena = TensorArena.open("test", 1 << 16)) {
            Tensor pixels = arena.allocate(1, 3, 2, 2);
            rank.reached(at(1, 2), Phase.DATA);
            frames.read(0, 1, pixels);
            assertEquals(0, nans(pixels));
            for (int generation = 1; generation <= 2; generation++) {
                rank.reached(at(generation, 3), Phase.IDLE);
                rank.reached(at(generation, 3), Phase.DATA);
                frames.read(0, 1, pixels);
                assertEquals(1, nans(pixels));
            }
        }
        assertEquals(2, strikes().size());
    }

    @Test
    void shouldDropTheNextFrameToThePeerAndNoOther() {
        ChaosInstruments process = process("chaos.faults=[{at={rank=0,step=3},do=drop,peers=[2],one-way=true}]");
        RankInstruments rank = process.of(placement(1), 0);
        LinkFault links = process.links();
        assertEquals(LinkFault.Action.DELIVER, links.onFrame(1, 0, 2, 0));
        rank.reached(at(1, 3), Phase.IDLE);
        assertEquals(LinkFault.Action.DELIVER, links.onFrame(1, 0, 1, 1));
        assertEquals(List.of(), strikes(), "announced, but no frame was hit");
        assertEquals(LinkFault.Action.DROP, links.onFrame(1, 0, 2, 1));
        assertEquals(LinkFault.Action.DELIVER, links.onFrame(1, 0, 2, 2));
        assertEquals(1, strikes().size());
    }

    @Test
    void shouldHoldFramesInBothDirectionsUntilThePartitionHeals() {
        ChaosInstruments process = process("chaos.faults=[{at={rank=0,step=3},do=partition,peers=[2,3],for=4 s}]");
        for (int rank = 0; rank < 4; rank++) {
            process.of(placement(1), rank).reached(at(1, 3), Phase.IDLE);
        }
        LinkFault links = process.links();
        assertEquals(LinkFault.Action.HOLD, links.onFrame(1, 0, 2, 5));
        assertEquals(LinkFault.Action.HOLD, links.onFrame(1, 3, 0, 5));
        assertEquals(LinkFault.Action.DELIVER, links.onFrame(1, 0, 1, 5));
        assertEquals(LinkFault.Action.DELIVER, links.onFrame(1, 2, 3, 5));
        clockNs.set(3_999_999_999L);
        assertEquals(LinkFault.Action.HOLD, links.onFrame(1, 0, 2, 5));
        clockNs.set(4_000_000_000L);
        assertEquals(LinkFault.Action.DELIVER, links.onFrame(1, 0, 2, 5));
        assertEquals(LinkFault.Action.DELIVER, links.onFrame(1, 3, 0, 5));
    }

    @Test
    void shouldHitTheDrawnShareOfFramesTheSameWayEachTime() {
        List<Boolean> hits = hits();
        long count = hits.stream().filter(hit -> hit).count();
        assertTrue(count > 50 && count < 150, () -> "of 1000 frames a tenth is to be hit, not " + count);
        assertEquals(hits, hits());
    }

    private List<Boolean> hits() {
        ChaosInstruments process =
                process("chaos.seed=5,chaos.faults=[{at={rank=0,step=3},do=drop,times=0,frames=0,share=0.1}]"
                        .split(",(?=chaos)"));
        process.of(placement(1), 0).reached(at(1, 3), Phase.IDLE);
        return IntStream.range(0, 1000)
                .mapToObj(frame -> process.links().onFrame(1, 0, 1, frame) == LinkFault.Action.DROP)
                .toList();
    }

    private RankInstruments rank(int rank, int generation, String... settings) {
        return process(settings).of(placement(generation), rank);
    }

    private ChaosInstruments process(String... settings) {
        return ChaosInstruments.open(config(settings), clockNs::get, () -> Instant.ofEpochMilli(clockNs.get()));
    }

    private RunConfig config(String... settings) {
        List<String> all = new java.util.ArrayList<>(List.of(settings));
        all.add("out=" + folder);
        return RunConfigLoader.load("tiny", all);
    }

    /** Rank r on node-r, in process r. */
    private static Placement placement(int generation) {
        return new Placement(
                generation,
                new Mesh(1, 2, 2, Mesh.Inner.ULYSSES),
                IntStream.range(0, 4)
                        .mapToObj(
                                rank -> new RankSite(rank, "node-" + rank, "node-%d/%d".formatted(rank, rank), "", ""))
                        .toList());
    }

    private static StepId at(int generation, int step) {
        return new StepId(generation, 0, step);
    }

    private List<Strike> strikes() {
        return new StrikeFile(folder).strikes();
    }

    private static List<Integer> numbers(Strike strike) {
        return List.of(
                strike.fault(), strike.number(), strike.rank(), strike.generation(), strike.stage(), strike.step());
    }

    private static PackedBatch sample() {
        FrameSource blank = new FrameSource() {
            @Override
            public int frameCount() {
                return 1;
            }

            @Override
            public void read(int from, int to, Tensor pixels) {
                for (long i = 0; i < pixels.elements(); i++) {
                    pixels.setFloat(i, 0);
                }
            }
        };
        return PackedBatch.single(new int[] {9, 1}, new int[] {-100, 1}, 9, blank);
    }

    private static Tensor ones(TensorArena arena) {
        Tensor tensor = arena.allocate(8);
        IntStream.range(0, 8).forEach(i -> tensor.setFloat(i, 1));
        return tensor;
    }

    /** With a learning rate of 0, which changes nothing. */
    private static void update(OptimizerKernels kernels, TensorArena arena, Tensor weights) {
        kernels.adamW(weights, ones(arena), ones(arena), ones(arena), 1, 0, 0.9, 0.95, 1e-8, 0, 1);
    }

    private static List<Float> changed(Tensor tensor) {
        return IntStream.range(0, (int) tensor.elements())
                .mapToObj(tensor::getFloat)
                .filter(value -> value != 1)
                .toList();
    }

    private static long nans(Tensor tensor) {
        return IntStream.range(0, (int) tensor.elements())
                .filter(i -> Float.isNaN(tensor.getFloat(i)))
                .count();
    }

    @Test
    void shouldNameTheFileWhenAStrikeCannotBeNoted() throws IOException {
        Files.createDirectory(folder.resolve(StrikeFile.NAME));
        RankInstruments struck = rank(1, 1, FAIL);
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> struck.reached(at(1, 7), Phase.VOTE));
        assertTrue(failure.getMessage().contains(StrikeFile.NAME), failure::getMessage);
        assertFalse(failure.getMessage().isBlank());
    }
}
