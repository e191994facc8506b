package io.longreel.transport.frame;

import io.longreel.config.RuntimeFailure;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The gate through which every frame of one ordered pair of ranks passes on receipt. It belongs to the receiving end of a link and keeps the
 * number of the next frame. What becomes of a frame that is not the expected one:
 *
 * <pre>
 *   another run's or incarnation's    dropped, counted            nobody here waits for it
 *   came before                       dropped, counted            its bytes are here already
 *   damaged, or one before is missing the link fails, RETRYABLE   the step is replayed on other links
 *   for other ranks                   the link fails, RETRYABLE
 *   of another message                FATAL                       the two ranks run different programs
 * </pre>
 *
 * <p>Nothing is asked for again: Aeron mends losses on the wire itself, so what still is missing or wrong here was damaged in memory, and to be
 * able to resend it each sender would have to keep a copy of everything in flight.
 */
public final class InboundCheck {
    private static final Logger LOG = LoggerFactory.getLogger(InboundCheck.class);

    private final Route route;
    private long nextSequence;
    private final AtomicLong refusedFrames = new AtomicLong();
    private final AtomicLong duplicateFrames = new AtomicLong();
    private final AtomicLong damagedFrames = new AtomicLong();
    private final AtomicLong lostFrames = new AtomicLong();

    public InboundCheck(Route route) {
        this.route = route;
    }

    /** Whether the frame must be dropped, which is then counted: it is of another run or incarnation, or came before. */
    public boolean refuses(FrameHeader frame) {
        Route actual = frame.route();
        if (actual.runToken() != route.runToken() || actual.generation() != route.generation()) {
            count(refusedFrames, frame, actual.runToken() == route.runToken() ? "generation" : "run");
            return true;
        }
        if (actual.equals(route) && frame.sequence() < nextSequence) {
            count(duplicateFrames, frame, "sequence");
            return true;
        }
        return false;
    }

    /** Whether the frame, if its checksum is right, is the next one, and continues the message that this rank expects. */
    public boolean expects(FrameHeader frame, MessageTag expected, long expectedBytes, long movedBytes) {
        return frame.route().equals(route)
                && frame.sequence() == nextSequence
                && mismatch(frame, expected, expectedBytes, movedBytes) == null;
    }

    /** Throws unless this is the next frame of the pair. */
    public void admit(FrameHeader frame) {
        if (!frame.route().equals(route)) {
            throw broken("frame must be for this link: frame=[%s] link=[%s]".formatted(frame.route(), route));
        }
        if (frame.sequence() != nextSequence) {
            lostFrames.addAndGet(frame.sequence() - nextSequence);
            throw broken(
                    "frames of a link must come without gaps: source=%d target=%d expectedSequence=%d actualSequence=%d"
                            .formatted(route.source(), route.target(), nextSequence, frame.sequence()));
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
                    "rank %d must send what rank %d expects: %s".formatted(route.source(), route.target(), what));
        }
    }

    /** Counts a damaged frame, and says so as a failure of this link. */
    public RuntimeFailure failure(DamagedFrame damage) {
        damagedFrames.incrementAndGet();
        return broken("link from rank %d to rank %d brought a damaged frame: %s"
                .formatted(route.source(), route.target(), damage.getMessage()));
    }

    /** What was not as expected so far. Any thread. */
    public FrameFaults faults() {
        return new FrameFaults(refusedFrames.get(), duplicateFrames.get(), damagedFrames.get(), lostFrames.get());
    }

    /** Logged at powers of two: a peer that never stops must not fill the log. */
    private void count(AtomicLong counter, FrameHeader frame, String unexpected) {
        long count = counter.incrementAndGet();
        if (Long.bitCount(count) == 1) {
            LOG.info(
                    "frame.refused unexpected={} link=[{}] frame=[{}] sequence={} nextSequence={} count={}",
                    unexpected,
                    route,
                    frame.route(),
                    frame.sequence(),
                    nextSequence,
                    count);
        }
    }

    private static RuntimeFailure broken(String what) {
        return new RuntimeFailure(RuntimeFailure.Category.RETRYABLE, what);
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
