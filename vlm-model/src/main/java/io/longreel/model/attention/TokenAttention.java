package io.longreel.model.attention;

import io.longreel.model.cache.CachedSequence;
import io.longreel.model.cache.KeyValueCache;
import io.longreel.model.shard.HeadShards;
import io.longreel.model.shard.Span;
import io.longreel.model.state.Workspace;
import io.longreel.ops.kernels.KeyRanges;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Attention of one new token of each of some sequences to all that its sequence has. A rank has queries, keys and values of its own heads, and asks the keys that it keeps;
 * all ring ranks get what each found (out, LSE), merged in their order, so that all have the same bits. The new keys and values go to one ring rank, in turn, so that
 * shares stay even. One instance per pass; its layers attend one after the other.
 *
 * <p>Legend: B sequences, N_u and K_u own heads, H head dim.
 */
public final class TokenAttention {
    /**
     * Keys that all heads meet before the next ones, as heads lie side by side in a row: with every key and value of the cache per head, 65,536 keys of two heads of 64 took
     * 5.0 to 6.1 ms instead of 4.2 (Zen 5, busy).
     */
    private static final int BLOCK_KEYS = 1024;

    private final Workspace ws;
    private final KeyValueCache cache;
    private final Communicator ring;
    private final int[] kvHead;
    private final int kvHeads;
    private final int headDim;
    private final float scale;
    private final List<Asked> asked;
    private int layer;

    /**
     * One sequence.
     *
     * @param mirror of the rank before this one in the ring; null where nothing is mirrored
     * @param position of the new token
     */
    public record Token(CachedSequence sequence, @Nullable CachedSequence mirror, int position) {}

    /**
     * What the memory of a pass depends on. Few different ones come up while sequences grow.
     *
     * @param keysMax of one sequence on this rank
     */
    public record Extent(int sequences, int keysMax) {
        private static final Extent NONE = new Extent(0, 0);

        /** Of these, keys rounded up to a power of two, or to all that the cache holds. */
        public static Extent of(List<Token> tokens, KeyValueCache cache) {
            int keys = 1
                    + tokens.stream()
                            .mapToInt(token -> token.sequence().rows())
                            .max()
                            .orElse(0);
            int rounded = Integer.highestOneBit(Math.max(1, keys - 1)) << 1;
            return new Extent(tokens.size(), Math.min(rounded, cache.shape().rows()));
        }
    }

    /** Where the new row goes, if it is this rank's or mirrored here, and what is there with it. */
    private record Asked(List<Row> store, List<Span> keys) {}

    private record Row(KeyValueCache cache, Span at) {}

    /** What is found for all sequences with own heads, as it travels. */
    private record Part(Tensor all, Tensor out, Tensor lse) {}

    /**
     * @param ringGroup the ranks that have the same heads
     * @param ulysses whose heads they are
     */
    public TokenAttention(
            Workspace ws,
            KeyValueCache cache,
            HeadShards heads,
            Communicator ringGroup,
            int ulysses,
            int headDim,
            List<Token> tokens) {
        this(ws, cache, heads, ringGroup, ulysses, headDim, tokens, Extent.NONE);
    }

    private TokenAttention(
            Workspace ws,
            KeyValueCache cache,
            HeadShards heads,
            Communicator ringGroup,
            int ulysses,
            int headDim,
            List<Token> tokens,
            Extent extent) {
        this.ws = ws;
        this.cache = cache;
        this.ring = ringGroup;
        this.kvHead = heads.kvHeadOfQuery(ulysses);
        this.kvHeads = heads.kvHeads(ulysses).size();
        this.headDim = headDim;
        this.scale = (float) (1.0 / Math.sqrt(headDim));
        this.asked = extent.sequences() == 0
                ? tokens.stream().map(this::asked).toList()
                : Collections.nCopies(extent.sequences(), new Asked(List.of(), List.of(new Span(0, extent.keysMax()))));
    }

    /**
     * One that takes as much memory as any of this extent, and does nothing else right: to plan with.
     *
     * @param ringGroup as {@link TokenAttention} has it
     */
    public static TokenAttention planning(
            Workspace ws,
            KeyValueCache cache,
            HeadShards heads,
            Communicator ringGroup,
            int ulysses,
            int headDim,
            Extent extent) {
        return new TokenAttention(ws, cache, heads, ringGroup, ulysses, headDim, List.of(), extent);
    }

    private Asked asked(Token token) {
        int rows = token.sequence().rows();
        int more = isOwn(token) ? 1 : 0;
        List<Row> store = new ArrayList<>();
        spans(token.sequence().pieces(rows, rows + more)).forEach(at -> store.add(new Row(cache, at)));
        CachedSequence mirror = token.mirror();
        if (mirror != null && isMirrored(token)) {
            spans(mirror.pieces(mirror.rows(), mirror.rows() + 1))
                    .forEach(at -> store.add(new Row(mirror.cache(), at)));
        }
        return new Asked(store, spans(token.sequence().pieces(0, rows + more)));
    }

    private static List<Span> spans(List<CachedSequence.Piece> pieces) {
        return pieces.stream().map(CachedSequence.Piece::at).toList();
    }

    /** Whether the new token's keys and values are kept here. */
    private boolean isOwn(Token token) {
        return token.position() % ring.size() == ring.index();
    }

    /** Whether they are kept by the rank before this one. */
    private boolean isMirrored(Token token) {
        return (token.position() + 1) % ring.size() == ring.index() && ring.size() > 1;
    }

