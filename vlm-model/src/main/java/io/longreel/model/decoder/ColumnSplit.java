package io.longreel.model.decoder;

import io.longreel.model.shard.Span;
import io.longreel.model.state.Products;
import io.longreel.model.state.Weights;
import io.longreel.model.state.Workspace;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Linear layers of rows that all ranks have, for rows so few that reading W is what takes the time: each rank reads a part of W. Either the columns of the result are
 * cut over the ranks, each multiplies by its own rows of W, and all get the whole; or the columns of the input are, each multiplies by its own columns of W, and all get
 * the sum, in the order of ranks, so that all have the same bits (Shoeybi et al., Megatron-LM, section 3). Where ranks are not to share the work, each computes
 * everything itself. Stateless but for what it was made with.
 *
 * <p>Legend: B rows, in and out columns.
 */
public final class ColumnSplit {
    private final Weights weights;
    private final Communicator ranks;
    private final boolean splits;

    /**
     * Ranks up to which everyone's whole term travels to everyone, in one exchange. Among more, each rank sums a piece for all: two exchanges, whose bytes do not grow with
     * the ranks.
     */
    private static final int ONE_EXCHANGE_RANKS_MAX = 4;

    /** Own columns of some results in one piece of memory, as they travel. */
    private record Parts(Tensor all, List<Tensor> parts) {}

    /** @param splits whether the ranks share the work */
    public ColumnSplit(Weights weights, Communicator ranks, boolean splits) {
        this.weights = weights;
        this.ranks = ranks;
        this.splits = splits && ranks.size() > 1;
    }

    public boolean splits() {
        return splits;
    }

    /**
     * A layer, or some columns of its result.
     *
     * @param columns rows of W
     */
    public record Layer(String name, Span columns) {}

    /** {@code y_i [B, out_i] = x [B, in] W_i^T + b_i} for some layers with the same input; one exchange for all. */
    public void forward(Workspace ws, Tensor x, List<Layer> layers, List<Tensor> ys) {
        if (!splits) {
            for (int i = 0; i < layers.size(); i++) {
                multiply(ws, x, layers.get(i).name(), layers.get(i).columns(), ys.get(i));
            }
            return;
        }
        long mark = ws.scratch().mark();
        int[] columns = ys.stream().mapToInt(Tensor::columns).toArray();
        Parts own = parts(ws, x.rows(), ranks.index(), columns);
        for (int i = 0; i < layers.size(); i++) {
            Span part = own(columns[i], ranks.index());
            int first = layers.get(i).columns().from();
            Span some = new Span(first + part.from(), first + part.to());
            multiply(ws, x, layers.get(i).name(), some, own.parts().get(i));
        }
        gather(ws, own, ys);
        ws.scratch().rewind(mark);
    }

    /** {@code part [B, own] = x [B, in] W^T + b}: own columns of {@code columns}, which are all where nothing is shared. */
    public void multiplyOwn(Workspace ws, Tensor x, String name, int columns, Tensor part) {
        multiply(ws, x, name, ownColumns(columns), part);
    }

    /** Those of {@code columns} that are this rank's: all where nothing is shared. */
    public Span ownColumns(int columns) {
        return splits ? own(columns, ranks.index()) : new Span(0, columns);
    }

    /**
     * {@code y [B, out] = x [B, in] W^T}, where each rank has other columns of x, and all of them together every one; the layer has no bias.
     *
     * @param part own columns, {@code from} the first of them; all where nothing is shared
     */
    public void sum(Workspace ws, Tensor part, int from, String name, Tensor y) {
        if (weights.contains(name + ".bias")) {
            throw new IllegalArgumentException("every rank would add the bias: layer=" + name);
        }
        if (!splits) {
            multiply(ws, part, name, new Span(0, y.columns()), y);
            return;
        }
        long mark = ws.scratch().mark();
        Tensor w = weights.factor(name + ".weight", ws.kernels().operands());
        Tensor term = ws.scratch().allocate(y.shape());
        if (w.dtype() == ws.kernels().operands()) {
            ws.kernels().linear().linearPart(Products.factor(ws, part), w, from, term);
        } else { // weights are kept in F32 and multiplied in BF16: own columns alone are narrowed
            Tensor own = ws.scratch().allocate(w.rows(), part.columns());
            ws.kernels().rows().gatherColumns(w, from, own);
            Products.forward(ws, part, own, null, term);
        }
        if (ranks.size() <= ONE_EXCHANGE_RANKS_MAX) {
            sumOfAll(ws, term, y);
        } else {
            sumOfPieces(term, y);
        }
        ws.scratch().rewind(mark);
    }

