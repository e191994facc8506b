package io.longreel.transport.fault;

import io.longreel.config.LinkLimits;
import io.longreel.config.LinkLimits.Limit;
import io.longreel.config.topology.Placement;
import io.longreel.transport.frame.FrameHeader;
import io.longreel.transport.frame.Route;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Links of a given bandwidth and latency. Each ordered pair of ranks has a line of its own, on which messages are sent one after the other from when
 * they were posted; a byte arrives a latency after it was sent, and its frame is held back until then. What the real link takes comes on top: a
 * sender that computes without polling lets nothing through, and one that waits looks every 50 to 200 us. Each line is its sender's thread's own.
 */
public final class SlowLinks implements LinkFault {
    private record Pair(int source, int target) {}

    /** One link, in one direction. */
    private static final class Line {
        private final Limit limit;
        /** When the sending of each posted message begins that has not begun to arrive. */
        private final Queue<Long> startsNs = new ArrayDeque<>();

        private long freeNs;
        private boolean hasSent;
        private long sequence = -1;
        private long startNs;

        Line(Limit limit) {
            this.limit = limit;
        }

        void post(long bytes, long nowNs) {
            long begins = hasSent && freeNs - nowNs > 0 ? freeNs : nowNs;
            startsNs.add(begins);
            freeNs = begins + limit.sendingNs(bytes);
            hasSent = true;
        }

        /** When a frame has arrived. */
        long dueNs(FrameHeader frame) {
            if (frame.messageOffset() == 0 && frame.sequence() != sequence) {
                startNs = startsNs.remove();
            }
            sequence = frame.sequence();
            long sentBytes = frame.messageOffset() + frame.payloadBytes();
            return startNs + limit.sendingNs(sentBytes) + limit.latency().toNanos();
        }
    }

    private final LinkFault inner;
    private final LinkLimits limits;
    private final Placement placement;
    private final LongSupplier clockNs;
    private final Map<Pair, Line> lines = new ConcurrentHashMap<>();

    private SlowLinks(LinkFault inner, LinkLimits limits, Placement placement, LongSupplier clockNs) {
        this.inner = inner;
        this.limits = limits;
        this.placement = placement;
        this.clockNs = clockNs;
    }

    /** The fault itself where nothing is limited. */
    public static LinkFault around(LinkFault inner, LinkLimits limits, Placement placement, LongSupplier clockNs) {
        return limits.isNone() ? inner : new SlowLinks(inner, limits, placement, clockNs);
    }

    @Override
    public void onMessage(Route route, long bytes) {
        line(route).post(bytes, clockNs.getAsLong());
        inner.onMessage(route, bytes);
    }

    @Override
    public Action onFrame(FrameHeader frame) {
        boolean isOnItsWay = clockNs.getAsLong() - line(frame.route()).dueNs(frame) < 0;
        return isOnItsWay ? Action.HOLD : inner.onFrame(frame);
    }

    @Override
    public Action onFrame(int generation, int source, int target, long sequence) {
        return inner.onFrame(generation, source, target, sequence);
    }

    private Line line(Route route) {
        return lines.computeIfAbsent(
                new Pair(route.source(), route.target()), pair -> new Line(limit(pair.source(), pair.target())));
    }

    private Limit limit(int source, int target) {
        boolean isLocal =
                placement.site(source).nodeId().equals(placement.site(target).nodeId());
        return isLocal ? limits.intraNode() : limits.interNode();
    }
}
