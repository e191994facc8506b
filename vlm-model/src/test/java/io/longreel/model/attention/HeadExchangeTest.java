package io.longreel.model.attention;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.longreel.config.ShardingSettings.Layout;
import io.longreel.config.topology.Mesh;
import io.longreel.model.PackedBatch;
import io.longreel.model.RankRuns;
import io.longreel.model.SyntheticFrames;
import io.longreel.model.shard.HeadShards;
import io.longreel.model.shard.SequenceLayout;
import io.longreel.model.shard.Span;
import io.longreel.model.shard.TokenShards;
import io.longreel.model.state.Workspace;
import io.longreel.ops.kernels.LossKernels;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import java.util.Arrays;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every element says which token, head and dim it is, so that one that lands elsewhere is seen. 8 query heads on 3 ranks read 2 key/value heads, of
 * which the second rank needs both; 7 tokens and fewer queries divide by nothing.
 */
class HeadExchangeTest {
    private static final int TOKENS = 7;
    private static final Mesh MESH = new Mesh(1, 1, 3);
    private static final HeadDims DIMS = new HeadDims(3, 2);
    private static final TokenShards SHARDS = TokenShards.of(Layout.CONTIGUOUS, TOKENS, MESH);

    /** One rank's view: its plan, the tokens of its own query rows and of the group's, and its heads. */
    private record View(
            AttentionPlan plan, int[] own, int[] ownQueries, int[] all, int[] allQueries, Span heads, Span kvHeads) {

        static View of(HeadShards shards, boolean labelledOnly, int rank) {
            int[] labels = {1, 1, LossKernels.IGNORE, LossKernels.IGNORE, 1, 1, 1};
            SequenceLayout layout =
                    SequenceLayout.of(PackedBatch.single(new int[TOKENS], labels, 99, new SyntheticFrames(0, 1)), 1);
            AttentionMask mask = AttentionMask.causal();
            AttentionPlan plan = labelledOnly
                    ? AttentionPlan.ofLabelled(layout, mask, SHARDS, shards, 0, rank)
                    : AttentionPlan.of(layout, mask, SHARDS, shards, 0, rank);
            IntFunction<int[]> queries = u -> labelledOnly
                    ? AttentionPlan.labelledTokens(layout, SHARDS.positions(0, u))
                    : SHARDS.positions(0, u);
            int[] allQueries = IntStream.range(0, 3)
                    .mapToObj(queries)
                    .flatMapToInt(Arrays::stream)
                    .toArray();
            return new View(
                    plan,
                    SHARDS.positions(0, rank),
                    queries.apply(rank),
                    SHARDS.ringPositions(0),
                    allQueries,
                    shards.queryHeads(rank),
                    shards.kvHeads(rank));
        }
    }

    /** Exact in bfloat16: token, head and dim in 8 bits. */
    private static float value(int token, int head, int dim) {
        return token * 16 + head * 2 + dim * 0.5f;
    }

    private static Tensor filled(Workspace ws, int[] tokens, Span heads, int dim, float[] factorOfHead) {
        Tensor x = ws.step().allocate(tokens.length, heads.size(), dim);
        for (int row = 0; row < tokens.length; row++) {
            for (int head = 0; head < heads.size(); head++) {
                for (int d = 0; d < dim; d++) {
                    long at = ((long) row * heads.size() + head) * dim + d;
                    x.setFloat(at, factorOfHead[heads.from() + head] * value(tokens[row], heads.from() + head, d));
                }
            }
        }
        return x;
    }

    private static void assertFilled(String what, Tensor x, int[] tokens, Span heads, int dim) {
        assertEquals((long) tokens.length * heads.size() * dim, x.elements(), what);
        for (int row = 0; row < tokens.length; row++) {
            for (int head = 0; head < heads.size(); head++) {
                for (int d = 0; d < dim; d++) {
                    float expected = value(tokens[row], heads.from() + head, d);
                    long at = ((long) row * heads.size() + head) * dim + d;
                    assertEquals(expected, x.getFloat(at), "%s token=%d head=%d".formatted(what, tokens[row], head));
                }
            }
        }
    }

