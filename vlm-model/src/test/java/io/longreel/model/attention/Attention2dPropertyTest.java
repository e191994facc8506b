package io.longreel.model.attention;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.ShardingSettings.Layout;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Mesh.Inner;
import io.longreel.config.topology.Placement;
import io.longreel.model.Groups;
import io.longreel.model.PackedBatch;
import io.longreel.model.SyntheticFrames;
import io.longreel.model.attention.AttentionMask.Base;
import io.longreel.model.attention.AttentionMask.BlockPattern;
import io.longreel.model.shard.HeadShards;
import io.longreel.model.shard.SequenceLayout;
import io.longreel.model.shard.TokenShards;
import io.longreel.model.state.Workspace;
import io.longreel.ops.device.Device;
import io.longreel.ops.device.Devices;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.RankThreads;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * 2D attention on random meshes, layouts, masks, head counts, lengths and packings against dense attention in fp64: output and all three gradients; and
 * the pairs that the ranks compute are those that the mask allows, no more.
 */
class Attention2dPropertyTest {
    private static final double TOLERANCE = 1e-5;
    private static final double BF16_TOLERANCE = 6e-3;
    private static final int IMAGE = -7;

    /** One random case and its fp64 answers, [token][head * dim]. */
    private record Case(
            Mesh mesh,
            Layout sharding,
            AttentionMask mask,
            int heads,
            int kvHeads,
            int dim,
            SequenceLayout layout,
            double[][][] inputs,
            double[][] dOut) {}

    @ParameterizedTest
    @ValueSource(
            longs = {
                1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28
            })
    void shouldEqualDenseAttentionInDouble(long seed) {
        assertEqualsDense(seed, DType.F32, TOLERANCE);
    }

    @ParameterizedTest
    @ValueSource(longs = {31, 32, 33, 34, 35, 36, 37, 38})
    void shouldStayNearDenseAttentionWhenTheExchangeIsBf16(long seed) {
        assertEqualsDense(seed, DType.BF16, BF16_TOLERANCE);
    }

    private static void assertEqualsDense(long seed, DType exchange, double tolerance) {
        Case c = draw(new SplittableRandom(seed));
        String what = "seed=%d mesh=%s layout=%s mask=%s heads=%d kvHeads=%d tokens=%d"
                .formatted(
                        seed,
                        c.mesh(),
                        c.sharding(),
                        c.mask(),
                        c.heads(),
                        c.kvHeads(),
                        c.layout().tokens());
        double[][][] expected = dense(c);
        float[][][] actual = new float[4][c.layout().tokens()][];
        long[] pairs = new long[c.mesh().worldSize()];
        try (InProcessTransport transport = InProcessTransport.open(Placement.inProcess(c.mesh()))) {
            RankThreads.run(transport.endpoints(), endpoint -> {
                pairs[endpoint.rank()] = rank(c, exchange, endpoint, actual);
                return 0;
            });
        }
        String[] names = {"out", "dq", "dk", "dv"};
        for (int i = 0; i < names.length; i++) {
            double difference = relativeNorm(expected[i], actual[i]);
            String name = names[i];
            assertTrue(difference <= tolerance, () -> "%s %s relativeNorm=%g".formatted(what, name, difference));
        }
        long allowed = 0;
        for (int token = 0; token < c.layout().tokens(); token++) {
            allowed += keys(c, token).length;
        }
        long computed = 0;
        for (int ring = 0; ring < c.mesh().ringDegree(); ring++) {
            computed += pairs[c.mesh().rankOf(0, ring, 0)];
        }
        assertEquals(allowed, computed, what);
    }

    @ParameterizedTest
    @ValueSource(longs = {41, 42, 43, 44, 45, 46, 47, 48})
    void shouldGiveTheSameBitsOnEveryMeshWhenSumsAreExact(long seed) {
        Case c = draw(new SplittableRandom(seed));
        double[][][] dense = dense(c);
        for (DType exchange : List.of(DType.F32, DType.BF16)) {
            float[][][] expected = exact(c, Mesh.single(), exchange);
            float[][][] actual = exact(c, c.mesh(), exchange);
            for (int i = 0; i < expected.length; i++) {
                double difference = relativeNorm(dense[i], expected[i]);
                double tolerance = exchange == DType.F32 ? TOLERANCE : 2 * BF16_TOLERANCE;
                assertTrue(difference <= tolerance, "seed=%d tensor=%d relativeNorm=%g".formatted(seed, i, difference));
                assertArrayEquals(
                        expected[i],
                        actual[i],
                        "seed=%d mesh=%s layout=%s mask=%s tensor=%d"
                                .formatted(seed, c.mesh(), c.sharding(), c.mask(), i));
            }
        }
    }

