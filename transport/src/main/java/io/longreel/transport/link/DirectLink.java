package io.longreel.transport.link;

import io.longreel.transport.fault.LinkFault;
import io.longreel.transport.frame.FrameHeader;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Link between two threads of one process: one copy, from the sender's memory to the receiver's, done by whoever comes second. A message is one
 * frame; its descriptor passes the same checks as a frame on a wire. There is no wire, so there is no checksum. The lock is free but for a close from
 * another thread.
 */
final class DirectLink implements Link {
    private final int generation;
    private final int rank;
    private final int peer;
    private final DirectChannel out;
    private final DirectChannel in;
    private final LinkFault fault;
    private final Runnable release;
    private final Queue<Message> held = new ArrayDeque<>();
    private long sequence;
    private @Nullable String cut;
    private boolean closed;

    DirectLink(
            int generation,
            int rank,
            int peer,
            DirectChannel out,
            DirectChannel in,
            LinkFault fault,
            Runnable release) {
        this.generation = generation;
        this.rank = rank;
        this.peer = peer;
        this.out = out;
        this.in = in;
        this.fault = fault;
        this.release = release;
    }

    @Override
    public int peer() {
        return peer;
    }

    @Override
    public Carrier carrier() {
        return Carrier.LOCAL;
    }

    @Override
    public synchronized void post(Message send) {
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
    public long refusedFrames() {
        return in.refusedFrames();
    }

    @Override
    public synchronized void withdraw(String reason) {
        held.clear();
        String why = "rank %d gave up: %s".formatted(rank, reason);
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
                    generation,
                    rank,
                    peer,
                    sequence,
                    next.tag(),
                    next.sizeBytes(),
                    0,
                    next.sizeBytes(),
                    FrameHeader.INLINE);
            switch (fault.onFrame(generation, rank, peer, sequence)) {
                case HOLD -> {
                    return moved;
                }
                case CUT -> {
                    cut = "link from rank %d to rank %d was cut".formatted(rank, peer);
                    out.leave(true, cut);
                    in.leave(false, cut);
                    return moved;
                }
                case DROP -> next.finish();
                case DELIVER -> out.send(header, next);
                case CORRUPT -> out.send(header.withMessageBytes(header.messageBytes() ^ 1), next);
                case STALE_TWIN -> {
                    out.send(header.withGeneration(generation - 1), new Message(next.tag(), peer, next.segment()));
                    out.send(header, next);
                }
            }
            held.remove();
            sequence++;
            moved++;
        }
        return moved;
    }
}
