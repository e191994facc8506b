package io.longreel.model.attention;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.ShardingSettings.Layout;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Mesh.Inner;
import io.longreel.model.PackedBatch;
import io.longreel.model.RankRuns;
import io.longreel.model.SyntheticFrames;
import io.longreel.model.attention.AttentionMask.Base;
import io.longreel.model.attention.AttentionMask.BlockPattern;
import io.longreel.model.shard.HeadShards;
import io.longreel.model.shard.SequenceLayout;
import io.longreel.model.shard.TokenShards;
import io.longreel.ops.device.Device;
import io.longreel.ops.device.Devices;
import io.longreel.ops.kernels.AttentionKernels;
import io.longreel.ops.kernels.KeyRanges;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.fault.LinkFault;
import io.longreel.transport.fault.SeededDelay;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Both ways to attend across ranks against the plain kernels in one block on one rank, with values narrower than keys and a window with sinks, so
 * that every query has two intervals.
 */
class SequenceAttentionTest {
    private static final long SEED = 77;
    private static final int TOKENS = 23;
    private static final int HEADS = 4;
    private static final int KV_HEADS = 2;
    private static final HeadDims DIMS = new HeadDims(6, 4);
    private static final int[] WIDTHS = {HEADS * 6, KV_HEADS * 6, KV_HEADS * 4, HEADS * 4};
    private static final AttentionMask MASK =
            AttentionMask.of(Base.CAUSAL).withWindow(6, 0).withSinks(2);
    private static final SequenceLayout LAYOUT = SequenceLayout.of(
            new PackedBatch(new int[TOKENS], new int[TOKENS], new int[] {0, 15, TOKENS}, 99, new SyntheticFrames(0, 1)),
            1);
    private static final Mesh[] MESHES = {
        new Mesh(1, 1, 1),
        new Mesh(1, 2, 1),
        new Mesh(1, 3, 1),
        new Mesh(1, 1, 3),
        new Mesh(1, 2, 2),
        new Mesh(1, 3, 2, Inner.RING)
    };

    /** Queries, keys, values and output gradients of the whole sequence, [token, heads * dim]. */
    private static final float[][] INPUTS = inputs();

    private static float[][] inputs() {
        Random random = new Random(SEED);
        float[][] inputs = new float[WIDTHS.length][];
        for (int i = 0; i < inputs.length; i++) {
            inputs[i] = new float[TOKENS * WIDTHS[i]];
            for (int j = 0; j < inputs[i].length; j++) {
                inputs[i][j] = (float) random.nextGaussian();
            }
        }
        return inputs;
    }

    private static Tensor rows(TensorArena arena, float[] values, int width, int[] tokens) {
        Tensor x = arena.allocate(tokens.length, width);
        for (int row = 0; row < tokens.length; row++) {
            for (int i = 0; i < width; i++) {
                x.setFloat((long) row * width + i, values[tokens[row] * width + i]);
            }
        }
        return x;
    }

    /** Output and gradients of queries, keys and values of the whole sequence: what the plain kernels say. */
    private static float[][] oracle() {
        AttentionKernels plain = Devices.plain().kernels().attention();
        int[] all = new int[TOKENS];
        Arrays.setAll(all, i -> i);
        try (TensorArena arena = TensorArena.open("oracle", 1 << 20)) {
            Tensor q = rows(arena, INPUTS[0], WIDTHS[0], all).reshape(TOKENS, HEADS, 6);
            Tensor k = rows(arena, INPUTS[1], WIDTHS[1], all).reshape(TOKENS, KV_HEADS, 6);
            Tensor v = rows(arena, INPUTS[2], WIDTHS[2], all).reshape(TOKENS, KV_HEADS, 4);
            Tensor dOut = rows(arena, INPUTS[3], WIDTHS[3], all).reshape(TOKENS, HEADS, 4);
            Tensor out = arena.zeros(TOKENS, HEADS, 4);
            Tensor lse = arena.zeros(TOKENS, HEADS);
            Devices.plain().kernels().elementwise().fill(lse, Float.NEGATIVE_INFINITY);
            Tensor delta = arena.zeros(TOKENS, HEADS);
            Tensor dq = arena.zeros(q.shape());
            Tensor dk = arena.zeros(k.shape());
            Tensor dv = arena.zeros(v.shape());
            int[] kvHead = {0, 0, 1, 1};
            float scale = (float) (1 / Math.sqrt(6));
            for (KeyRanges pass : MASK.passes(LAYOUT, all)) {
                plain.forward(q, k, v, pass, kvHead, scale, out, lse, arena);
            }
            plain.delta(out, dOut, delta);
            for (KeyRanges pass : MASK.passes(LAYOUT, all)) {
                plain.backward(q, k, v, pass, kvHead, scale, dOut, lse, delta, dq, dk, dv, arena);
            }
            return new float[][] {out.toFloats(), dq.toFloats(), dk.toFloats(), dv.toFloats()};
        }
    }

    /** The same from the ranks of a mesh; {@code exact} names the implementation. */
    private static float[][] sharded(Mesh mesh, Device device, boolean exact, DType exchange, AttentionMask mask) {
        return sharded(mesh, device, exact, exchange, mask, LinkFault.NONE);
    }