    private static float[][][] exact(Case c, Mesh mesh, DType exchange) {
        float[][][] results = new float[4][c.layout().tokens()][];
        try (InProcessTransport transport = InProcessTransport.open(Placement.inProcess(mesh))) {
            RankThreads.run(transport.endpoints(), endpoint -> {
                Groups groups = Groups.of(mesh, endpoint);
                TokenShards shards = TokenShards.of(c.sharding(), c.layout().tokens(), mesh);
                int[] tokens = shards.positions(groups.ringRank(), groups.ulyssesRank());
                ExactAttentionPlan plan =
                        ExactAttentionPlan.of(c.layout(), c.mask(), shards, c.heads(), c.kvHeads(), tokens);
                compute(
                        c,
                        Devices.plain(),
                        tokens,
                        ws -> new ExactAttention(ws, plan, groups.sequence(), HeadDims.of(c.dim()), exchange),
                        results);
                return 0;
            });
        }
        return results;
    }

    private static long rank(Case c, DType exchange, RankEndpoint endpoint, float[][][] results) {
        Groups groups = Groups.of(c.mesh(), endpoint);
        TokenShards shards = TokenShards.of(c.sharding(), c.layout().tokens(), c.mesh());
        int[] tokens = shards.positions(groups.ringRank(), groups.ulyssesRank());
        AttentionPlan plan = AttentionPlan.of(
                c.layout(),
                c.mask(),
                shards,
                new HeadShards(c.heads(), c.kvHeads(), c.mesh().ulyssesDegree()),
                groups.ringRank(),
                groups.ulyssesRank());
        compute(
                c,
                Devices.cpu(),
                tokens,
                ws -> new Attention2d(ws, plan, groups.ulysses(), groups.ring(), HeadDims.of(c.dim()), exchange),
                results);
        return plan.pairs();
    }

    /** Forward and backward for own tokens; {@code results} get out, dq, dk, dv of these. */
    private static void compute(
            Case c,
            Device device,
            int[] tokens,
            Function<Workspace, SequenceAttention> implementation,
            float[][][] results) {
        try (TensorArena step = TensorArena.open("step", 4 << 20);
                TensorArena scratch = TensorArena.open("scratch", 4 << 20)) {
            SequenceAttention attention = implementation.apply(new Workspace(device.kernels(), step, scratch));
            Tensor q = rows(step, c.inputs()[0], tokens, c.heads() * c.dim());
            Tensor k = rows(step, c.inputs()[1], tokens, c.kvHeads() * c.dim());
            Tensor v = rows(step, c.inputs()[2], tokens, c.kvHeads() * c.dim());
            Tensor dOut = rows(step, c.dOut(), tokens, c.heads() * c.dim());
            Tensor out = step.allocate(q.shape());
            Tensor dq = step.allocate(q.shape());
            Tensor dk = step.allocate(k.shape());
            Tensor dv = step.allocate(v.shape());
            SequenceAttention.Tape tape = attention.forward(q, k, v, out);
            attention.backward(tape, dOut, dq, dk, dv);
            Tensor[] all = {out, dq, dk, dv};
            for (int i = 0; i < all.length; i++) {
                float[] values = all[i].toFloats();
                int columns = all[i].columns();
                for (int row = 0; row < tokens.length; row++) {
                    results[i][tokens[row]] = Arrays.copyOfRange(values, row * columns, (row + 1) * columns);
                }
            }
        }
    }

    private static double[][][] dense(Case c) {
        int tokens = c.layout().tokens();
        int perKv = c.heads() / c.kvHeads();
        double scale = 1 / Math.sqrt(c.dim());
        double[][][] result = {
            new double[tokens][c.heads() * c.dim()],
            new double[tokens][c.heads() * c.dim()],
            new double[tokens][c.kvHeads() * c.dim()],
            new double[tokens][c.kvHeads() * c.dim()]
        };
        for (int head = 0; head < c.heads(); head++) {
            int qAt = head * c.dim();
            int kAt = head / perKv * c.dim();
            for (int t = 0; t < tokens; t++) {
                int[] keys = keys(c, t);
                double[] p = new double[keys.length];
                double sum = 0;
                for (int i = 0; i < keys.length; i++) {
                    p[i] = Math.exp(scale * dot(c.inputs()[0][t], qAt, c.inputs()[1][keys[i]], kAt, c.dim()));
                    sum += p[i];
                }
                double delta = 0;
                for (int i = 0; i < keys.length; i++) {
                    p[i] /= sum;
                    delta += p[i] * dot(c.dOut()[t], qAt, c.inputs()[2][keys[i]], kAt, c.dim());
                }
                for (int i = 0; i < keys.length; i++) {
                    int s = keys[i];
                    double dScore = scale * p[i] * (dot(c.dOut()[t], qAt, c.inputs()[2][s], kAt, c.dim()) - delta);
                    for (int d = 0; d < c.dim(); d++) {
                        result[0][t][qAt + d] += p[i] * c.inputs()[2][s][kAt + d];
                        result[1][t][qAt + d] += dScore * c.inputs()[1][s][kAt + d];
                        result[2][s][kAt + d] += dScore * c.inputs()[0][t][qAt + d];
                        result[3][s][kAt + d] += p[i] * c.dOut()[t][qAt + d];
                    }
                }
            }
        }
        return result;
    }

