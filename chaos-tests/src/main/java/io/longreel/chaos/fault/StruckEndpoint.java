package io.longreel.chaos.fault;

import io.longreel.config.ChaosSettings.Phase;
import io.longreel.transport.Communicator;
import io.longreel.transport.ForwardingCommunicator;
import io.longreel.transport.ForwardingEndpoint;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.Transfer;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** An endpoint whose exchanges are places at which faults strike. The rank's compute thread's own, except for the abort. */
final class StruckEndpoint extends ForwardingEndpoint {
    private final RankFaults faults;

    StruckEndpoint(RankEndpoint real, RankFaults faults) {
        super(real);
        this.faults = faults;
    }

    @Override
    public Communicator communicator(List<Integer> group) {
        return new StruckCommunicator(super.communicator(group), faults);
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