    private static float[][] sharded(
            Mesh mesh, Device device, boolean exact, DType exchange, AttentionMask mask, LinkFault fault) {
        TokenShards shards = TokenShards.of(Layout.ZIGZAG, TOKENS, mesh);
        int[] widths = {WIDTHS[3], WIDTHS[0], WIDTHS[1], WIDTHS[2]};
        float[][] whole = new float[4][];
        Arrays.setAll(whole, i -> new float[TOKENS * widths[i]]);
        RankRuns.run(mesh, device, fault, (groups, ws) -> {
            int[] tokens = shards.positions(groups.ringRank(), groups.ulyssesRank());
            SequenceAttention attention = exact
                    ? new ExactAttention(
                            ws,
                            ExactAttentionPlan.of(LAYOUT, mask, shards, HEADS, KV_HEADS, tokens),
                            groups.sequence(),
                            DIMS,
                            exchange)
                    : new Attention2d(
                            ws,
                            AttentionPlan.of(
                                    LAYOUT,
                                    mask,
                                    shards,
                                    new HeadShards(HEADS, KV_HEADS, mesh.ulyssesDegree()),
                                    groups.ringRank(),
                                    groups.ulyssesRank()),
                            groups.ulysses(),
                            groups.ring(),
                            DIMS,
                            exchange);
            Tensor[] in = new Tensor[4];
            Arrays.setAll(in, i -> rows(ws.step(), INPUTS[i], WIDTHS[i], tokens));
            Tensor[] results = new Tensor[4];
            // what was there before must not matter
            Arrays.setAll(results, i -> rows(ws.step(), new float[TOKENS * widths[i]], widths[i], tokens));
            for (Tensor result : results) {
                ws.kernels().elementwise().fill(result, 9f);
            }
            assertEquals(exact || mesh.ulyssesDegree() == 1, attention.keepsQueries());
            SequenceAttention.Tape tape = attention.forward(in[0], in[1], in[2], results[0]);
            assertEquals(0, ws.scratch().usedBytes());
            attention.backward(tape, in[3], results[1], results[2], results[3]);
            assertEquals(0, ws.scratch().usedBytes());
            if (exchange == DType.BF16) {
                // the same values on every mesh: all were rounded, whether they travelled or not
                Arrays.stream(in).forEach(SequenceAttentionTest::assertNarrow);
                Arrays.stream(results).forEach(SequenceAttentionTest::assertNarrow);
            }
            for (int i = 0; i < results.length; i++) {
                float[] part = results[i].toFloats();
                for (int row = 0; row < tokens.length; row++) {
                    System.arraycopy(part, row * widths[i], whole[i], tokens[row] * widths[i], widths[i]);
                }
            }
        });
        return whole;
    }

    private static void assertNarrow(Tensor x) {
        for (float value : x.toFloats()) {
            assertEquals(0, Float.floatToRawIntBits(value) & 0xffff, "must be a bfloat16: " + value);
        }
    }

    private static void assertClose(float[][] expected, float[][] actual, double tolerance, String where) {
        String[] names = {"out", "dq", "dk", "dv"};
        for (int i = 0; i < expected.length; i++) {
            double difference = 0;
            double norm = 0;
            for (int j = 0; j < expected[i].length; j++) {
                difference += Math.pow((double) expected[i][j] - actual[i][j], 2);
                norm += Math.pow(expected[i][j], 2);
            }
            double error = Math.sqrt(difference / norm);
            assertTrue(error <= tolerance, "%s %s error=%.3g seed=%d".formatted(where, names[i], error, SEED));
        }
    }

    @Test
    void shouldEqualOneBlockOnOneRankWhenTwoDimensional() {
        float[][] expected = oracle();
        for (Mesh mesh : MESHES) {
            assertClose(expected, sharded(mesh, Devices.cpu(), false, DType.F32, MASK), 1e-5, mesh.toString());
            assertClose(expected, sharded(mesh, Devices.cpu(), false, DType.BF16, MASK), 2e-2, mesh + " BF16");
        }
    }

    @Test
    void shouldHaveTheSameBitsOnEveryMeshWhenExact() {
        float[][] expected = oracle();
        for (DType exchange : new DType[] {DType.F32, DType.BF16}) {
            float[][] alone = sharded(MESHES[0], Devices.plain(), true, exchange, MASK);
            assertClose(expected, alone, exchange == DType.F32 ? 1e-6 : 2e-2, "one rank " + exchange);
            for (Mesh mesh : MESHES) {
                float[][] actual = sharded(mesh, Devices.plain(), true, exchange, MASK);
                for (int i = 0; i < alone.length; i++) {
                    assertArrayEquals(alone[i], actual[i], mesh + " tensor " + i);
                }
            }
        }
    }

    @Test
    void shouldHaveTheSameBitsWhenMessagesAreLate() {
        for (boolean exact : new boolean[] {false, true}) {
            Device device = exact ? Devices.plain() : Devices.cpu();
            for (Mesh mesh : MESHES) {
                float[][] expected = sharded(mesh, device, exact, DType.F32, MASK);
                for (long seed = 0; seed < 2; seed++) {
                    SeededDelay delay = new SeededDelay(seed, 60);
                    float[][] late = sharded(mesh, device, exact, DType.F32, MASK, delay);
                    assertEquals(mesh.worldSize() > 1, delay.heldFrames() > 0);
                    for (int i = 0; i < expected.length; i++) {
                        assertArrayEquals(expected[i], late[i], mesh + " exact=" + exact + " seed=" + seed);
                    }
                }
            }
        }
    }

    @Test
    void shouldGiveZeroWhereATokenSeesNothing() {
        BlockPattern nothing = new BlockPattern() {
            @Override
            public int blockTokens() {
                return 4;
            }

            @Override
            public boolean visible(int queryBlock, int keyBlock) {
                return false;
            }
        };
        for (boolean exact : new boolean[] {false, true}) {
            Device device = exact ? Devices.plain() : Devices.cpu();
            float[][] results = sharded(MESHES[4], device, exact, DType.F32, MASK.withBlocks(nothing));
            for (float[] result : results) {
                assertArrayEquals(new float[result.length], result);
            }
        }
    }
}
