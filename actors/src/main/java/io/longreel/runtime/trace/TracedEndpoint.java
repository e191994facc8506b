package io.longreel.runtime.trace;

import io.longreel.runtime.trace.TraceLog.Kind;
import io.longreel.transport.Communicator;
import io.longreel.transport.ForwardingCommunicator;
import io.longreel.transport.ForwardingEndpoint;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.Transfer;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** An endpoint whose exchanges are on the timeline: the calls that wait, and transfers from their start to their end. */
final class TracedEndpoint extends ForwardingEndpoint {
    private final StepTrace trace;

    TracedEndpoint(RankEndpoint real, StepTrace trace) {
        super(real);
        this.trace = trace;
    }

    @Override
    public Communicator communicator(List<Integer> group) {
        return new TracedCommunicator(super.communicator(group), trace);
    }

    private static final class TracedCommunicator extends ForwardingCommunicator {
        private final StepTrace trace;

        TracedCommunicator(Communicator real, StepTrace trace) {
            super(real);
            this.trace = trace;
        }

        @Override
        public void allToAllV(List<MemorySegment> send, List<MemorySegment> receive) {
            exchange("all-to-all", () -> bytes(send), () -> super.allToAllV(send, receive));
        }

        @Override
        public Transfer startSendReceive(MemorySegment send, int to, MemorySegment receive, int from) {
            return started("send-receive", send::byteSize, () -> super.startSendReceive(send, to, receive, from));
        }

        @Override
        public Transfer startAllGatherV(MemorySegment own, List<MemorySegment> receive) {
            return started("all-gather", own::byteSize, () -> super.startAllGatherV(own, receive));
        }

        @Override
        public void reduceScatterSum(MemorySegment input, long[] offsets, MemorySegment own) {
            exchange("reduce-scatter", input::byteSize, () -> super.reduceScatterSum(input, offsets, own));
        }

        @Override
        public Transfer startReduceScatterSum(
                MemorySegment input, long[] offsets, MemorySegment landing, MemorySegment own) {
            return started(
                    "reduce-scatter", input::byteSize, () -> super.startReduceScatterSum(input, offsets, landing, own));
        }

        @Override
        public void allReduceSum(double[] values) {
            exchange("all-reduce", () -> (long) values.length * Double.BYTES, () -> super.allReduceSum(values));
        }

        @Override
        public void barrier() {
            exchange("barrier", () -> 0, super::barrier);
        }

        private void exchange(String name, LongSupplier bytes, Runnable work) {
            long startNs = trace.begin();
            work.run();
            trace.end(Kind.EXCHANGE, name, () -> sent(bytes), startNs);
        }

        /** Starting takes a while of its own: on a direct link it copies what the other side waits for. */
        private Transfer started(String name, LongSupplier bytes, Supplier<Transfer> start) {
            long startNs = trace.begin();
            Transfer transfer = start.get();
            trace.end(Kind.EXCHANGE, "start " + name, () -> sent(bytes), startNs);
            return trace.isRecording() ? new TracedTransfer(name, () -> sent(bytes), startNs, transfer) : transfer;
        }

        private String sent(LongSupplier bytes) {
            return "%d B sent, ranks %s".formatted(bytes.getAsLong(), group());
        }

        private static long bytes(List<MemorySegment> segments) {
            return segments.stream().mapToLong(MemorySegment::byteSize).sum();
        }

        private final class TracedTransfer implements Transfer {
            private final String name;
            private final Supplier<String> detail;
            private final long startNs;
            private final Transfer transfer;
            private boolean isOver;

            TracedTransfer(String name, Supplier<String> detail, long startNs, Transfer transfer) {
                this.name = name;
                this.detail = detail;
                this.startNs = startNs;
                this.transfer = transfer;
            }

            @Override
            public void await() {
                long waitNs = trace.begin();
                transfer.await();
                if (!isOver) {
                    isOver = true;
                    trace.end(Kind.EXCHANGE, "await " + name, detail, waitNs);
                    trace.end(Kind.IN_FLIGHT, name, detail, startNs);
                }
            }
        }
    }
}
