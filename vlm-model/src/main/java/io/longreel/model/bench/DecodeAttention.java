package io.longreel.model.bench;

import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.kernels.KeyRanges;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Attention of one new token over a cache of keys and values that is cut over the ranks of a group: each rank attends to its own part, all ranks get every
 * part's (out, LSE), and each merges them in member order, so that all have the same bits on every run. The query heads that read one key/value head are rows
 * of one product: the cache goes through the processor once, not once per query head. One rank's thread.
 *
 * <p>Legend: N query heads, K key/value heads, G = N / K, S own tokens of the cache (may be 0), H head dim.
 */
final class DecodeAttention {
    private final Kernels kernels;
    private final Communicator ranks;
    private final TensorArena scratch;
    private final int heads;
    /** Query head of each packed row: of row {@code g * K + k} it is {@code k * G + g}. */
    private final int[] packing;

    private final int[] kvHead_K;
    private final float scale;
    private final Tensor q_GKH;
    private final Tensor merged_GKH;
    private final List<Part> parts;
    private final List<MemorySegment> wire;

    /** What one rank's part of the cache comes to: one piece of memory, as it travels. */
    private record Part(Tensor all, Tensor out_GKH, Tensor lse_GK) {
        static Part in(TensorArena arena, int group, int kvHeads, int headDim) {
            int rows = group * kvHeads;
            Tensor all = arena.allocate(rows * (headDim + 1));
            return new Part(
                    all,
                    all.elements(0, (long) rows * headDim).reshape(group, kvHeads, headDim),
                    all.elements((long) rows * headDim, all.elements()).reshape(group, kvHeads));
        }
    }

    /**
     * @param arena keeps the tensors that stay, and lends what a pass takes: {@link #bytes} of it
     */
    DecodeAttention(Kernels kernels, Communicator ranks, int heads, int kvHeads, int headDim, TensorArena arena) {
        int group = heads / kvHeads;
        this.kernels = kernels;
        this.ranks = ranks;
        this.scratch = arena;
        this.heads = heads;
        this.packing = IntStream.range(0, heads)
                .map(row -> row % kvHeads * group + row / kvHeads)
                .toArray();
        this.kvHead_K = IntStream.range(0, kvHeads).toArray();
        this.scale = (float) (1 / Math.sqrt(headDim));
        this.q_GKH = arena.allocate(group, kvHeads, headDim);
        this.merged_GKH = arena.allocate(group, kvHeads, headDim);
        this.parts = IntStream.range(0, ranks.size())
                .mapToObj(rank -> Part.in(arena, group, kvHeads, headDim))
                .toList();
        this.wire = parts.stream().map(part -> part.all().segment()).toList();
    }

    /** Bytes of an arena that suffice for a cache of at most so many own tokens. */
    static long bytes(Kernels kernels, Communicator ranks, int heads, int kvHeads, int headDim, int tokensMax) {
        try (TensorArena counting = TensorArena.planning("decode")) {
            DecodeAttention planned = new DecodeAttention(kernels, ranks, heads, kvHeads, headDim, counting);
            int group = planned.q_GKH.rows();
            return counting.peakBytes() + kernels.attention().scratchBytes(group, tokensMax, kvHeads, kvHeads, headDim);
        }
    }

    /**
     * @param q_NH the same on all ranks
     * @param k_SKH own part of the cache, likewise {@code v_SKH}
     * @param out_NH overwritten, the same on all ranks
     */
    void attend(Tensor q_NH, Tensor k_SKH, Tensor v_SKH, Tensor out_NH) {
        kernels.rows().gather(q_NH, packing, heads(q_GKH)); // (N, H) -> (G, K, H)
        Part own = parts.get(ranks.index());
        kernels.elementwise().zero(own.out_GKH());
        kernels.elementwise().fill(own.lse_GK(), Float.NEGATIVE_INFINITY);
        kernels.attention()
                .forward(
                        q_GKH,
                        k_SKH,
                        v_SKH,
                        KeyRanges.full(q_GKH.rows(), k_SKH.rows()),
                        kvHead_K,
                        scale,
                        own.out_GKH(),
                        own.lse_GK(),
                        scratch);
        ranks.allGatherV(own.all().segment(), wire);
        merge();
        kernels.rows().scatter(heads(merged_GKH), packing, out_NH); // (G, K, H) -> (N, H)
    }

    /** {@code out = sum of e^(lse_r - lse) out_r, lse = log(sum of e^lse_r)}, over ranks r in member order. */
    private void merge() {
        kernels.elementwise().zero(merged_GKH);
        Tensor merged = heads(merged_GKH);
        double[] weights = new double[parts.size()];
        for (int row = 0; row < heads; row++) {
            weigh(row, weights);
            Tensor into = merged.slice(row, row + 1);
            for (int rank = 0; rank < weights.length; rank++) {
                Tensor from = heads(parts.get(rank).out_GKH()).slice(row, row + 1);
                kernels.elementwise().axpy((float) weights[rank], from, into);
            }
        }
    }

    /** The share of each rank's part in a row; that of a rank without tokens is 0. */
    private void weigh(int row, double[] weights) {
        for (int rank = 0; rank < weights.length; rank++) {
            weights[rank] = parts.get(rank).lse_GK().getFloat(row);
        }
        double max = Arrays.stream(weights).max().orElseThrow();
        double total = 0;
        for (int rank = 0; rank < weights.length; rank++) {
            weights[rank] = Math.exp(weights[rank] - max);
            total += weights[rank];
        }
        for (int rank = 0; rank < weights.length; rank++) {
            weights[rank] /= total;
        }
    }

    private Tensor heads(Tensor x_GKH) {
        return x_GKH.reshape(heads, x_GKH.dim(2));
    }
}
