package io.longreel.chaos.fault;

import io.longreel.config.ChaosSettings.Phase;
import io.longreel.transport.Communicator;
import io.longreel.transport.ForwardingCommunicator;
import io.longreel.transport.LinkCounters;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.Transfer;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** An endpoint whose exchanges are places at which faults strike. The rank's compute thread's own, except for the abort. */
final class StruckEndpoint implements RankEndpoint {
    private final RankEndpoint real;
    private final RankFaults faults;

    StruckEndpoint(RankEndpoint real, RankFaults faults) {
        this.real = real;
        this.faults = faults;
    }

    @Override
    public int rank() {
        return real.rank();
    }

    @Override
    public int generation() {
        return real.generation();
    }

    @Override
    public Communicator communicator(List<Integer> group) {
        return new StruckCommunicator(real.communicator(group), faults);
    }

    @Override
    public void abort(String reason) {
        real.abort(reason);
    }

    @Override
    public LinkCounters counters() {
        return real.counters();
    }

    @Override
    public long progress() {
        return real.progress();
    }

    @Override
    public long waitedNs() {
        return real.waitedNs();
    }

    @Override
    public void close() {
        real.close();
    }

    /** All-to-alls are struck before they begin, while the others wait inside; a ring is struck with its block in flight. */
    private static final class StruckCommunicator extends ForwardingCommunicator {
        private final RankFaults faults;

        StruckCommunicator(Communicator real, RankFaults faults) {
            super(real);
            this.faults = faults;
        }

        @Override
        public void allToAllV(List<MemorySegment> send, List<MemorySegment> receive) {
            faults.reached(Phase.ALL_TO_ALL, List.of());
            super.allToAllV(send, receive);
        }

        @Override
        public Transfer startSendReceive(MemorySegment send, int to, MemorySegment receive, int from) {
            Transfer transfer = super.startSendReceive(send, to, receive, from);
            faults.reached(Phase.RING, List.of());
            return transfer;
        }
    }
}
