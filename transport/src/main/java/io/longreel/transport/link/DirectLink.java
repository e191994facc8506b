package io.longreel.transport.link;

import io.longreel.transport.fault.LinkFault;
import io.longreel.transport.frame.FrameFaults;
import io.longreel.transport.frame.FrameHeader;
import io.longreel.transport.frame.Route;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Link between two threads of one process: one copy, from the sender's memory to the receiver's, done by whoever comes second. A message is one
 * frame; its descriptor passes the same checks as a frame on a wire. There is no wire, so there is no checksum. The lock is free but for a close from
 * another thread.
 */
final class DirectLink implements Link {
    private final Route route;
    private final DirectChannel out;
    private final DirectChannel in;
    private final LinkFault fault;
    private final Runnable release;
    private final Queue<Message> held = new ArrayDeque<>();
    private long sequence;
    private @Nullable String cut;
    private boolean closed;

    DirectLink(Route route, DirectChannel out, DirectChannel in, LinkFault fault, Runnable release) {
        this.route = route;
        this.out = out;
        this.in = in;
        this.fault = fault;
        this.release = release;
    }

    @Override
    public int peer() {
        return route.target();
    }

    @Override
    public Carrier carrier() {
        return Carrier.LOCAL;
    }

    @Override
    public synchronized void post(Message send) {
        fault.onMessage(route, send.sizeBytes());
        held.add(send);
        pump();
    }

    @Override
    public synchronized void expect(Message receive) {
        in.receive(receive);
    }

    @Override
    public synchronized int poll() {
        return held.isEmpty() ? 0 : pump();
    }

    @Override
    public boolean connected() {
        return out.connected() && in.connected();
    }

    @Override
    public synchronized @Nullable String broken() {
        if (cut != null) {
            return cut;
        }
        String why = in.brokenForReceiver();
        return why != null ? why : out.brokenForSender();
    }

    @Override
    public FrameFaults faults() {
        return in.faults();
    }

    @Override
    public synchronized void withdraw(String reason) {
        held.clear();
        String why = "rank %d gave up: %s".formatted(route.source(), reason);
        out.leave(true, why);
        in.leave(false, why);
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            withdraw("its end was closed");
            release.run();
        }
    }

    private int pump() {
        int moved = 0;
        for (Message next = held.peek(); next != null && cut == null; next = held.peek()) {
            FrameHeader header = new FrameHeader(
                    route, sequence, next.tag(), next.sizeBytes(), 0, next.sizeBytes(), FrameHeader.INLINE);
            switch (fault.onFrame(header)) {
                case HOLD -> {
                    return moved;
                }
                case CUT -> {
                    cut = "link from rank %d to rank %d was cut".formatted(route.source(), route.target());
                    out.leave(true, cut);
                    in.leave(false, cut);
                    return moved;
                }
                case DROP -> next.finish();
                case DELIVER -> out.send(header, next, false);
                case CORRUPT -> out.send(header, next, true);
                case DUPLICATE -> sendWithTwin(header, header, next);
                case STALE_TWIN -> sendWithTwin(header.on(route.inGeneration(route.generation() - 1)), header, next);
            }
            held.remove();
            sequence++;
            moved++;
        }
        return moved;
    }

    private void sendWithTwin(FrameHeader twin, FrameHeader header, Message message) {
        out.send(twin, new Message(message.tag(), message.peer(), message.segment()), false);
        out.send(header, message, false);
    }
}
