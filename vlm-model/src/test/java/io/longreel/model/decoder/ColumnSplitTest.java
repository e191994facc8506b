package io.longreel.model.decoder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.longreel.config.topology.Mesh;
import io.longreel.model.shard.Span;
import io.longreel.model.state.Weights;
import io.longreel.model.state.Workspace;
import io.longreel.ops.device.Devices;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.RankThreads;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Layers whose columns are cut over ranks give every rank what one that does everything has. */
final class ColumnSplitTest {
    private static final int IN = 5;
    private static final List<String> NAMES = List.of("wide", "odd", "narrow");
    /** Fewer columns than ranks, and columns that no number of ranks divides. */
    private static final int[] COLUMNS = {12, 7, 1};

    private static Tensor noise(TensorArena arena, SplittableRandom random, int... shape) {
        Tensor tensor = arena.allocate(shape);
        for (long i = 0; i < tensor.elements(); i++) {
            tensor.setFloat(i, (float) random.nextGaussian());
        }
        return tensor;
    }

    private static Weights weights(TensorArena arena) {
        SplittableRandom random = new SplittableRandom(11);
        Map<String, Tensor> weights = new TreeMap<>();
        for (int i = 0; i < COLUMNS.length; i++) {
            weights.put(NAMES.get(i) + ".weight", noise(arena, random, COLUMNS[i], IN));
        }
        weights.put("odd.bias", noise(arena, random, COLUMNS[1]));
        weights.put("next.weight", noise(arena, random, 3, COLUMNS[1]));
        return new Weights(weights, Weights.Source.RESIDENT);
    }

    /** The results one behind the other: of three layers with one exchange, then of two layers in a row, whose columns between them stay cut. */
    private static float[] run(RankEndpoint endpoint, int ranks, int rows, boolean splits) {
        return run(endpoint, ranks, rows, splits, DType.F32);
    }

    private static float[] run(RankEndpoint endpoint, int ranks, int rows, boolean splits, DType operands) {
        try (TensorArena arena = TensorArena.open("test", 1 << 20);
                TensorArena scratch = TensorArena.open("scratch", 1 << 20)) {
            Workspace ws = new Workspace(Devices.cpu().kernels().withOperands(operands), arena, scratch);
            ColumnSplit split =
                    new ColumnSplit(weights(arena), endpoint.communicator(new Mesh(1, ranks, 1).worldGroup()), splits);
            assertEquals(splits && ranks > 1, split.splits());
            Tensor x = noise(arena, new SplittableRandom(rows), rows, IN);
            Tensor all = arena.allocate(rows * (12 + 7 + 1 + 3));
            List<Tensor> ys = List.of(
                    all.slice(0, 12 * rows).reshape(rows, 12),
                    all.slice(12 * rows, 19 * rows).reshape(rows, 7),
                    all.slice(19 * rows, 20 * rows).reshape(rows, 1));
            List<ColumnSplit.Layer> layers = new ArrayList<>();
            for (int i = 0; i < COLUMNS.length; i++) {
                layers.add(new ColumnSplit.Layer(NAMES.get(i), new Span(0, COLUMNS[i])));
            }
            split.forward(ws, x, layers, ys);
            assertEquals(0, scratch.usedBytes(), "scratch is left as it was found");
            Tensor sum = all.slice(20 * rows, 23 * rows).reshape(rows, 3);
            Tensor part = arena.allocate(rows, split.ownColumns(7).size());
            split.multiplyOwn(ws, x, "odd", 7, part);
            split.sum(ws, part, split.ownColumns(7).from(), "next", sum);
            assertEquals(0, scratch.usedBytes(), "scratch is left as it was found");
            return all.toFloats();
        }
    }

    /** Weights that are kept in F32 and narrowed where they are multiplied. */
    @ParameterizedTest
    @ValueSource(ints = {2, 3, 5})
    void shouldGiveEveryRankTheWholeResultWhenFactorsAreNarrow(int ranks) {
        float[] whole;
        try (InProcessTransport alone = InProcessTransport.open(1)) {
            whole = RankThreads.run(alone.endpoints(), endpoint -> run(endpoint, 1, 2, false, DType.BF16))
                    .getFirst();
        }
        try (InProcessTransport transport = InProcessTransport.open(ranks)) {
            List<float[]> each =
                    RankThreads.run(transport.endpoints(), endpoint -> run(endpoint, ranks, 2, true, DType.BF16));
            for (float[] result : each) {
                assertArrayEquals(whole, result, 0.1f, "ranks=%d".formatted(ranks));
                assertArrayEquals(each.getFirst(), result, "all ranks must have the same bits");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5})
    void shouldGiveEveryRankTheWholeResult(int ranks) {
        for (int rows : new int[] {1, 2, 9}) {
            float[] whole;
            try (InProcessTransport alone = InProcessTransport.open(1)) {
                whole = RankThreads.run(alone.endpoints(), endpoint -> run(endpoint, 1, rows, false))
                        .getFirst();
            }
            for (boolean splits : new boolean[] {true, false}) {
                try (InProcessTransport transport = InProcessTransport.open(ranks)) {
                    List<float[]> each =
                            RankThreads.run(transport.endpoints(), endpoint -> run(endpoint, ranks, rows, splits));
                    for (float[] result : each) {
                        assertArrayEquals(whole, result, 1e-5f, "ranks=%d rows=%d".formatted(ranks, rows));
                        assertArrayEquals(each.getFirst(), result, "all ranks must have the same bits");
                    }
                }
            }
        }
    }
}
