package io.longreel.transport;

import io.longreel.transport.frame.MessageTag;
import io.longreel.transport.frame.OpKind;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;

/**
 * The collectives, once, over whatever links the endpoint has. All of them are direct: each member exchanges with each other member in one
 * step, because meshes are small and a step costs a hand-over between threads. Only a gather takes a second step where nodes have several members,
 * which saves sending the same bytes to a node more than once. Peers are served starting after the own index, so that not
 * all members write to the same one first.
 */
final class GroupCommunicator implements Communicator {
    /** Floats of a piece that travel as one message of a reduction; two such messages per member are in flight. */
    static final long REDUCE_CHUNK = 64 * 1024;

    private final LinkedEndpoint endpoint;
    private final List<Integer> group;
    private final GroupSites sites;
    private final int index;
    private final int groupTag;
    private int operations;

    GroupCommunicator(LinkedEndpoint endpoint, List<Integer> group, GroupSites sites, int groupTag) {
        this.endpoint = endpoint;
        this.group = group;
        this.sites = sites;
        this.index = group.indexOf(endpoint.rank());
        this.groupTag = groupTag;
    }

    @Override
    public List<Integer> group() {
        return group;
    }

    @Override
    public int index() {
        return index;
    }

    @Override
    public void allToAllV(List<MemorySegment> send, List<MemorySegment> receive) {
        checkSlots("send", send);
        checkSlots("receive", receive);
        checkOwnSlot(send.get(index), receive.get(index));
        Exchange exchange = begin(OpKind.ALL_TO_ALL);
        for (int step = 1; step < size(); step++) {
            int peer = after(step);
            exchange.receive(group.get(peer), receive.get(peer));
        }
        for (int step = 1; step < size(); step++) {
            int peer = after(step);
            exchange.send(group.get(peer), send.get(peer));
        }
        copyOwn(send.get(index), receive.get(index));
        exchange.await();
    }

    @Override
    public Transfer startSendReceive(MemorySegment send, int to, MemorySegment receive, int from) {
        checkMember(to);
        checkMember(from);
        Exchange exchange = begin(OpKind.SEND_RECEIVE);
        if (to == index || from == index) {
            if (to != from) {
                throw new IllegalArgumentException(
                        "a member sends to itself only what it receives from itself: index=%d to=%d from=%d"
                                .formatted(index, to, from));
            }
            checkOwnSlot(send, receive);
            copyOwn(send, receive);
            return exchange;
        }
        exchange.receive(group.get(from), receive);
        exchange.send(group.get(to), send);
        return exchange;
    }

    @Override
    public Transfer startAllGatherV(MemorySegment own, List<MemorySegment> receive) {
        checkSlots("receive", receive);
        checkOwnSlot(own, receive.get(index));
        MessageTag tag = nextTag(OpKind.ALL_GATHER);
        Exchange first = new Exchange(endpoint, tag);
        for (int step = 1; step < size(); step++) {
            int peer = after(step);
            if (sites.together(peer, index) || sites.relay(peer, index) == index) {
                first.receive(group.get(peer), receive.get(peer));
            }
        }
        for (int step = 1; step < size(); step++) {
            int peer = after(step);
            if (sites.together(peer, index) || sites.relay(index, peer) == peer) {
                first.send(group.get(peer), own);
            }
        }
        copyOwn(own, receive.get(index));
        return new Followed(first, () -> passOn(tag, receive));
    }

    /** Messages in flight, and what is left to do once they have arrived. */
    private static final class Followed implements Transfer {
        private final Exchange first;
        private final Runnable rest;
        private boolean awaited;

        Followed(Exchange first, Runnable rest) {
            this.first = first;
            this.rest = rest;
        }

        @Override
        public void await() {
            if (!awaited) {
                first.await();
                rest.run();
                awaited = true;
            }
        }
    }

    /** Second step of a gather over nodes: each piece that came over the network goes from its relay to the others of the node. */
    private void passOn(MessageTag tag, List<MemorySegment> receive) {
        Exchange second = new Exchange(endpoint, tag);
        for (int from = 0; from < size(); from++) {
            if (!sites.together(from, index)) {
                int relay = sites.relay(from, index);
                if (relay != index) {
                    second.receive(group.get(relay), receive.get(from));
                }
            }
        }
        for (int from = 0; from < size(); from++) {
            if (!sites.together(from, index) && sites.relay(from, index) == index) {
                for (int step = 1; step < size(); step++) {
                    int peer = after(step);
                    if (sites.together(peer, index)) {
                        second.send(group.get(peer), receive.get(from));
                    }
                }
            }
        }
        second.await();
    }

