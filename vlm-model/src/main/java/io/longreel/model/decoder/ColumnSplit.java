package io.longreel.model.decoder;

import io.longreel.model.shard.Span;
import io.longreel.model.state.Products;
import io.longreel.model.state.Weights;
import io.longreel.model.state.Workspace;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Linear layers of rows that all ranks have, with the columns of the result cut over the ranks: each multiplies by its own rows of W, and all get the whole. For rows so
 * few that reading W is what takes the time. Where ranks are not to share the work, each computes everything itself. Stateless but for what it was made with.
 *
 * <p>Legend: B rows, in and out columns.
 */
public final class ColumnSplit {
    private final Weights weights;
    private final Communicator ranks;
    private final boolean splits;

    /** Own columns of some results in one piece of memory, as they travel. */
    public record Parts(Tensor all, List<Tensor> parts) {}

    /** @param splits whether the ranks share the work */
    public ColumnSplit(Weights weights, Communicator ranks, boolean splits) {
        this.weights = weights;
        this.ranks = ranks;
        this.splits = splits && ranks.size() > 1;
    }

    public boolean splits() {
        return splits;
    }

    /** {@code y_i [B, out_i] = x [B, in] W_i^T + b_i} for some layers with the same input; one exchange for all. */
    public void forward(Workspace ws, Tensor x, List<String> names, List<Tensor> ys) {
        if (!splits) {
            for (int i = 0; i < names.size(); i++) {
                multiply(ws, x, names.get(i), new Span(0, ys.get(i).columns()), ys.get(i));
            }
            return;
        }
        long mark = ws.scratch().mark();
        int[] columns = ys.stream().mapToInt(Tensor::columns).toArray();
        Parts own = parts(ws, x.rows(), ranks.index(), columns);
        for (int i = 0; i < names.size(); i++) {
            multiply(
                    ws,
                    x,
                    names.get(i),
                    own(columns[i], ranks.index()),
                    own.parts().get(i));
        }
        gather(ws, own, ys);
        ws.scratch().rewind(mark);
    }

    /** {@code part [B, own] = x [B, in] W^T + b}, own columns only. */
    public void multiplyOwn(Workspace ws, Tensor x, String name, int columns, Tensor part) {
        multiply(ws, x, name, own(columns, ranks.index()), part);
    }

    /** Room for own columns of results that have these columns in all, in scratch. */
    public Parts ownParts(Workspace ws, int rows, int... columns) {
        return parts(ws, rows, ranks.index(), columns);
    }

    /** Every rank's columns into the whole results. */
    public void gather(Workspace ws, Parts own, List<Tensor> ys) {
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