    private void sumOfAll(Workspace ws, Tensor term, Tensor y) {
        List<Tensor> terms = new ArrayList<>();
        for (int rank = 0; rank < ranks.size(); rank++) {
            terms.add(rank == ranks.index() ? term : ws.scratch().allocate(term.shape()));
        }
        ranks.allGatherV(term.segment(), terms.stream().map(Tensor::segment).toList());
        ws.kernels().elementwise().copy(terms.getFirst(), y);
        terms.subList(1, terms.size())
                .forEach(more -> ws.kernels().elementwise().addTo(more, y));
    }

    private void sumOfPieces(Tensor term, Tensor y) {
        long[] offsets = new long[ranks.size() + 1];
        List<MemorySegment> pieces = new ArrayList<>();
        for (int rank = 0; rank < ranks.size(); rank++) {
            Span piece = own(Math.toIntExact(y.elements()), rank);
            offsets[rank + 1] = piece.to();
            pieces.add(y.elements(piece.from(), piece.to()).segment());
        }
        MemorySegment own = pieces.get(ranks.index());
        ranks.reduceScatterSum(term.segment(), offsets, own);
        ranks.allGatherV(own, pieces);
    }

    /** Every rank's columns into the whole results. */
    private void gather(Workspace ws, Parts own, List<Tensor> ys) {
        long mark = ws.scratch().mark();
        int[] columns = ys.stream().mapToInt(Tensor::columns).toArray();
        List<Parts> all = new ArrayList<>();
        for (int rank = 0; rank < ranks.size(); rank++) {
            all.add(rank == ranks.index() ? own : parts(ws, ys.getFirst().rows(), rank, columns));
        }
        ranks.allGatherV(
                own.all().segment(),
                all.stream().map(parts -> parts.all().segment()).toList());
        for (int rank = 0; rank < ranks.size(); rank++) {
            for (int i = 0; i < columns.length; i++) {
                int from = own(columns[i], rank).from();
                ws.kernels().rows().scatterColumns(all.get(rank).parts().get(i), ys.get(i), from, false);
            }
        }
        ws.scratch().rewind(mark);
    }

    private Span own(int columns, int rank) {
        return Span.part(columns, ranks.size(), rank);
    }

    private Parts parts(Workspace ws, int rows, int rank, int... columns) {
        int total = 0;
        for (int all : columns) {
            total = Math.addExact(total, Math.multiplyExact(rows, own(all, rank).size()));
        }
        Tensor buffer = ws.scratch().allocate(total);
        List<Tensor> parts = new ArrayList<>();
        int at = 0;
        for (int all : columns) {
            int size = rows * own(all, rank).size();
            parts.add(buffer.slice(at, at + size).reshape(rows, own(all, rank).size()));
            at += size;
        }
        return new Parts(buffer, parts);
    }

    /** Columns {@code some} of the result. */
    private void multiply(Workspace ws, Tensor x, String name, Span some, Tensor y) {
        Tensor w = weights.factor(name + ".weight", ws.kernels().operands());
        Tensor bias = bias(name);
        boolean whole = some.size() == w.rows();
        Products.forward(
                ws,
                x,
                whole ? w : w.slice(some.from(), some.to()),
                bias == null || whole ? bias : bias.slice(some.from(), some.to()),
                y);
    }

    private @Nullable Tensor bias(String name) {
        return weights.contains(name + ".bias") ? weights.weight(name + ".bias") : null;
    }
}
