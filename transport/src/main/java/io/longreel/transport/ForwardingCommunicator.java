package io.longreel.transport;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Hands every exchange on to another communicator; who extends it watches or disturbs some of them. A gather is always a started one that is
 * awaited, so that whoever looks at {@link #startAllGatherV} sees all gathers.
 */
public abstract class ForwardingCommunicator implements Communicator {
    private final Communicator real;

    protected ForwardingCommunicator(Communicator real) {
        this.real = real;
    }

    @Override
    public List<Integer> group() {
        return real.group();
    }

    @Override
    public int index() {
        return real.index();
    }

    @Override
    public void allToAllV(List<MemorySegment> send, List<MemorySegment> receive) {
        real.allToAllV(send, receive);
    }

    @Override
    public Transfer startSendReceive(MemorySegment send, int to, MemorySegment receive, int from) {
        return real.startSendReceive(send, to, receive, from);
    }

    @Override
    public Transfer startAllGatherV(MemorySegment own, List<MemorySegment> receive) {
        return real.startAllGatherV(own, receive);
    }

    @Override
    public void reduceScatterSum(MemorySegment input, long[] offsets, MemorySegment own) {
        real.reduceScatterSum(input, offsets, own);
    }

    @Override
    public Transfer startReduceScatterSum(
            MemorySegment input, long[] offsets, MemorySegment landing, MemorySegment own) {
        return real.startReduceScatterSum(input, offsets, landing, own);
    }

    @Override
    public void allReduceSum(double[] values) {
        real.allReduceSum(values);
    }

    @Override
    public void barrier() {
        real.barrier();
    }

    @Override
    public void poll() {
        real.poll();
    }
}