    @Override
    public void reduceScatterSum(MemorySegment input, long[] offsets, MemorySegment own) {
        checkPieces(input, offsets, own);
        MessageTag tag = nextTag(OpKind.REDUCE_SCATTER);
        if (size() == 1) {
            copyOwn(input.asSlice(offsets[0] * Float.BYTES, own.byteSize()), own);
            return;
        }
        Exchange outbound = new Exchange(endpoint, tag);
        MemorySegment staging = endpoint.staging().borrow(2L * size() * REDUCE_CHUNK * Float.BYTES);
        long elements = offsets[index + 1] - offsets[index];
        Exchange current = receiveChunk(tag, staging, elements, 0);
        for (int step = 1; step < size(); step++) {
            sendPiece(outbound, input, offsets, after(step));
        }
        for (long start = 0; start < elements; start += REDUCE_CHUNK) {
            Exchange next = receiveChunk(tag, staging, elements, start + REDUCE_CHUNK);
            current.await();
            sumChunk(input, offsets[index], staging, own, elements, start);
            current = next;
        }
        outbound.await();
    }

    @Override
    public Transfer startReduceScatterSum(
            MemorySegment input, long[] offsets, MemorySegment landing, MemorySegment own) {
        checkPieces(input, offsets, own);
        long landingBytes = Communicator.landingElements(own.byteSize(), size());
        if (landing.byteSize() < landingBytes) {
            throw new IllegalArgumentException(
                    "the pieces of all other members must fit the landing: bytes=%d needed=%d"
                            .formatted(landing.byteSize(), landingBytes));
        }
        Exchange exchange = begin(OpKind.REDUCE_SCATTER);
        MemorySegment[] terms = new MemorySegment[size()];
        terms[index] = piece(input, offsets, index);
        for (int step = 1; step < size(); step++) {
            int peer = after(step);
            terms[peer] = landing.asSlice((step - 1) * own.byteSize(), own.byteSize());
            exchange.receive(group.get(peer), terms[peer]);
        }
        for (int step = 1; step < size(); step++) {
            int peer = after(step);
            exchange.send(group.get(peer), piece(input, offsets, peer));
        }
        return new Followed(exchange, () -> endpoint.sum().sum(terms, own, own.byteSize() / Float.BYTES));
    }

    private static MemorySegment piece(MemorySegment input, long[] offsets, int member) {
        return input.asSlice(offsets[member] * Float.BYTES, (offsets[member + 1] - offsets[member]) * Float.BYTES);
    }

    @Override
    public void allReduceSum(double[] values) {
        Exchange exchange = begin(OpKind.ALL_REDUCE);
        if (size() == 1) {
            return;
        }
        long rowBytes = (long) values.length * Double.BYTES;
        MemorySegment staging = endpoint.staging().borrow(rowBytes * size());
        MemorySegment own = staging.asSlice(index * rowBytes, rowBytes);
        MemorySegment.copy(values, 0, own, ValueLayout.JAVA_DOUBLE, 0, values.length);
        for (int step = 1; step < size(); step++) {
            int peer = after(step);
            exchange.receive(group.get(peer), staging.asSlice(peer * rowBytes, rowBytes));
        }
        for (int step = 1; step < size(); step++) {
            exchange.send(group.get(after(step)), own);
        }
        exchange.await();
        for (int i = 0; i < values.length; i++) {
            double total = staging.getAtIndex(ValueLayout.JAVA_DOUBLE, i);
            for (long member = 1; member < size(); member++) {
                total += staging.getAtIndex(ValueLayout.JAVA_DOUBLE, member * values.length + i);
            }
            values[i] = total;
        }
    }

    @Override
    public void barrier() {
        Exchange exchange = begin(OpKind.BARRIER);
        for (int step = 1; step < size(); step++) {
            exchange.signalTo(group.get(after(step)));
        }
        exchange.await();
    }

