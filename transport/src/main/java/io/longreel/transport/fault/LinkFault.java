package io.longreel.transport.fault;

import io.longreel.transport.frame.FrameHeader;
import io.longreel.transport.frame.Route;

/**
 * Asked by the sending end of a link before each frame, on the sender's compute thread. Frames are addressed by their ordered pair of ranks and
 * their number on it, not by time, so that a fault strikes at the same place on every run; {@link SlowLinks}, which is no fault, goes by time.
 */
@FunctionalInterface
public interface LinkFault {

    /** Lets everything through. */
    LinkFault NONE = (generation, source, target, sequence) -> Action.DELIVER;

    /** What becomes of a frame. */
    enum Action {
        DELIVER,
        /** Not yet: ask again at the next poll. */
        HOLD,
        /** The sender believes that it was sent; it never arrives. */
        DROP,
        /** One bit is flipped after the checksum was taken; a direct link, which has no wire, damages its descriptor. */
        CORRUPT,
        /** The frame comes twice. */
        DUPLICATE,
        /** Before the frame comes its twin from the generation before. */
        STALE_TWIN,
        /** The sender's end of the link breaks before the frame. */
        CUT
    }

    Action onFrame(int generation, int source, int target, long sequence);

    /** A message was posted: its frames come when those of all messages before it on this link have gone. */
    default void onMessage(Route route, long bytes) {}

    /** As the links ask; for who wants to know how large the frame is. */
    default Action onFrame(FrameHeader frame) {
        Route route = frame.route();
        return onFrame(route.generation(), route.source(), route.target(), frame.sequence());
    }
}
