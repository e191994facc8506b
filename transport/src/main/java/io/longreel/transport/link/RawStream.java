package io.longreel.transport.link;

import io.aeron.ExclusivePublication;
import io.aeron.Publication;
import io.aeron.Subscription;
import io.aeron.logbuffer.BufferClaim;
import io.aeron.logbuffer.ControlledFragmentHandler;
import io.aeron.logbuffer.ControlledFragmentHandler.Action;
import io.longreel.config.RuntimeFailure;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;

/**
 * One end of a pair of Aeron streams between two nodes with nothing on top: no headers, checksums, messages or checks on receipt. What it moves per second is
 * what a {@link WireLink} over UDP is measured against. One thread's.
 */
public final class RawStream implements AutoCloseable {
    /** No link has it: its source and its target would be the same rank. */
    private static final int STREAM = 1 << 10 | 1;

    private static final int FRAGMENTS_PER_POLL = 32;

    private final ExclusivePublication publication;
    private final Subscription subscription;
    private final Consumer<Publication> closing;
    private final BufferClaim claim = new BufferClaim();
    private final ControlledFragmentHandler handler;
    /** As a rank waits: the drivers' threads need the cores, too. */
    private final IdleStrategy idle = new BackoffIdleStrategy(50, 20, 20_000, 200_000);

    private MemorySegment receiving = MemorySegment.NULL;
    private long received;

    /** @param closing told of the publication before it is closed */
    RawStream(ExclusivePublication publication, Subscription subscription, Consumer<Publication> closing) {
        this.publication = publication;
        this.subscription = subscription;
        this.closing = closing;
        this.handler = (buffer, offset, length, header) -> {
            if (received == receiving.byteSize()) { // the peer has begun the next exchange
                return Action.ABORT;
            }
            receiving.asSlice(received, length).copyFrom(AeronPort.segment(buffer, offset, length));
            received += length;
            return Action.CONTINUE;
        };
    }

    /** The end in the process of {@code media}; the peer opens the other one. */
    public static RawStream open(AeronMedia media, String peerEndpoint) {
        return media.openRaw(peerEndpoint, STREAM);
    }

    /** Whether both directions reach the peer. */
    public boolean connected() {
        return publication.isConnected() && subscription.isConnected();
    }

    /** Sends one block and receives another, as the peer does. Throws when the peer has gone. */
    public void exchange(MemorySegment send, MemorySegment receive) {
        receiving = receive;
        received = 0;
        long sent = 0;
        while (sent < send.byteSize() || received < receive.byteSize()) {
            long length = Math.min(publication.maxPayloadLength(), send.byteSize() - sent);
            int moved = 0;
            if (length > 0 && offer(send.asSlice(sent, length))) {
                sent += length;
                moved++;
            }
            moved += subscription.controlledPoll(handler, FRAGMENTS_PER_POLL);
            if (moved == 0 && !subscription.isConnected()) {
                throw gone();
            }
            idle.idle(moved);
        }
    }

    private boolean offer(MemorySegment fragment) {
        long position = publication.tryClaim((int) fragment.byteSize(), claim);
        if (position == Publication.NOT_CONNECTED || position == Publication.CLOSED) {
            throw gone();
        }
        if (position < 0) {
            return false;
        }
        AeronPort.segment(claim.buffer(), claim.offset(), claim.length()).copyFrom(fragment);
        claim.commit();
        return true;
    }

    private static RuntimeFailure gone() {
        return new RuntimeFailure(RuntimeFailure.Category.RETRYABLE, "the peer of the bare stream has gone");
    }

    @Override
    public void close() {
        try {
            closing.accept(publication);
        } finally {
            publication.close();
            subscription.close();
        }
    }
}
