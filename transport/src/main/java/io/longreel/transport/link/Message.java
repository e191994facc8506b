package io.longreel.transport.link;

import io.longreel.config.RuntimeFailure;
import io.longreel.transport.frame.MessageTag;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * One direction of one transfer with one peer: to be sent, or expected. Its memory belongs to the link until the message is complete or the link
 * was withdrawn. The owner's compute thread moves it, except on a direct link, where the peer's thread may do that: hence the volatile end.
 */
public final class Message {
    private final MessageTag tag;
    private final int peer;
    private final MemorySegment segment;
    private long movedBytes;
    private volatile boolean complete;
    private volatile @Nullable RuntimeFailure failure;

    public Message(MessageTag tag, int peer, MemorySegment segment) {
        this.tag = tag;
        this.peer = peer;
        this.segment = segment;
    }

    public MessageTag tag() {
        return tag;
    }

    /** World rank of the other side. */
    public int peer() {
        return peer;
    }

    public MemorySegment segment() {
        return segment;
    }

    public long sizeBytes() {
        return segment.byteSize();
    }

    public long movedBytes() {
        return movedBytes;
    }

    public boolean complete() {
        return complete;
    }

    /** Why this message can never be complete, if so. */
    public @Nullable RuntimeFailure failure() {
        return failure;
    }

    void moved(long bytes) {
        movedBytes += bytes;
    }

    void finish() {
        complete = true;
    }

    void fail(RuntimeFailure why) {
        failure = why;
    }
}
