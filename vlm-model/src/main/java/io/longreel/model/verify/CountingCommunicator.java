package io.longreel.model.verify;

import io.longreel.transport.Communicator;
import io.longreel.transport.ForwardingCommunicator;
import io.longreel.transport.Transfer;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Counts the payload bytes that leave this rank; what stays on it does not count. One rank's thread. */
final class CountingCommunicator extends ForwardingCommunicator {
    private long sentBytes;

    CountingCommunicator(Communicator real) {
        super(real);
    }

    /** Bytes sent since the last call. */
    long takeSentBytes() {
        long taken = sentBytes;
        sentBytes = 0;
        return taken;
    }

    @Override
    public void allToAllV(List<MemorySegment> send, List<MemorySegment> receive) {
        for (int member = 0; member < send.size(); member++) {
            sent(send.get(member).byteSize(), member);
        }
        super.allToAllV(send, receive);
    }

    @Override
    public Transfer startSendReceive(MemorySegment send, int to, MemorySegment receive, int from) {
        sent(send.byteSize(), to);
        return super.startSendReceive(send, to, receive, from);
    }

    @Override
    public Transfer startAllGatherV(MemorySegment own, List<MemorySegment> receive) {
        for (int member = 0; member < size(); member++) {
            sent(own.byteSize(), member);
        }
        return super.startAllGatherV(own, receive);
    }

    @Override
    public void reduceScatterSum(MemorySegment input, long[] offsets, MemorySegment own) {
        countPieces(offsets);
        super.reduceScatterSum(input, offsets, own);
    }

    @Override
    public Transfer startReduceScatterSum(
            MemorySegment input, long[] offsets, MemorySegment landing, MemorySegment own) {
        countPieces(offsets);
        return super.startReduceScatterSum(input, offsets, landing, own);
    }

    @Override
    public void allReduceSum(double[] values) {
        for (int member = 0; member < size(); member++) {
            sent((long) values.length * Double.BYTES, member);
        }
        super.allReduceSum(values);
    }

    private void countPieces(long[] offsets) {
        for (int member = 0; member < size(); member++) {
            sent((offsets[member + 1] - offsets[member]) * Float.BYTES, member);
        }
    }

    private void sent(long bytes, int member) {
        if (member != index()) {
            sentBytes += bytes;
        }
    }
}