    private static Tensor flat(Tensor x) {
        return x.reshape(x.rows(), x.columns());
    }

    @ParameterizedTest
    @CsvSource({"F32, 2, false", "BF16, 2, false", "F32, 2, true", "F32, 8, false", "BF16, 8, true"})
    void shouldTradeTokensForHeadsAndBack(DType type, int kvHeads, boolean labelledOnly) {
        HeadShards shards = new HeadShards(8, kvHeads, 3);
        Span allHeads = new Span(0, 8);
        Span allKvHeads = new Span(0, kvHeads);
        float[] once = {1, 1, 1, 1, 1, 1, 1, 1};
        float[] other = {7, 7, 7, 7, 7, 7, 7, 7};
        float[] parts = partsOfHeads(shards);
        RankRuns.run(MESH, (groups, ws) -> {
            View view = View.of(shards, labelledOnly, groups.rank());
            HeadExchange exchange = new HeadExchange(ws, groups.ulysses(), view.plan, DIMS, new Wire(ws, type));
            Tensor q = filled(ws, view.ownQueries, allHeads, 3, once);
            Tensor k = filled(ws, view.own, allKvHeads, 3, once);
            Tensor v = filled(ws, view.own, allKvHeads, 2, once);
            Tensor qGroup = ws.step().allocate(view.allQueries.length, view.heads.size(), 3);
            KeyValues kvGroup = KeyValues.allocate(ws.step(), TOKENS, view.kvHeads.size(), DIMS);
            exchange.gather(flat(q), flat(k), flat(v), qGroup, kvGroup);
            assertFilled("q", qGroup, view.allQueries, view.heads, 3);
            assertFilled("k", kvGroup.k(), view.all, view.kvHeads, 3);
            assertFilled("v", kvGroup.v(), view.all, view.kvHeads, 2);

            // home again: a key/value head that several ranks computed with comes home from each of them
            Tensor dq = ws.step().zeros(view.ownQueries.length, 24);
            Tensor dk = filled(ws, view.own, allKvHeads, 3, other);
            Tensor dv = filled(ws, view.own, allKvHeads, 2, other);
            ws.kernels().elementwise().scale(kvGroup.flat(), part(groups.rank()));
            exchange.scatter(qGroup, kvGroup, dq, flat(dk), flat(dv));
            // these parts and their sum need more digits than the narrow wire has: only the sum is rounded, at home
            Wire roundedSums = new Wire(ws, type);
            Tensor expectedDk = filled(ws, view.own, allKvHeads, 3, parts);
            Tensor expectedDv = filled(ws, view.own, allKvHeads, 2, parts);
            assertFilled("dq", dq, view.ownQueries, allHeads, 3);
            roundedSums.round(expectedDk);
            roundedSums.round(expectedDv);
            assertArrayEquals(expectedDk.toFloats(), dk.toFloats());
            assertArrayEquals(expectedDv.toFloats(), dv.toFloats());

            Tensor outGroup = filled(ws, view.allQueries, view.heads, 2, once);
            Tensor out = ws.step().zeros(view.ownQueries.length, 16);
            exchange.scatterQueries(flat(outGroup), out);
            assertFilled("out", out, view.ownQueries, allHeads, 2);
            Tensor dOutGroup = ws.step().zeros(outGroup.shape());
            exchange.gatherQueries(out, flat(dOutGroup));
            assertFilled("dOut", dOutGroup, view.allQueries, view.heads, 2);
            assertEquals(0, ws.scratch().usedBytes());
        });
    }

    /** What a rank multiplies its key/value gradients by: no product with a value fits into bfloat16. */
    private static float part(int rank) {
        return 1 + (rank + 1) / 128f;
    }

    /** For each key/value head, the sum over the ranks that read it. */
    private static float[] partsOfHeads(HeadShards shards) {
        float[] parts = new float[8];
        for (int u = 0; u < shards.ulyssesDegree(); u++) {
            for (int head = shards.kvHeads(u).from(); head < shards.kvHeads(u).to(); head++) {
                parts[head] += part(u);
            }
        }
        return parts;
    }
}
