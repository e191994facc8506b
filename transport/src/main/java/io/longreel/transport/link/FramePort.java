package io.longreel.transport.link;

import io.longreel.transport.frame.FrameHeader;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * What a wire must offer for a {@link WireLink} to run over it: take one frame to the peer, hand over the next ones from it, in order and
 * without loss. Knows nothing of messages. Used under the lock of its link.
 */
interface FramePort extends AutoCloseable {

    /** Takes a frame that came in. */
    @FunctionalInterface
    interface FrameHandler {
        /**
         * @param header the header's bytes
         * @param payload the payload, wherever the port keeps it; valid during the call
         * @return false to be given the same frame again at a later poll
         */
        boolean onFrame(FrameHeader frame, MemorySegment header, MemorySegment payload);
    }

    /** Largest payload of a frame. */
    int maxPayloadBytes();

    /**
     * Copies a frame onto the wire, or returns false when there is no room now.
     *
     * @param damage flips a bit after the checksum was taken
     */
    boolean offer(FrameHeader frame, MemorySegment payload, boolean damage);

    /** Hands over at most {@code limit} frames; returns how many were taken. Throws what the handler threw. */
    int poll(FrameHandler handler, int limit);

    /** Whether both directions reach the peer. */
    boolean connected();

    /** Why nothing more will come, once what has come is taken; or null. */
    @Nullable
    String brokenInbound();

    /** Why nothing more can be sent, or null. */
    @Nullable
    String brokenOutbound();

    @Override
    void close();
}
