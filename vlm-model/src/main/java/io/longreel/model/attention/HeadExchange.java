package io.longreel.model.attention;

import io.longreel.model.shard.Span;
import io.longreel.model.state.Workspace;
import io.longreel.ops.kernels.RowKernels;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The Ulysses all-to-all: from "own tokens, all heads" to "the group's tokens, own heads" and back, its own adjoint (Jacobs et al.,
 * DeepSpeed-Ulysses; specification 3.5). One message per pair of ranks carries query, key and value columns together; nothing is padded. Legend: n
 * own rows, G rows of the group, H head dim, columns = heads * H.
 */
final class HeadExchange {
    private final Workspace ws;
    private final Communicator group;
    private final AttentionPlan plan;
    private final int headDim;

    HeadExchange(Workspace ws, Communicator group, AttentionPlan plan, int headDim) {
        this.ws = ws;
        this.group = group;
        this.plan = plan;
        this.headDim = headDim;
    }

    /** {@code q (nq, N H), k, v (n, K H) -> q (Gq, N_u H), kv (2 G, K_u H)}: keys of the group, then its values. */
    void gather(Tensor q, Tensor k, Tensor v, Tensor qGroup, Tensor kvGroup) {
        RowKernels rows = ws.kernels().rows();
        long mark = ws.scratch().mark();
        List<Message> out = messages(this::outgoing);
        List<Message> in = messages(this::incoming);
        for (int member = 0; member < plan.ulyssesDegree(); member++) {
            Message m = out.get(member);
            rows.gatherColumns(q, queryColumn(member), m.q());
            rows.gatherColumns(k, kvColumn(member), m.k());
            rows.gatherColumns(v, kvColumn(member), m.v());
        }
        group.allToAllV(segments(out), segments(in));
        int queryRow = 0;
        int keyRow = 0;
        int groupRows = kvGroup.rows() / 2;
        for (int member = 0; member < plan.ulyssesDegree(); member++) {
            Message m = in.get(member);
            copy(m.q(), qGroup, queryRow);
            copy(m.k(), kvGroup, keyRow);
            copy(m.v(), kvGroup, groupRows + keyRow);
            queryRow += m.q().rows();
            keyRow += m.k().rows();
        }
        ws.scratch().rewind(mark);
    }

    /**
     * Adjoint of {@link #gather}: {@code dq (Gq, N_u H), dkv (2 G, K_u H) -> dq (nq, N H), dk, dv (n, K H)}. A key/value head that several members
     * computed with gets the sum of their gradients, in member order.
     */
    void scatter(Tensor dqGroup, Tensor dkvGroup, Tensor dq, Tensor dk, Tensor dv) {
        RowKernels rows = ws.kernels().rows();
        long mark = ws.scratch().mark();
        List<Message> out = messages(this::incoming);
        List<Message> in = messages(this::outgoing);
        int queryRow = 0;
        int keyRow = 0;
        int groupRows = dkvGroup.rows() / 2;
        for (Message m : out) {
            copyOut(dqGroup, queryRow, m.q());
            copyOut(dkvGroup, keyRow, m.k());
            copyOut(dkvGroup, groupRows + keyRow, m.v());
            queryRow += m.q().rows();
            keyRow += m.k().rows();
        }
        group.allToAllV(segments(out), segments(in));
        ws.kernels().elementwise().zero(dk);
        ws.kernels().elementwise().zero(dv);
        for (int member = 0; member < plan.ulyssesDegree(); member++) {
            Message m = in.get(member);
            rows.scatterColumns(m.q(), dq, queryColumn(member), false);
            rows.scatterColumns(m.k(), dk, kvColumn(member), true);
            rows.scatterColumns(m.v(), dv, kvColumn(member), true);
        }
        ws.scratch().rewind(mark);
    }

