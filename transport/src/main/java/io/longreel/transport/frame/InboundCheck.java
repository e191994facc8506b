package io.longreel.transport.frame;

import io.longreel.config.RuntimeFailure;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The gate through which every frame of one ordered pair of ranks passes on receipt. It belongs to the receiving end of a link and keeps the
 * number of the next frame. Order of the checks: generation (refused, counted, never an error), addresses and sequence (a broken link),
 * then whether the message is the one that this rank's program expects (a bug on one of the two sides).
 */
public final class InboundCheck {
    private static final Logger LOG = LoggerFactory.getLogger(InboundCheck.class);

    private final int generation;
    private final int source;
    private final int target;
    private long nextSequence;
    private volatile long refusedFrames;

    public InboundCheck(int generation, int source, int target) {
        this.generation = generation;
        this.source = source;
        this.target = target;
    }

    /** Whether the frame belongs to another incarnation of the mesh: it is then counted, and must be dropped. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // one writer, the receiving end; volatile for readers of the counter
    public boolean refuses(FrameHeader frame) {
        if (frame.generation() == generation) {
            return false;
        }
        refusedFrames++;
        LOG.info(
                "frame.refused expectedGeneration={} actualGeneration={} source={} target={} sequence={}",
                generation,
                frame.generation(),
                frame.source(),
                frame.target(),
                frame.sequence());
        return true;
    }

    /** Throws unless this is the next frame of the pair. */
    public void admit(FrameHeader frame) {
        if (frame.source() != source || frame.target() != target) {
            throw FrameHeader.broken("frame must be for this link: frameSource=%d frameTarget=%d source=%d target=%d"
                    .formatted(frame.source(), frame.target(), source, target));
        }
        if (frame.sequence() != nextSequence) {
            throw FrameHeader.broken(
                    "frames of a link must come without gaps: source=%d target=%d expectedSequence=%d actualSequence=%d"
                            .formatted(source, target, nextSequence, frame.sequence()));
        }
        nextSequence++;
    }

    /**
     * Throws unless the frame continues the message that this rank expects.
     *
     * @param movedBytes bytes of the message that came before
     */
    public void match(FrameHeader frame, MessageTag expected, long expectedBytes, long movedBytes) {
        String what = mismatch(frame, expected, expectedBytes, movedBytes);
        if (what != null) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.FATAL,
                    "rank %d must send what rank %d expects: %s".formatted(source, target, what));
        }
    }

    public long refusedFrames() {
        return refusedFrames;
    }

    private static @Nullable String mismatch(
            FrameHeader frame, MessageTag expected, long expectedBytes, long movedBytes) {
        if (!frame.tag().equals(expected)) {
            return "expected=[%s] actual=[%s]".formatted(expected, frame.tag());
        }
        if (frame.messageBytes() != expectedBytes) {
            return "operation=[%s] expectedBytes=%d actualBytes=%d"
                    .formatted(expected, expectedBytes, frame.messageBytes());
        }
        if (frame.messageOffset() != movedBytes
                || frame.payloadBytes() < 0
                || frame.payloadBytes() > expectedBytes - movedBytes) {
            return "operation=[%s] expectedOffset=%d actualOffset=%d payloadBytes=%d messageBytes=%d"
                    .formatted(expected, movedBytes, frame.messageOffset(), frame.payloadBytes(), expectedBytes);
        }
        return null;
    }
}