    private static int[] keys(Case c, int query) {
        int[] intervals = c.mask().intervals(c.layout(), query);
        return IntStream.range(0, intervals.length / 2)
                .flatMap(i -> IntStream.range(intervals[2 * i], intervals[2 * i + 1]))
                .toArray();
    }

    private static <T> T any(List<T> values, SplittableRandom random) {
        return values.get(random.nextInt(values.size()));
    }

    private static AttentionMask mask(SplittableRandom random) {
        AttentionMask mask = AttentionMask.of(any(List.of(Base.values()), random));
        if (random.nextInt(3) == 0) {
            mask = mask.withWindow(random.nextInt(20), random.nextInt(20)).withSinks(random.nextInt(4));
        }
        return random.nextInt(3) == 0
                ? mask.withBlocks(BlockPattern.strided(1 + random.nextInt(8), 1 + random.nextInt(2), 3))
                : mask;
    }

    private static Case draw(SplittableRandom random) {
        int kvHeads = 1 + random.nextInt(3);
        int heads = kvHeads * (1 + random.nextInt(3));
        int dim = 2 * (1 + random.nextInt(10));
        Mesh mesh = new Mesh(
                1,
                1 + random.nextInt(4),
                1 + random.nextInt(Math.min(heads, 4)),
                random.nextBoolean() ? Inner.ULYSSES : Inner.RING);
        Layout sharding = any(List.of(Layout.values()), random);
        AttentionMask mask = mask(random);
        int tokens = 1 + random.nextInt(90);
        TreeSet<Integer> bounds = new TreeSet<>(List.of(0, tokens));
        for (int i = random.nextInt(4); i > 0; i--) {
            bounds.add(random.nextInt(tokens));
        }
        int[] ids = new int[tokens];
        for (int i = 1; i < tokens; i++) {
            ids[i] = random.nextInt(3) > 0 ? ids[i - 1] : random.nextInt(2) * IMAGE;
        }
        int frames = (int) Arrays.stream(ids).filter(id -> id == IMAGE).count();
        PackedBatch batch = new PackedBatch(
                ids, ids.clone(), bounds.stream().mapToInt(b -> b).toArray(), IMAGE, new SyntheticFrames(frames, 1));
        double[][][] inputs = {
            values(random, tokens, heads * dim),
            values(random, tokens, kvHeads * dim),
            values(random, tokens, kvHeads * dim)
        };
        return new Case(
                mesh,
                sharding,
                mask,
                heads,
                kvHeads,
                dim,
                SequenceLayout.of(batch, 1),
                inputs,
                values(random, tokens, heads * dim));
    }

    private static double[][] values(SplittableRandom random, int rows, int columns) {
        double[][] values = new double[rows][columns];
        for (double[] row : values) {
            Arrays.setAll(row, i -> (float) random.nextGaussian());
        }
        return values;
    }

    private static Tensor rows(TensorArena arena, double[][] values, int[] tokens, int columns) {
        Tensor tensor = arena.allocate(tokens.length, columns);
        for (int row = 0; row < tokens.length; row++) {
            for (int i = 0; i < columns; i++) {
                tensor.setFloat((long) row * columns + i, (float) values[tokens[row]][i]);
            }
        }
        return tensor;
    }

    private static double dot(double[] a, int aAt, double[] b, int bAt, int count) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += a[aAt + i] * b[bAt + i];
        }
        return sum;
    }

    private static double relativeNorm(double[][] expected, float[][] actual) {
        double difference = 0;
        double norm = 0;
        for (int row = 0; row < expected.length; row++) {
            for (int i = 0; i < expected[row].length; i++) {
                difference += Math.pow(expected[row][i] - actual[row][i], 2);
                norm += Math.pow(expected[row][i], 2);
            }
        }
        return Math.sqrt(difference) / Math.max(Math.sqrt(norm), 1e-3);
    }
}