    @Override
    public void poll() {
        endpoint.waiter().poll();
    }

    private Exchange begin(OpKind kind) {
        return new Exchange(endpoint, nextTag(kind));
    }

    private MessageTag nextTag(OpKind kind) {
        endpoint.waiter().begin();
        return new MessageTag(kind, groupTag, operations++);
    }

    private int after(int step) {
        return (index + step) % size();
    }

    /** Expects the elements from {@code start} of the own piece from every other member; nothing when the piece ends before. */
    private Exchange receiveChunk(MessageTag tag, MemorySegment staging, long elements, long start) {
        Exchange exchange = new Exchange(endpoint, tag);
        long length = Math.min(REDUCE_CHUNK, elements - start);
        for (int step = 1; step < size() && length > 0; step++) {
            int peer = after(step);
            exchange.receive(group.get(peer), staged(staging, peer, start, length));
        }
        return exchange;
    }

    private void sendPiece(Exchange outbound, MemorySegment input, long[] offsets, int peer) {
        for (long start = offsets[peer]; start < offsets[peer + 1]; start += REDUCE_CHUNK) {
            long length = Math.min(REDUCE_CHUNK, offsets[peer + 1] - start);
            outbound.send(group.get(peer), input.asSlice(start * Float.BYTES, length * Float.BYTES));
        }
    }

    private void sumChunk(
            MemorySegment input, long pieceStart, MemorySegment staging, MemorySegment own, long elements, long start) {
        long length = Math.min(REDUCE_CHUNK, elements - start);
        MemorySegment[] terms = new MemorySegment[size()];
        for (int member = 0; member < size(); member++) {
            terms[member] = member == index
                    ? input.asSlice((pieceStart + start) * Float.BYTES, length * Float.BYTES)
                    : staged(staging, member, start, length);
        }
        endpoint.sum().sum(terms, own.asSlice(start * Float.BYTES, length * Float.BYTES), length);
    }

    /** The two chunks in flight of a member lie in its two slots in turn. */
    private MemorySegment staged(MemorySegment staging, int member, long start, long length) {
        long slot = 2L * member + (start / REDUCE_CHUNK) % 2;
        return staging.asSlice(slot * REDUCE_CHUNK * Float.BYTES, length * Float.BYTES);
    }

    private void checkSlots(String name, List<MemorySegment> slots) {
        if (slots.size() != size()) {
            throw new IllegalArgumentException(
                    "one segment per member is needed: %s=%d members=%d".formatted(name, slots.size(), size()));
        }
    }

    private void checkMember(int member) {
        if (member < 0 || member >= size()) {
            throw new IllegalArgumentException(
                    "peer must be an index in the group: peer=%d members=%d".formatted(member, size()));
        }
    }

    private static void checkOwnSlot(MemorySegment from, MemorySegment to) {
        if (from.byteSize() != to.byteSize()) {
            throw new IllegalArgumentException("own slot must have one size: sendBytes=%d receiveBytes=%d"
                    .formatted(from.byteSize(), to.byteSize()));
        }
    }

    private void checkPieces(MemorySegment input, long[] offsets, MemorySegment own) {
        boolean ascending = offsets.length == size() + 1 && offsets[0] >= 0;
        for (int i = 0; ascending && i < size(); i++) {
            ascending = offsets[i] <= offsets[i + 1];
        }
        if (!ascending) {
            throw new IllegalArgumentException("offsets must ascend, one more than members: offsets=%s members=%d"
                    .formatted(Arrays.toString(offsets), size()));
        }
        long ownBytes = (offsets[index + 1] - offsets[index]) * Float.BYTES;
        if (input.byteSize() < offsets[size()] * Float.BYTES || own.byteSize() != ownBytes) {
            throw new IllegalArgumentException(
                    "input must reach the last offset and own must fit its piece: inputBytes=%d lastOffset=%d ownBytes=%d expectedOwnBytes=%d"
                            .formatted(input.byteSize(), offsets[size()], own.byteSize(), ownBytes));
        }
    }

    private static void copyOwn(MemorySegment from, MemorySegment to) {
        if (!from.equals(to)) {
            MemorySegment.copy(from, 0, to, 0, from.byteSize());
        }
    }
}
