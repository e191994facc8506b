package io.longreel.model.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.longreel.config.topology.Mesh;
import io.longreel.model.shard.Span;
import io.longreel.ops.device.Devices;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.kernels.KeyRanges;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.RankThreads;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A cache that is cut over ranks gives what the whole one gives. */
class DecodeAttentionTest {
    private static final int HEADS = 6;
    private static final int KV_HEADS = 2;
    private static final int HEAD_DIM = 20;
    private static final float SCALE = (float) (1 / Math.sqrt(HEAD_DIM));
    /** Sharp enough that few keys decide, so that ranks' parts weigh very differently. */
    private static final double SPREAD = 2;

    private record Cache(Tensor q_NH, Tensor k_SKH, Tensor v_SKH) {
        static Cache noise(TensorArena arena, int tokens) {
            SplittableRandom random = new SplittableRandom(7);
            return new Cache(
                    noise(arena.allocate(HEADS, HEAD_DIM), random),
                    noise(arena.allocate(tokens, KV_HEADS, HEAD_DIM), random),
                    noise(arena.allocate(tokens, KV_HEADS, HEAD_DIM), random));
        }

        private static Tensor noise(Tensor tensor, SplittableRandom random) {
            for (long i = 0; i < tensor.elements(); i++) {
                tensor.setFloat(i, (float) random.nextGaussian(0, SPREAD));
            }
            return tensor;
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "1, 700", "2, 700", "3, 700", "3, 701", "3, 2", "2, 1"})
    void shouldAttendAsOneRankThatHasTheWholeCache(int ranks, int tokens) {
        try (TensorArena arena = TensorArena.open("test", 1 << 20);
                InProcessTransport transport = InProcessTransport.open(ranks)) {
            Cache cache = Cache.noise(arena, tokens);
            float[] whole = whole(cache, arena);
            List<float[]> each = RankThreads.run(transport.endpoints(), endpoint -> part(cache, ranks, endpoint));
            for (float[] out : each) {
                assertArrayEquals(whole, out, 1e-5f);
                assertArrayEquals(each.getFirst(), out);
            }
        }
    }

    /** Scores of a thousand: no exponential of one fits a float, nor a double. */
    @Test
    void shouldMergePartsWhoseSumsNoNumberHolds() {
        try (TensorArena arena = TensorArena.open("test", 1 << 20);
                InProcessTransport transport = InProcessTransport.open(2)) {
            Cache cache = Cache.noise(arena, 2);
            Devices.plain().kernels().elementwise().fill(cache.q_NH(), (float) Math.sqrt(HEAD_DIM));
            Devices.plain().kernels().elementwise().fill(cache.k_SKH(), 1000f / HEAD_DIM);
            List<float[]> each = RankThreads.run(transport.endpoints(), endpoint -> part(cache, 2, endpoint));
            float[] mean = new float[HEADS * HEAD_DIM];
            for (int i = 0; i < mean.length; i++) {
                int at = i / HEAD_DIM / (HEADS / KV_HEADS) * HEAD_DIM + i % HEAD_DIM;
                mean[i] = (cache.v_SKH().getFloat(at) + cache.v_SKH().getFloat(KV_HEADS * HEAD_DIM + at)) / 2;
            }
            assertArrayEquals(mean, each.getFirst(), 1e-5f);
        }
    }

    /** The oracle's attention, a row per query head. */
    private static float[] whole(Cache cache, TensorArena arena) {
        int[] kvHead = {0, 0, 0, 1, 1, 1};
        Kernels plain = Devices.plain().kernels();
        Tensor out = arena.zeros(1, HEADS, HEAD_DIM);
        Tensor lse = arena.allocate(1, HEADS);
        plain.elementwise().fill(lse, Float.NEGATIVE_INFINITY);
        KeyRanges all = KeyRanges.full(1, cache.k_SKH().rows());
        Tensor q = cache.q_NH().reshape(1, HEADS, HEAD_DIM);
        plain.attention().forward(q, cache.k_SKH(), cache.v_SKH(), all, kvHead, SCALE, out, lse, arena);
        return out.toFloats();
    }

    /** Twice, with something else between: nothing of an earlier token may be left. */
    private static float[] part(Cache cache, int ranks, RankEndpoint endpoint) {
        Kernels kernels = Devices.cpu().kernels();
        Communicator all = endpoint.communicator(new Mesh(1, ranks, 1).worldGroup());
        Span own = Span.part(cache.k_SKH().rows(), ranks, all.index());
        long bytes = DecodeAttention.bytes(kernels, all, HEADS, KV_HEADS, HEAD_DIM, own.size());
        long outBytes = TensorArena.sizeBytes(cache.q_NH().dtype(), HEADS, HEAD_DIM);
        try (TensorArena arena = TensorArena.open("test-decode", bytes + outBytes)) {
            Tensor out = arena.allocate(HEADS, HEAD_DIM);
            DecodeAttention attention = new DecodeAttention(kernels, all, HEADS, KV_HEADS, HEAD_DIM, arena);
            Tensor k = cache.k_SKH().slice(own.from(), own.to());
            Tensor v = cache.v_SKH().slice(own.from(), own.to());
            attention.attend(cache.q_NH(), k, v, out);
            float[] first = out.toFloats();
            attention.attend(cache.q_NH(), v, k, out);
            attention.attend(cache.q_NH(), k, v, out);
            assertArrayEquals(first, out.toFloats());
            return first;
        }
    }
}
