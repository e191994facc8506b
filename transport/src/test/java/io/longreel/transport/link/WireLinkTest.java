package io.longreel.transport.link;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import io.longreel.transport.fault.LinkFault;
import io.longreel.transport.frame.DamagedFrame;
import io.longreel.transport.frame.FrameFaults;
import io.longreel.transport.frame.FrameHeader;
import io.longreel.transport.frame.MessageTag;
import io.longreel.transport.frame.OpKind;
import io.longreel.transport.frame.Route;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class WireLinkTest {
    private static final MessageTag TAG = new MessageTag(OpKind.BARRIER, 1, 1);

    private final BadPort port = new BadPort();
    private final WireLink link = new WireLink(new Route(1, 1, 3, 4), Carrier.INTRA_NODE, port, LinkFault.NONE);

    /** A port over memory that is not there any more, or brings damaged frames. */
    private static final class BadPort implements FramePort {
        private @Nullable RuntimeException brings;

        @Override
        public int maxPayloadBytes() {
            return 100;
        }

        @Override
        public boolean offer(FrameHeader frame, MemorySegment payload, boolean damage) {
            throw new InternalError("a fault occurred");
        }

        @Override
        public int poll(FrameHandler handler, int limit) {
            if (brings != null) {
                throw brings;
            }
            throw new InternalError("a fault occurred");
        }

        @Override
        public boolean connected() {
            return true;
        }

        @Override
        public @Nullable String brokenInbound() {
            return null;
        }

        @Override
        public @Nullable String brokenOutbound() {
            return null;
        }

        @Override
        public void close() {}
    }

    @Test
    void shouldFailRetryablyAndNameTheLinkWhenMappedMemoryCannotBeTouched() {
        assertSays(
                "between rank 3 and rank 4",
                assertThrows(RuntimeFailure.class, () -> link.post(new Message(TAG, 4, MemorySegment.NULL))));
        link.withdraw("test");
        link.expect(new Message(TAG, 4, MemorySegment.NULL));
        assertSays("file system is full", assertThrows(RuntimeFailure.class, link::poll));
        assertEquals(FrameFaults.NONE, link.faults());
    }

    @Test
    void shouldCountAndNameTheLinkWhenHeaderIsDamaged() {
        port.brings = new DamagedFrame("frame must start with LR");
        link.expect(new Message(TAG, 4, MemorySegment.NULL));
        assertSays("from rank 4 to rank 3", assertThrows(RuntimeFailure.class, link::poll));
        assertEquals(new FrameFaults(0, 0, 1, 0), link.faults());
    }

    private static void assertSays(String expected, RuntimeFailure failure) {
        assertEquals(RuntimeFailure.Category.RETRYABLE, failure.category());
        assertTrue(failure.getMessage().contains(expected), failure::toString);
    }
}