    /** To be called when all layers are through: the new rows count. */
    public void append(List<Token> tokens) {
        for (Token token : tokens) {
            CachedSequence mirror = token.mirror();
            if (mirror != null && isMirrored(token)) {
                mirror.append(new int[] {token.position()});
            }
            if (isOwn(token)) {
                token.sequence().append(new int[] {token.position()});
            }
        }
    }

    /** {@code q [B, N_u H], k [B, K_u H], v [B, K_u H] -> out [B, N_u H]}: those of own heads, the same on all ring ranks. */
    public void attend(Tensor q, Tensor k, Tensor v, Tensor out) {
        long mark = ws.scratch().mark();
        store(k, v);
        Part part = part();
        ask(q, part);
        if (ring.size() == 1) {
            ws.kernels().elementwise().copy(part.out().reshape(out.shape()), out);
        } else {
            Part whole = part();
            merge(part, whole);
            ws.kernels().elementwise().copy(whole.out().reshape(out.shape()), out);
        }
        layer++;
        ws.scratch().rewind(mark);
    }

    private void store(Tensor keys, Tensor values) {
        for (int i = 0; i < asked.size(); i++) {
            for (Row row : asked.get(i).store()) {
                Tensor key = row.cache().keys(layer, row.at());
                Tensor value = row.cache().values(layer, row.at());
                ws.kernels().elementwise().copy(keys.slice(i, i + 1), key.reshape(1, keys.columns()));
                ws.kernels().elementwise().copy(values.slice(i, i + 1), value.reshape(1, values.columns()));
            }
        }
    }

    private Part part() {
        int sequences = asked.size();
        int own = kvHead.length;
        int outs = sequences * own * headDim;
        Tensor all = ws.scratch().allocate(outs + sequences * own);
        return new Part(
                all,
                all.slice(0, outs).reshape(sequences, own, headDim),
                all.slice(outs, all.rows()).reshape(sequences, own));
    }

    private void ask(Tensor q, Part part) {
        int own = kvHead.length;
        clear(part);
        Packing packing = Packing.of(kvHead, kvHeads);
        for (int i = 0; i < asked.size(); i++) {
            Tensor query = q.slice(i, i + 1).reshape(own, headDim);
            Tensor out = part.out().slice(i, i + 1).reshape(own, headDim);
            Tensor lse = part.lse().slice(i, i + 1).reshape(own, 1);
            ask(asked.get(i), query, packing, out, lse);
        }
    }

    private void ask(Asked sequence, Tensor q, Packing packing, Tensor out, Tensor lse) {
        long mark = ws.scratch().mark();
        int group = packing.group();
        int columns = packing.kvHead().length;
        Tensor packed = ws.scratch().allocate(group, columns, headDim);
        Tensor found = ws.scratch().allocate(group, columns, headDim);
        Tensor sums = ws.scratch().allocate(group, columns);
        ws.kernels().rows().gather(q, packing.order(), packed.reshape(q.rows(), headDim));
        ws.kernels().elementwise().zero(found);
        ws.kernels().elementwise().fill(sums, Float.NEGATIVE_INFINITY);
        for (Span all : sequence.keys()) {
            for (int from = all.from(); from < all.to(); from += BLOCK_KEYS) {
                Span at = new Span(from, Math.min(all.to(), from + BLOCK_KEYS));
                ws.kernels()
                        .attention()
                        .forward(
                                packed,
                                cache.keys(layer, at),
                                cache.values(layer, at),
                                KeyRanges.full(group, at.size()),
                                packing.kvHead(),
                                scale,
                                found,
                                sums,
                                ws.scratch());
            }
        }
        ws.kernels().rows().scatter(found.reshape(q.rows(), headDim), packing.order(), out);
        ws.kernels().rows().scatter(sums.reshape(q.rows(), 1), packing.order(), lse);
        ws.scratch().rewind(mark);
    }

    /** What all ring ranks found for these heads, in their order. */
    private void merge(Part own, Part whole) {
        List<Part> parts = new ArrayList<>();
        for (int member = 0; member < ring.size(); member++) {
            parts.add(member == ring.index() ? own : part());
        }
        ring.allGatherV(
                own.all().segment(),
                parts.stream().map(part -> part.all().segment()).toList());
        clear(whole);
        for (Part part : parts) {
            ws.kernels().attention().merge(part.out(), part.lse(), whole.out(), whole.lse());
        }
    }

    private void clear(Part part) {
        ws.kernels().elementwise().zero(part.out());
        ws.kernels().elementwise().fill(part.lse(), Float.NEGATIVE_INFINITY);
    }

    /**
     * The query heads that read one key/value head as rows of one product, so that the cache goes through the processor once and not once per query head; one row where
     * heads are cut unevenly.
     *
     * @param group G, rows
     * @param order query head of each packed row: of row {@code g * columns + c}
     * @param kvHead key/value head of each column
     */
    private record Packing(int group, int[] order, int[] kvHead) {
        static Packing of(int[] kvHeadOfQuery, int kvHeads) {
            int heads = kvHeadOfQuery.length;
            int group = heads / kvHeads;
            boolean isEven = heads % kvHeads == 0
                    && IntStream.range(0, heads).allMatch(head -> kvHeadOfQuery[head] == head / group);
            if (!isEven) {
                return new Packing(1, IntStream.range(0, heads).toArray(), kvHeadOfQuery);
            }
            int[] order = IntStream.range(0, heads)
                    .map(row -> row % kvHeads * group + row / kvHeads)
                    .toArray();
            return new Packing(group, order, IntStream.range(0, kvHeads).toArray());
        }
    }
}
