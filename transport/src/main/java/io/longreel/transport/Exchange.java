package io.longreel.transport;

import io.longreel.config.RuntimeFailure;
import io.longreel.transport.frame.MessageTag;
import io.longreel.transport.link.Carrier;
import io.longreel.transport.link.Link;
import io.longreel.transport.link.Message;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The messages of one step of a collective, in flight together. Every collective is made of these: queue receives, queue sends, do local work,
 * await. Empty segments are not messages, unless an empty message is asked for by {@link #signalTo}.
 */
final class Exchange implements Transfer, Waiter.Condition {
    private final LinkedEndpoint endpoint;
    private final MessageTag tag;
    private final List<Message> sends = new ArrayList<>();
    private final List<Message> receives = new ArrayList<>();
    private int sent;
    private int received;
    private boolean awaited;

    /** Of its peers. */
    private Carrier farthest = Carrier.LOCAL;

    Exchange(LinkedEndpoint endpoint, MessageTag tag) {
        this.endpoint = endpoint;
        this.tag = tag;
    }

    void receive(int peer, MemorySegment segment) {
        if (segment.byteSize() > 0) {
            expect(peer, segment);
        }
    }

    void send(int peer, MemorySegment segment) {
        if (segment.byteSize() > 0) {
            post(peer, segment);
        }
    }

    /** An empty message in both directions. */
    void signalTo(int peer) {
        expect(peer, MemorySegment.NULL);
        post(peer, MemorySegment.NULL);
    }

    @Override
    public void await() {
        if (!awaited) {
            endpoint.waiter().await(this, farthest);
            awaited = true;
        }
    }

    @Override
    public boolean done() {
        while (received < receives.size() && receives.get(received).complete()) {
            received++;
        }
        while (sent < sends.size() && sends.get(sent).complete()) {
            sent++;
        }
        return received == receives.size() && sent == sends.size();
    }

    @Override
    public @Nullable RuntimeFailure failure() {
        if (received < receives.size() && receives.get(received).failure() != null) {
            return receives.get(received).failure();
        }
        return sent < sends.size() ? sends.get(sent).failure() : null;
    }

    @Override
    public String missing() {
        StringBuilder text = new StringBuilder("operation=[%s]".formatted(tag));
        describe(text, "from", receives);
        describe(text, "to", sends);
        return text.toString();
    }

    /** A wait in which several links are waited for is put down to the slowest kind of them. */
    private void reaches(Carrier carrier) {
        farthest = carrier.compareTo(farthest) > 0 ? carrier : farthest;
    }

    private void expect(int peer, MemorySegment segment) {
        Message message = new Message(tag, peer, segment);
        receives.add(message);
        Link link = endpoint.links().to(peer);
        reaches(link.carrier());
        link.expect(message);
    }

    private void post(int peer, MemorySegment segment) {
        Message message = new Message(tag, peer, segment);
        sends.add(message);
        Link link = endpoint.links().to(peer);
        reaches(link.carrier());
        endpoint.count(link.carrier(), segment.byteSize());
        link.post(message);
    }

    private static void describe(StringBuilder text, String direction, List<Message> messages) {
        for (Message message : messages) {
            if (!message.complete()) {
                text.append(" %s rank %d missingBytes=%d of=%d"
                        .formatted(
                                direction,
                                message.peer(),
                                message.sizeBytes() - message.movedBytes(),
                                message.sizeBytes()));
            }
        }
    }
}