    /** {@code out (Gq, N_u H) -> (nq, N H)}. */
    void scatterQueries(Tensor outGroup, Tensor out) {
        long mark = ws.scratch().mark();
        List<MemorySegment> send = new ArrayList<>();
        List<Tensor> in = new ArrayList<>();
        int row = 0;
        for (int member = 0; member < plan.ulyssesDegree(); member++) {
            send.add(outGroup.slice(row, row + plan.queryRows(member)).segment());
            row += plan.queryRows(member);
            in.add(ws.scratch().allocate(out.rows(), columns(plan.heads().queryHeads(member))));
        }
        group.allToAllV(send, in.stream().map(Tensor::segment).toList());
        for (int member = 0; member < in.size(); member++) {
            ws.kernels().rows().scatterColumns(in.get(member), out, queryColumn(member), false);
        }
        ws.scratch().rewind(mark);
    }

    /** Adjoint of {@link #scatterQueries}: {@code dOut (nq, N H) -> (Gq, N_u H)}. */
    void gatherQueries(Tensor dOut, Tensor dOutGroup) {
        long mark = ws.scratch().mark();
        List<MemorySegment> send = new ArrayList<>();
        List<MemorySegment> receive = new ArrayList<>();
        int row = 0;
        for (int member = 0; member < plan.ulyssesDegree(); member++) {
            Tensor part =
                    ws.scratch().allocate(dOut.rows(), columns(plan.heads().queryHeads(member)));
            ws.kernels().rows().gatherColumns(dOut, queryColumn(member), part);
            send.add(part.segment());
            receive.add(dOutGroup.slice(row, row + plan.queryRows(member)).segment());
            row += plan.queryRows(member);
        }
        group.allToAllV(send, receive);
        ws.scratch().rewind(mark);
    }

    /** The columns of one pair of ranks, one after the other in one buffer. */
    private record Message(Tensor all, Tensor q, Tensor k, Tensor v) {
        static Message allocate(TensorArena arena, int queryRows, int queryColumns, int keyRows, int kvColumns) {
            int qSize = queryRows * queryColumns;
            int kvSize = keyRows * kvColumns;
            Tensor all = arena.allocate(qSize + 2 * kvSize);
            return new Message(
                    all,
                    all.slice(0, qSize).reshape(queryRows, queryColumns),
                    all.slice(qSize, qSize + kvSize).reshape(keyRows, kvColumns),
                    all.slice(qSize + kvSize, qSize + 2 * kvSize).reshape(keyRows, kvColumns));
        }
    }

    private interface Slot {
        Message allocate(int member);
    }

    private List<Message> messages(Slot slot) {
        List<Message> list = new ArrayList<>();
        for (int member = 0; member < plan.ulyssesDegree(); member++) {
            list.add(slot.allocate(member));
        }
        return list;
    }

    /** Own rows, the heads of {@code member}. */
    private Message outgoing(int member) {
        return Message.allocate(
                ws.scratch(),
                plan.queryRows(plan.ulysses()),
                columns(plan.heads().queryHeads(member)),
                plan.keyRows(plan.ulysses()),
                columns(plan.heads().kvHeads(member)));
    }

    /** The rows of {@code member}, own heads. */
    private Message incoming(int member) {
        return Message.allocate(
                ws.scratch(),
                plan.queryRows(member),
                columns(plan.heads().queryHeads(plan.ulysses())),
                plan.keyRows(member),
                columns(plan.heads().kvHeads(plan.ulysses())));
    }

    private void copy(Tensor source, Tensor target, int row) {
        ws.kernels().elementwise().copy(source, target.slice(row, row + source.rows()));
    }

    private void copyOut(Tensor source, int row, Tensor target) {
        ws.kernels().elementwise().copy(source.slice(row, row + target.rows()), target);
    }

    private static List<MemorySegment> segments(List<Message> messages) {
        return messages.stream().map(m -> m.all().segment()).toList();
    }

    private int queryColumn(int member) {
        return plan.heads().queryHeads(member).from() * headDim;
    }

    private int kvColumn(int member) {
        return plan.heads().kvHeads(member).from() * headDim;
    }

    private int columns(Span heads) {
        return heads.size() * headDim;
    }
}
