package io.longreel.model.attention;

import io.longreel.model.shard.Span;
import io.longreel.model.state.Workspace;
import io.longreel.ops.kernels.RowKernels;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * The Ulysses all-to-all: from "own tokens, all heads" to "the group's tokens, own heads" and back, its own adjoint (Jacobs et al.,
 * DeepSpeed-Ulysses; specification 3.5). One message per pair of ranks carries query, key and value columns together; nothing is padded. Legend: n
 * own rows, G rows of the group, H key dim, V value dim, columns = heads * dim.
 */
final class HeadExchange {
    private final Workspace ws;
    private final Communicator group;
    private final GroupRows plan;
    private final HeadDims dims;
    private final Wire wire;

    HeadExchange(Workspace ws, Communicator group, GroupRows plan, HeadDims dims, Wire wire) {
        this.ws = ws;
        this.group = group;
        this.plan = plan;
        this.dims = dims;
        this.wire = wire;
    }

    /** {@code q (nq, N H), k (n, K H), v (n, K V) -> q (Gq, N_u H), keys (G, K_u H), values (G, K_u V)}. */
    void gather(Tensor q, Tensor k, Tensor v, Tensor qGroup, KeyValues kvGroup) {
        RowKernels rows = ws.kernels().rows();
        long mark = ws.scratch().mark();
        List<Message> out = messages(this::outgoing);
        List<Message> in = messages(this::incoming);
        for (int member = 0; member < plan.ulyssesDegree(); member++) {
            Message m = out.get(member);
            rows.gatherColumns(q, queryColumn(member, dims.key()), m.q());
            rows.gatherColumns(k, kvColumn(member, dims.key()), m.k());
            rows.gatherColumns(v, kvColumn(member, dims.value()), m.v());
        }
        exchange(
                out.stream().map(Message::all).toList(),
                in.stream().map(Message::all).toList());
        int queryRow = 0;
        int keyRow = 0;
        for (int member = 0; member < plan.ulyssesDegree(); member++) {
            Message m = in.get(member);
            copy(m.q(), qGroup, queryRow);
            copy(m.k(), kvGroup.k(), keyRow);
            copy(m.v(), kvGroup.v(), keyRow);
            queryRow += m.q().rows();
            keyRow += m.k().rows();
        }
        ws.scratch().rewind(mark);
    }

    /**
     * Adjoint of {@link #gather}: {@code dq (Gq, N_u H), dkeys, dvalues (G, ..) -> dq (nq, N H), dk (n, K H), dv (n, K V)}. A key/value head that
     * several members computed with gets the sum of their gradients, in member order. These parts travel in F32 whatever the wire: rounding each
     * of them would cost more digits than rounding their sum, which may be much smaller.
     */
    void scatter(Tensor dqGroup, KeyValues dkvGroup, Tensor dq, Tensor dk, Tensor dv) {
        RowKernels rows = ws.kernels().rows();
        long mark = ws.scratch().mark();
        List<Gradients> out = gradients(this::homeward);
        List<Gradients> in = gradients(this::arriving);
        int queryRow = 0;
        int keyRow = 0;
        for (Gradients m : out) {
            wire.pack(dqGroup.slice(queryRow, queryRow + m.dq().rows()), m.dq());
            wire.pack(dkvGroup.k().slice(keyRow, keyRow + m.dk().rows()), m.dk());
            wire.pack(dkvGroup.v().slice(keyRow, keyRow + m.dv().rows()), m.dv());
            queryRow += m.dq().rows();
            keyRow += m.dk().rows();
        }
        group.allToAllV(
                out.stream().map(m -> m.all().segment()).toList(),
                in.stream().map(m -> m.all().segment()).toList());
        ws.kernels().elementwise().zero(dk);
        ws.kernels().elementwise().zero(dv);
        for (int member = 0; member < plan.ulyssesDegree(); member++) {
            Gradients m = in.get(member);
            rows.scatterColumns(wire.wide(m.dq()), dq, queryColumn(member, dims.key()), false);
            rows.scatterColumns(wire.wide(m.dk()), dk, kvColumn(member, dims.key()), true);
            rows.scatterColumns(wire.wide(m.dv()), dv, kvColumn(member, dims.value()), true);
        }
        ws.scratch().rewind(mark);
        wire.round(dk);
        wire.round(dv);
    }

    /** {@code out (Gq, N_u V) -> (nq, N V)}. */
    void scatterQueries(Tensor outGroup, Tensor out) {
        long mark = ws.scratch().mark();
        List<Tensor> send = new ArrayList<>();
        List<Tensor> in = new ArrayList<>();
        int row = 0;
        for (int member = 0; member < plan.ulyssesDegree(); member++) {
            send.add(outGroup.slice(row, row + plan.queryRows(member)));
            row += plan.queryRows(member);
            in.add(ws.scratch().allocate(out.rows(), columns(plan.heads().queryHeads(member), dims.value())));
        }
        exchange(send, in);
        for (int member = 0; member < in.size(); member++) {
            ws.kernels().rows().scatterColumns(in.get(member), out, queryColumn(member, dims.value()), false);
        }
        ws.scratch().rewind(mark);
    }

