package io.longreel.transport.fault;

import io.longreel.config.LinkLimits;
import io.longreel.config.LinkLimits.Limit;
import io.longreel.config.topology.Placement;
import io.longreel.transport.frame.FrameHeader;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Links of a given bandwidth and latency: a frame is held back until it would have arrived. Each ordered pair of ranks has a link of its own, on which
 * frames are sent one after the other; a message arrives a latency after its last byte was sent. What the real link takes comes on top, and a sender
 * that computes without polling lets nothing through meanwhile. Each pair is its sender's thread's own.
 */
public final class SlowLinks implements LinkFault {
    private record Pair(int source, int target) {}

    /** One link, in one direction. */
    private static final class Line {
        private long sequence = -1;
        private long freeNs;
        private long dueNs;
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
    public Action onFrame(int generation, int source, int target, long sequence) {
        return inner.onFrame(generation, source, target, sequence);
    }

    @Override
    public Action onFrame(FrameHeader frame) {
        int source = frame.route().source();
        int target = frame.route().target();
        Limit limit = isLocal(source, target) ? limits.intraNode() : limits.interNode();
        Line line = lines.computeIfAbsent(new Pair(source, target), pair -> new Line());
        long nowNs = clockNs.getAsLong();
        if (line.sequence != frame.sequence()) {
            boolean follows = frame.messageOffset() > 0; // it was there before: the line goes on with it at once
            boolean isIdle = line.sequence < 0 || nowNs - line.freeNs > 0;
            long startNs = isIdle && !follows ? nowNs : line.freeNs;
            line.sequence = frame.sequence();
            line.freeNs = startNs + limit.sendingNs(frame.payloadBytes());
            line.dueNs = line.freeNs + limit.latency().toNanos();
        }
        return nowNs - line.dueNs < 0 ? Action.HOLD : inner.onFrame(frame);
    }

    private boolean isLocal(int source, int target) {
        return placement.site(source).nodeId().equals(placement.site(target).nodeId());
    }
}
