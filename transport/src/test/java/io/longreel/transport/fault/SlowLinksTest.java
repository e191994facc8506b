package io.longreel.transport.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.LinkLimits;
import io.longreel.config.LinkLimits.Limit;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.config.topology.Placement.RankSite;
import io.longreel.transport.Communicator;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankThreads;
import io.longreel.transport.fault.LinkFault.Action;
import io.longreel.transport.frame.FrameHeader;
import io.longreel.transport.frame.MessageTag;
import io.longreel.transport.frame.OpKind;
import io.longreel.transport.frame.Route;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SlowLinksTest {
    private static final long MIB = 1 << 20;
    /** A byte per nanosecond and 100 ns inside a node; a tenth of that, and 1000 ns, between nodes. */
    private static final LinkLimits LIMITS = new LinkLimits(
            new Limit(1_000_000_000, Duration.ofNanos(100)), new Limit(100_000_000, Duration.ofNanos(1000)));

    private final AtomicLong nowNs = new AtomicLong(-50);

    private static Placement twoNodes() {
        return new Placement(
                1,
                new Mesh(1, 2, 2),
                IntStream.range(0, 4)
                        .mapToObj(rank -> new RankSite(rank, "node-" + rank / 2, "process-" + rank / 2, "", ""))
                        .toList());
    }

    private LinkFault slow(LinkFault inner) {
        return SlowLinks.around(inner, LIMITS, twoNodes(), nowNs::get);
    }

    private static FrameHeader frame(int target, long sequence, long offset, long bytes) {
        return new FrameHeader(
                to(target),
                sequence,
                new MessageTag(OpKind.ALL_TO_ALL, 0, 0),
                4 * MIB,
                offset,
                bytes,
                FrameHeader.INLINE);
    }

    private static Route to(int target) {
        return new Route(7, 1, 0, target);
    }

    private long arrivalNs(LinkFault fault, FrameHeader frame) {
        while (fault.onFrame(frame) == Action.HOLD) {
            nowNs.incrementAndGet();
        }
        return nowNs.get();
    }

    @Test
    void shouldHoldAFrameForItsSendingAndTheLatency() {
        LinkFault fault = slow(LinkFault.NONE);
        fault.onMessage(to(1), 300);
        assertEquals(-50 + 300 + 100, arrivalNs(fault, frame(1, 0, 0, 300)));
    }

    @Test
    void shouldTakeLongerBetweenNodes() {
        LinkFault fault = slow(LinkFault.NONE);
        fault.onMessage(to(2), 300);
        assertEquals(-50 + 3000 + 1000, arrivalNs(fault, frame(2, 0, 0, 300)));
    }

    @Test
    void shouldPayTheLatencyOncePerMessage() {
        LinkFault fault = slow(LinkFault.NONE);
        fault.onMessage(to(1), 300);
        assertEquals(-50 + 200, arrivalNs(fault, frame(1, 0, 0, 100)));
        assertEquals(-50 + 300, arrivalNs(fault, frame(1, 1, 100, 100)));
        assertEquals(-50 + 400, arrivalNs(fault, frame(1, 2, 200, 100)));
    }

    @Test
    void shouldSendOneMessageBehindTheOtherWithoutWaitingForItsArrival() {
        LinkFault fault = slow(LinkFault.NONE);
        fault.onMessage(to(1), 100);
        fault.onMessage(to(1), 100);
        assertEquals(-50 + 200, arrivalNs(fault, frame(1, 0, 0, 100)));
        assertEquals(-50 + 300, arrivalNs(fault, frame(1, 1, 0, 100)));
        nowNs.addAndGet(1000);
        fault.onMessage(to(1), 100);
        assertEquals(-50 + 300 + 1000 + 200, arrivalNs(fault, frame(1, 2, 0, 100)));
    }

    @Test
    void shouldGiveEachPairALinkOfItsOwn() {
        LinkFault fault = slow(LinkFault.NONE);
        fault.onMessage(to(2), MIB);
        fault.onMessage(to(1), 100);
        assertEquals(Action.HOLD, fault.onFrame(frame(2, 0, 0, MIB)));
        assertEquals(-50 + 200, arrivalNs(fault, frame(1, 0, 0, 100)));
    }

    @Test
    void shouldAskTheInnerFaultOnceTheFrameIsDue() {
        LinkFault fault = slow((generation, source, target, sequence) -> Action.DROP);
        fault.onMessage(to(1), 100);
        assertEquals(Action.HOLD, fault.onFrame(frame(1, 0, 0, 100)));
        nowNs.addAndGet(200);
        assertEquals(Action.DROP, fault.onFrame(frame(1, 0, 0, 100)));
    }

    @Test
    void shouldStayOutOfTheWayWhereNothingIsLimited() {
        assertSame(LinkFault.NONE, SlowLinks.around(LinkFault.NONE, LinkLimits.NONE, twoNodes(), nowNs::get));
    }

    /** On real time: what is limited takes at least as long as the limit says, and arrives unharmed. */
    @Test
    void shouldSlowARealTransportDown() {
        LinkLimits limits = new LinkLimits(Limit.NONE, new Limit(100 * MIB, Duration.ofMillis(2)));
        LinkFault fault = SlowLinks.around(LinkFault.NONE, limits, twoNodes(), System::nanoTime);
        try (InProcessTransport transport =
                InProcessTransport.open(twoNodes(), Duration.ofSeconds(60), fault, System::nanoTime)) {
            List<Long> each = RankThreads.run(transport.endpoints(), endpoint -> {
                Communicator all = endpoint.communicator(List.of(0, 1, 2, 3));
                MemorySegment send = Arena.ofAuto().allocate(MIB);
                send.set(ValueLayout.JAVA_LONG, 0, 40 + endpoint.rank());
                MemorySegment receive = Arena.ofAuto().allocate(MIB);
                int across = (all.index() + 2) % 4;
                long startNs = System.nanoTime();
                all.startSendReceive(send, across, receive, across).await();
                assertEquals(40 + across, receive.get(ValueLayout.JAVA_LONG, 0));
                return System.nanoTime() - startNs;
            });
            each.forEach(ns -> assertTrue(ns >= Duration.ofMillis(12).toNanos(), "1 MiB at 100 MiB/s took ns=" + ns));
        }
    }
}
