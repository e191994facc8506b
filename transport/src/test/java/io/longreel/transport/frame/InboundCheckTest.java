package io.longreel.transport.frame;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import org.junit.jupiter.api.Test;

class InboundCheckTest {
    private static final Route ROUTE = new Route(77, 5, 1, 2);

    private final InboundCheck check = new InboundCheck(ROUTE);

    private static FrameHeader frame(Route route, long sequence) {
        return new FrameHeader(route, sequence, new MessageTag(OpKind.BARRIER, 1, 1), 0, 0, 0, FrameHeader.INLINE);
    }

    @Test
    void shouldDropAndCountWhenFrameIsOfAnotherRunOrGeneration() {
        assertTrue(check.refuses(frame(new Route(78, 5, 1, 2), 0)));
        assertTrue(check.refuses(frame(ROUTE.inGeneration(4), 0)));
        assertTrue(check.refuses(frame(ROUTE.inGeneration(6), 9)));
        assertFalse(check.refuses(frame(ROUTE, 0)));
        assertEquals(new FrameFaults(3, 0, 0, 0), check.faults());
    }

    @Test
    void shouldDropAndCountWhenFrameCameBefore() {
        for (int sequence = 0; sequence < 3; sequence++) {
            assertFalse(check.refuses(frame(ROUTE, sequence)));
            check.admit(frame(ROUTE, sequence));
        }
        assertTrue(check.refuses(frame(ROUTE, 0)));
        assertTrue(check.refuses(frame(ROUTE, 2)));
        assertFalse(check.refuses(frame(ROUTE, 3)));
        assertEquals(new FrameFaults(0, 2, 0, 0), check.faults());
    }

    @Test
    void shouldFailAndCountWhenFramesAreMissing() {
        check.admit(frame(ROUTE, 0));
        FrameHeader later = frame(ROUTE, 4);
        assertFalse(check.refuses(later));
        RuntimeFailure gap = assertThrows(RuntimeFailure.class, () -> check.admit(later));
        assertEquals(RuntimeFailure.Category.RETRYABLE, gap.category());
        assertTrue(gap.getMessage().contains("source=1 target=2 expectedSequence=1 actualSequence=4"), gap::toString);
        assertEquals(new FrameFaults(0, 0, 0, 3), check.faults());
    }

    @Test
    void shouldFailWhenFrameIsForOtherRanks() {
        FrameHeader strayed = frame(ROUTE.back(), 0);
        assertFalse(check.refuses(strayed));
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> check.admit(strayed));
        assertEquals(RuntimeFailure.Category.RETRYABLE, failure.category());
    }

    @Test
    void shouldNameTheLinkAndCountWhenFrameIsDamaged() {
        RuntimeFailure failure = check.failure(new DamagedFrame("no magic"));
        assertEquals(RuntimeFailure.Category.RETRYABLE, failure.category());
        assertTrue(failure.getMessage().contains("from rank 1 to rank 2"), failure::toString);
        assertTrue(failure.getMessage().contains("no magic"), failure::toString);
        assertEquals(new FrameFaults(0, 0, 1, 0), check.faults());
    }
}
