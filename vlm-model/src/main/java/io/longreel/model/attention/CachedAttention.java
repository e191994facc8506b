package io.longreel.model.attention;

import io.longreel.model.cache.CachedSequence;
import io.longreel.model.cache.KeyValueCache;
import io.longreel.model.shard.Span;
import io.longreel.model.state.Workspace;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * 2D attention of a chunk of new tokens to all tokens before it, whose keys and values stay where they are: Ulysses all-to-all inside the node; over the ring the
 * queries go to the keys, not the keys to the queries, as a chunk is small beside the cache (Yang et al., Context Parallelism for Scalable Million-Token Inference,
 * section 3.5: "pass-Q"). Each ring rank attends for all, and sends everyone what it found; parts are merged in the order of ring ranks. The keys and values of the chunk
 * itself become part of the cache first. One instance per pass; its layers attend one after the other. No backward.
 *
 * <p>Legend: n own rows, G rows of the Ulysses group, N and K own heads, H key dim, V value dim.
 */
public final class CachedAttention implements SequenceAttention {
    private final Workspace ws;
    private final ChunkPlan plan;
    private final KeyValueCache cache;
    private final Communicator ring;
    private final HeadDims dims;
    private final HeadExchange exchange;
    private final int[] kvHead;
    private final float scale;
    private int layer;

    /** What one ring rank's keys come to for the queries of another: one piece of memory, as it travels. */
    private record Part(Tensor all, Tensor out, Tensor lse) {}

    public CachedAttention(
            Workspace ws,
            ChunkPlan plan,
            KeyValueCache cache,
            Communicator ulyssesGroup,
            Communicator ringGroup,
            HeadDims dims) {
        this.ws = ws;
        this.plan = plan;
        this.cache = cache;
        this.ring = ringGroup;
        this.dims = dims;
        this.exchange = new HeadExchange(ws, ulyssesGroup, plan, dims, new Wire(ws, DType.F32));
        this.kvHead = plan.heads().kvHeadOfQuery(plan.ulysses());
        this.scale = (float) (1.0 / Math.sqrt(dims.key()));
        this.layer = plan.firstLayer();
    }

    @Override
    public boolean keepsQueries() {
        return false;
    }

    @Override
    public Tape forward(Tensor q, Tensor k, Tensor v, Tensor out) {
        long mark = ws.scratch().mark();
        boolean local = plan.ulyssesDegree() == 1;
        int heads = kvHead.length;
        int kvHeads = plan.heads().kvHeads(plan.ulysses()).size();
        int rows = plan.ringQueryRows(plan.ring());
        Tensor qGroup =
                local ? q.reshape(rows, heads, dims.key()) : ws.scratch().allocate(rows, heads, dims.key());
        Tensor kGroup = k;
        Tensor vGroup = v;
        if (!local) {
            KeyValues kv = KeyValues.allocate(ws.scratch(), plan.newPositions().length, kvHeads, dims);
            exchange.gather(q, k, v, qGroup, kv);
            kGroup = kv.k();
            vGroup = kv.v();
        }
        store(kGroup, vGroup, kvHeads);
        Tensor outGroup =
                local ? out.reshape(rows, heads, dims.value()) : ws.scratch().allocate(rows, heads, dims.value());
        Tensor lse = ws.scratch().allocate(rows, heads);
        if (plan.asks()) {
            attend(qGroup, outGroup, lse);
            if (!local) {
                exchange.scatterQueries(outGroup.reshape(rows, heads * dims.value()), out);
            }
        }
        layer++;
        ws.scratch().rewind(mark);
        return new Tape(q, k, out, lse);
    }

    @Override
    public void backward(Tape tape, Tensor dOut, Tensor dq, Tensor dk, Tensor dv) {
        throw new UnsupportedOperationException("a cached sequence is not trained on");
    }

    /** Keys and values of the group's new rows to their places. */
    private void store(Tensor k, Tensor v, int kvHeads) {
        int rows = plan.newPositions().length;
        Tensor keys = k.reshape(rows, kvHeads, dims.key());
        Tensor values = v.reshape(rows, kvHeads, dims.value());
        int row = 0;
        for (CachedSequence.Piece piece : plan.stored()) {
            int end = row + piece.at().size();
            ws.kernels().elementwise().copy(keys.slice(row, end), cache.keys(layer, piece.at()));
            ws.kernels().elementwise().copy(values.slice(row, end), cache.values(layer, piece.at()));
            row = end;
        }
    }

    private void attend(Tensor qGroup, Tensor outGroup, Tensor lse) {
        if (plan.ringDegree() == 1) {
            ask(0, qGroup, outGroup, lse);
            return;
        }
        List<Tensor> queries = queriesOfAll(qGroup);
        List<MemorySegment> found = new ArrayList<>();
        List<Part> arriving = new ArrayList<>();
        for (int rank = 0; rank < plan.ringDegree(); rank++) {
            Part part = part(plan.ringQueryRows(rank));
            ask(rank, queries.get(rank), part.out(), part.lse());
            found.add(part.all().segment());
            ring.poll();
        }
        for (int rank = 0; rank < plan.ringDegree(); rank++) {
            arriving.add(part(outGroup.rows()));
        }
        ring.allToAllV(
                found, arriving.stream().map(part -> part.all().segment()).toList());
        clear(outGroup, lse);
        for (Part part : arriving) {
            ws.kernels().attention().merge(part.out(), part.lse(), outGroup, lse);
        }
    }

    /** The queries of every ring rank, own ones included. */
    private List<Tensor> queriesOfAll(Tensor own) {
        List<Tensor> all = new ArrayList<>();
        for (int rank = 0; rank < plan.ringDegree(); rank++) {
            all.add(
                    rank == plan.ring()
                            ? own
                            : ws.scratch().allocate(plan.ringQueryRows(rank), kvHead.length, dims.key()));
        }
        ring.allGatherV(own.segment(), all.stream().map(Tensor::segment).toList());
        return all;
    }

    private Part part(int rows) {
        int heads = kvHead.length;
        Tensor all = ws.scratch().allocate(Math.multiplyExact(rows * heads, dims.value() + 1));
        int outs = rows * heads * dims.value();
        return new Part(
                all,
                all.slice(0, outs).reshape(rows, heads, dims.value()),
                all.slice(outs, all.rows()).reshape(rows, heads));
    }

    /** What the queries of a ring rank find among own keys. */
    private void ask(int ringRank, Tensor q, Tensor out, Tensor lse) {
        clear(out, lse);
        for (ChunkPlan.Seen seen : plan.seen(ringRank)) {
            Span at = seen.at();
            ws.kernels()
                    .attention()
                    .forward(
                            q,
                            cache.keys(layer, at),
                            cache.values(layer, at),
                            seen.ranges(),
                            kvHead,
                            scale,
                            out,
                            lse,
                            ws.scratch());
        }
    }

    private void clear(Tensor out, Tensor lse) {
        ws.kernels().elementwise().zero(out);
        ws.kernels().elementwise().fill(lse, Float.NEGATIVE_INFINITY);
    }
}