    /** Adjoint of {@link #scatterQueries}: {@code dOut (nq, N V) -> (Gq, N_u V)}. */
    void gatherQueries(Tensor dOut, Tensor dOutGroup) {
        long mark = ws.scratch().mark();
        List<Tensor> send = new ArrayList<>();
        List<Tensor> receive = new ArrayList<>();
        int row = 0;
        for (int member = 0; member < plan.ulyssesDegree(); member++) {
            Tensor part =
                    ws.scratch().allocate(dOut.rows(), columns(plan.heads().queryHeads(member), dims.value()));
            ws.kernels().rows().gatherColumns(dOut, queryColumn(member, dims.value()), part);
            send.add(part);
            receive.add(dOutGroup.slice(row, row + plan.queryRows(member)));
            row += plan.queryRows(member);
        }
        exchange(send, receive);
        ws.scratch().rewind(mark);
    }

    /** All-to-all of F32 tensors in the form of the wire. */
    private void exchange(List<Tensor> send, List<Tensor> receive) {
        List<Tensor> packed = send.stream().map(wire::pack).toList();
        List<Tensor> arrived = receive.stream().map(wire::arrival).toList();
        group.allToAllV(
                packed.stream().map(Tensor::segment).toList(),
                arrived.stream().map(Tensor::segment).toList());
        for (int member = 0; member < receive.size(); member++) {
            wire.unpack(arrived.get(member), receive.get(member));
        }
    }

    /** The columns of one pair of ranks, one after the other in one buffer. */
    private record Message(Tensor all, Tensor q, Tensor k, Tensor v) {}

    private Message message(int queryRows, Span queryHeads, int keyRows, Span kvHeads) {
        int q = queryRows * columns(queryHeads, dims.key());
        int k = keyRows * columns(kvHeads, dims.key());
        int v = keyRows * columns(kvHeads, dims.value());
        Tensor all = ws.scratch().allocate(q + k + v);
        return new Message(
                all,
                all.slice(0, q).reshape(queryRows, columns(queryHeads, dims.key())),
                all.slice(q, q + k).reshape(keyRows, columns(kvHeads, dims.key())),
                all.slice(q + k, q + k + v).reshape(keyRows, columns(kvHeads, dims.value())));
    }

    private List<Message> messages(IntFunction<Message> slot) {
        return IntStream.range(0, plan.ulyssesDegree()).mapToObj(slot).toList();
    }

    /** Own rows, the heads of {@code member}. */
    private Message outgoing(int member) {
        return message(
                plan.queryRows(plan.ulysses()),
                plan.heads().queryHeads(member),
                plan.keyRows(plan.ulysses()),
                plan.heads().kvHeads(member));
    }

    /** The rows of {@code member}, own heads. */
    private Message incoming(int member) {
        return message(
                plan.queryRows(member),
                plan.heads().queryHeads(plan.ulysses()),
                plan.keyRows(member),
                plan.heads().kvHeads(plan.ulysses()));
    }

    /** The gradients of one pair of ranks as they travel, one after the other in one buffer, the widest first. */
    private record Gradients(Tensor all, Tensor dk, Tensor dv, Tensor dq) {}

    private List<Gradients> gradients(IntFunction<Gradients> slot) {
        return IntStream.range(0, plan.ulyssesDegree()).mapToObj(slot).toList();
    }

    /** Of own heads, for the rows of {@code member}. */
    private Gradients homeward(int member) {
        int self = plan.ulysses();
        return gradients(plan.queryRows(member), plan.keyRows(member), self);
    }

    /** Of the heads of {@code member}, for own rows. */
    private Gradients arriving(int member) {
        int self = plan.ulysses();
        return gradients(plan.queryRows(self), plan.keyRows(self), member);
    }

    private Gradients gradients(int queryRows, int keyRows, int computedBy) {
        int queryColumns = columns(plan.heads().queryHeads(computedBy), dims.key());
        int keyColumns = columns(plan.heads().kvHeads(computedBy), dims.key());
        int valueColumns = columns(plan.heads().kvHeads(computedBy), dims.value());
        DType kvType = plan.heads().replicatesKvHeads() ? DType.F32 : wire.type();
        long keyBytes = (long) keyRows * keyColumns * kvType.sizeBytes();
        long valueBytes = (long) keyRows * valueColumns * kvType.sizeBytes();
        long queryBytes = (long) queryRows * queryColumns * wire.type().sizeBytes();
        Tensor all = ws.scratch().allocate(DType.U8, Math.toIntExact(keyBytes + valueBytes + queryBytes));
        return new Gradients(
                all,
                Tensor.of(all.segment().asSlice(0, keyBytes), kvType, keyRows, keyColumns),
                Tensor.of(all.segment().asSlice(keyBytes, valueBytes), kvType, keyRows, valueColumns),
                Tensor.of(
                        all.segment().asSlice(keyBytes + valueBytes, queryBytes),
                        wire.type(),
                        queryRows,
                        queryColumns));
    }

    private void copy(Tensor source, Tensor target, int row) {
        ws.kernels().elementwise().copy(source, target.slice(row, row + source.rows()));
    }

    private int queryColumn(int member, int dim) {
        return plan.heads().queryHeads(member).from() * dim;
    }

    private int kvColumn(int member, int dim) {
        return plan.heads().kvHeads(member).from() * dim;
    }

    private static int columns(Span heads, int dim) {
        return heads.size() * dim;
    }
}
