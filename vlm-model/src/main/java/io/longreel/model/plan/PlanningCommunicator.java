package io.longreel.model.plan;

import io.longreel.transport.Communicator;
import io.longreel.transport.Transfer;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** A member of a group that exchanges nothing. */
record PlanningCommunicator(List<Integer> group, int index) implements Communicator {

    /** The place of {@code rank} in {@code group}. */
    static PlanningCommunicator of(List<Integer> group, int rank) {
        return new PlanningCommunicator(group, group.indexOf(rank));
    }

    @Override
    public void allToAllV(List<MemorySegment> send, List<MemorySegment> receive) {}

    @Override
    public Transfer startSendReceive(MemorySegment send, int to, MemorySegment receive, int from) {
        return () -> {};
    }

    @Override
    public Transfer startAllGatherV(MemorySegment own, List<MemorySegment> receive) {
        return () -> {};
    }

    @Override
    public void reduceScatterSum(MemorySegment input, long[] offsets, MemorySegment own) {}

    @Override
    public Transfer startReduceScatterSum(
            MemorySegment input, long[] offsets, MemorySegment landing, MemorySegment own) {
        return () -> {};
    }

    @Override
    public void allReduceSum(double[] values) {}

    @Override
    public void barrier() {}

    @Override
    public void poll() {}
}
