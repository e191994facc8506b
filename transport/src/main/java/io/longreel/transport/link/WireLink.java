package io.longreel.transport.link;

import io.longreel.config.RuntimeFailure;
import io.longreel.transport.fault.LinkFault;
import io.longreel.transport.frame.DamagedFrame;
import io.longreel.transport.frame.FrameChecksum;
import io.longreel.transport.frame.FrameFaults;
import io.longreel.transport.frame.FrameHeader;
import io.longreel.transport.frame.InboundCheck;
import io.longreel.transport.frame.Route;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * A link that cuts messages into checked frames, over any port. Frames that come in while no message is expected stay on the wire, which
 * holds the sender back; nothing is buffered here. Methods hold the link's own lock, which is free but for a close from another thread: no
 * port is used after it was closed.
 */
final class WireLink implements Link {
    /** Frames of one link before the others have their turn. */
    private static final int FRAMES_PER_POLL = 32;

    private final Route route;
    private final Carrier carrier;
    private final FramePort port;
    private final LinkFault fault;
    private final InboundCheck check;
    private final FrameChecksum checksum = new FrameChecksum();
    private final FramePort.FrameHandler handler = this::onFrame;
    private final Queue<Message> sends = new ArrayDeque<>();
    private final Queue<Message> receives = new ArrayDeque<>();
    private long sequence;
    private LinkFault.@Nullable Action decided;
    private @Nullable String cut;
    private boolean closed;

    /** @param route from this rank to the peer */
    WireLink(Route route, Carrier carrier, FramePort port, LinkFault fault) {
        this.route = route;
        this.carrier = carrier;
        this.port = port;
        this.fault = fault;
        this.check = new InboundCheck(route.back());
    }

    @Override
    public int peer() {
        return route.target();
    }

    @Override
    public Carrier carrier() {
        return carrier;
    }

    @Override
    public synchronized void post(Message send) {
        fault.onMessage(route, send.sizeBytes());
        sends.add(send);
        pump();
    }

    @Override
    public synchronized void expect(Message receive) {
        receives.add(receive);
    }

    @Override
    public synchronized int poll() {
        int moved = pump();
        if (!receives.isEmpty() && !unusable()) {
            moved += take();
        }
        return moved;
    }

    @Override
    public synchronized boolean connected() {
        return !unusable() && port.connected();
    }

    @Override
    public synchronized @Nullable String broken() {
        boolean pending = !sends.isEmpty() || !receives.isEmpty();
        if (!pending) {
            return null;
        }
        if (cut != null) {
            return cut;
        }
        if (closed) {
            return "link to rank %d was closed".formatted(route.target());
        }
        String why = receives.isEmpty() ? null : port.brokenInbound();
        if (why == null && !sends.isEmpty()) {
            why = port.brokenOutbound();
        }
        return why == null ? null : "link to rank %d is broken: %s".formatted(route.target(), why);
    }

    @Override
    public FrameFaults faults() {
        return check.faults();
    }

    @Override
    public synchronized void withdraw(String reason) {
        sends.clear();
        receives.clear();
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            withdraw("its end was closed");
            if (cut == null) {
                port.close();
            }
        }
    }

    private boolean unusable() {
        return closed || cut != null;
    }

    private int pump() {
        int frames = 0;
        try {
            while (!sends.isEmpty() && !unusable() && frames < FRAMES_PER_POLL) {
                if (!sendFrame(sends.element())) {
                    break;
                }
                frames++;
            }
        } catch (InternalError e) {
            throw untouchable(e);
        }
        return frames;
    }

    /** The JVM's way to say that a mapped page could not be had. */
    private RuntimeFailure untouchable(InternalError error) {
        return new RuntimeFailure(
                RuntimeFailure.Category.RETRYABLE,
                "memory of the link between rank %d and rank %d must be there, maybe the transport's file system is full: %s"
                        .formatted(route.source(), route.target(), error.getMessage()),
                error);
    }

    /** Sends the next frame of a message; false when it has to wait. */
    private boolean sendFrame(Message message) {
        long length = Math.min(message.sizeBytes() - message.movedBytes(), port.maxPayloadBytes());
        FrameHeader frame = new FrameHeader(
                route, sequence, message.tag(), message.sizeBytes(), message.movedBytes(), length, FrameHeader.INLINE);
        MemorySegment payload = message.segment().asSlice(message.movedBytes(), length);
        if (decided == null) { // asked once per frame, however often the wire is full
            decided = fault.onFrame(frame);
        }
        boolean sent = switch (decided) {
            case DELIVER -> port.offer(frame, payload, false);
            case CORRUPT -> port.offer(frame, payload, true);
            case DROP -> true;
            case HOLD -> {
                decided = null;
                yield false;
            }
            case DUPLICATE -> sendTwin(frame, payload);
            case STALE_TWIN -> sendTwin(frame.on(route.inGeneration(route.generation() - 1)), payload);
            case CUT -> {
                cut = "link from rank %d to rank %d was cut".formatted(route.source(), route.target());
                port.close();
                yield false;
            }
        };
        if (sent) {
            decided = null;
            sequence++;
            message.moved(length);
            if (message.movedBytes() == message.sizeBytes()) {
                sends.remove();
                message.finish();
            }
        }
        return sent;
    }

    /** Sends a frame that nobody asked for before the one that is due. */
    private boolean sendTwin(FrameHeader twin, MemorySegment payload) {
        if (port.offer(twin, payload, false)) {
            decided = LinkFault.Action.DELIVER;
        }
        return false;
    }

    private int take() {
        try {
            return port.poll(handler, FRAMES_PER_POLL);
        } catch (DamagedFrame e) {
            throw check.failure(e);
        } catch (InternalError e) {
            throw untouchable(e);
        }
    }

    private boolean onFrame(FrameHeader frame, MemorySegment header, MemorySegment payload) {
        Message message = receives.peek();
        if (message == null) {
            return false;
        }
        if (!check.expects(frame, message.tag(), message.sizeBytes(), message.movedBytes())
                || frame.payloadBytes() != payload.byteSize()) {
            checksum.verify(frame, header, payload); // damage is the first of all reasons to be unexpected
            if (check.refuses(frame)) {
                return true;
            }
            check.admit(frame);
            check.match(frame, message.tag(), message.sizeBytes(), message.movedBytes());
            throw new IllegalStateException(
                    "a frame that passes every check must be expected: sequence=" + frame.sequence());
        }
        // Copied first: a plain copy fetches another core's lines faster than a checksum does, which then finds them
        // near, and vouches for the bytes where they are used.
        MemorySegment taken = message.segment().asSlice(message.movedBytes(), payload.byteSize());
        taken.copyFrom(payload);
        checksum.verify(frame, header, taken);
        check.admit(frame);
        message.moved(payload.byteSize());
        if (message.movedBytes() == message.sizeBytes()) {
            receives.remove();
            message.finish();
        }
        return true;
    }
}
