package io.longreel.transport.link;

import io.aeron.ExclusivePublication;
import io.aeron.Publication;
import io.aeron.Subscription;
import io.aeron.logbuffer.BufferClaim;
import io.aeron.logbuffer.ControlledFragmentHandler;
import io.aeron.logbuffer.Header;
import io.longreel.transport.frame.FrameChecksum;
import io.longreel.transport.frame.FrameHeader;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Frames through a pair of Aeron streams, one per direction; IPC and UDP differ in their channels only. A frame is one Aeron fragment, claimed in the
 * log and written in place, so Aeron never fragments or reassembles. The streams of a pair of ranks and a generation are used by no one else.
 */
final class AeronPort implements FramePort, ControlledFragmentHandler {
    private final ExclusivePublication publication;
    private final Subscription subscription;
    private final Consumer<Publication> closing;
    private final BufferClaim claim = new BufferClaim();
    private final FrameChecksum checksum = new FrameChecksum();
    private @Nullable FrameHandler handler;
    private @Nullable Throwable thrown;
    private @Nullable String outbound;
    private boolean sawImage;
    private boolean sawSubscriber;

    /** @param closing told of the publication before it is closed */
    AeronPort(ExclusivePublication publication, Subscription subscription, Consumer<Publication> closing) {
        this.publication = publication;
        this.subscription = subscription;
        this.closing = closing;
    }

    @Override
    public int maxPayloadBytes() {
        return publication.maxPayloadLength() - FrameHeader.SIZE_BYTES;
    }

    @Override
    public boolean offer(FrameHeader frame, MemorySegment payload, boolean damage) {
        MemorySegment claimed = claim(FrameHeader.SIZE_BYTES + (int) payload.byteSize());
        if (claimed == null) {
            return false;
        }
        MemorySegment header = claimed.asSlice(0, FrameHeader.SIZE_BYTES);
        MemorySegment body = claimed.asSlice(FrameHeader.SIZE_BYTES);
        frame.writeTo(header);
        body.copyFrom(payload);
        checksum.seal(header, body);
        if (damage) {
            FrameChecksum.damage(header, body);
        }
        commit();
        return true;
    }

    /** Room for a frame in the outgoing log, to be filled and then given to {@link #commit}; null when there is none now. */
    @Nullable
    MemorySegment claim(int lengthBytes) {
        long position = publication.tryClaim(lengthBytes, claim);
        if (position > 0) {
            sawSubscriber = true;
            return segment(claim.buffer(), claim.offset(), lengthBytes);
        }
        if (position == Publication.CLOSED) {
            outbound = "its Aeron publication was closed";
        } else if (position == Publication.NOT_CONNECTED && sawSubscriber) {
            outbound = "the peer has gone";
        } else if (position == Publication.MAX_POSITION_EXCEEDED) {
            outbound = "its Aeron stream is used up";
        }
        return null;
    }

    void commit() {
        claim.commit();
    }

    @Override
    public int poll(FrameHandler taker, int limit) {
        handler = taker;
        int taken = subscription.controlledPoll(this, limit);
        if (thrown != null) {
            Throwable failure = thrown;
            thrown = null;
            if (failure instanceof InternalError error) {
                throw error;
            }
            throw (RuntimeException) failure;
        }
        return taken;
    }

    /** Called by Aeron during {@link #poll}. It would log and forget what this throws, so that is kept. */
    @Override
    public Action onFragment(DirectBuffer buffer, int offset, int length, Header aeronHeader) {
        try {
            if (handler != null && takeFragment(handler, segment(buffer, offset, length))) {
                return Action.CONTINUE;
            }
        } catch (RuntimeException | InternalError e) {
            thrown = e;
        }
        return Action.ABORT;
    }

    private static boolean takeFragment(FrameHandler handler, MemorySegment fragment) {
        FrameHeader frame = FrameHeader.readFrom(fragment);
        return handler.onFrame(
                frame, fragment.asSlice(0, FrameHeader.SIZE_BYTES), fragment.asSlice(FrameHeader.SIZE_BYTES));
    }

    @Override
    public boolean connected() {
        sawSubscriber |= publication.isConnected();
        sawImage |= subscription.imageCount() > 0;
        return publication.isConnected() && subscription.imageCount() > 0;
    }

    @Override
    public @Nullable String brokenInbound() {
        if (subscription.isClosed()) {
            return "its Aeron subscription was closed";
        }
        sawImage |= subscription.imageCount() > 0;
        boolean live = subscription.images().stream().anyMatch(image -> !image.isClosed() && !image.isEndOfStream());
        return sawImage && !live ? "the peer has gone" : null;
    }

    @Override
    public @Nullable String brokenOutbound() {
        return outbound;
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

    /** The bytes of a log buffer, which Aeron maps; valid while the port is open. */
    @SuppressWarnings("restricted") // an address that Aeron vouches for, with the length that it gave
    static MemorySegment segment(DirectBuffer buffer, int offset, int length) {
        return MemorySegment.ofAddress(buffer.addressOffset() + offset).reinterpret(length);
    }
}
