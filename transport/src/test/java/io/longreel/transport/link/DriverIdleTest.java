package io.longreel.transport.link;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class DriverIdleTest {
    private static final int MANY = 1_000;

    private final DriverIdle idle = new DriverIdle();

    private void lookInVain() {
        for (int look = 0; look < MANY && !idle.isQuiet(); look++) {
            idle.idle(0);
        }
    }

    @Test
    void shouldBeQuietOnlyWhenNothingIsOpenAndNothingCame() {
        assertFalse(idle.isQuiet());
        lookInVain();
        assertTrue(idle.isQuiet());
        idle.idle(1);
        assertFalse(idle.isQuiet());
        lookInVain();
        assertTrue(idle.isQuiet());
    }

    @Test
    void shouldWakeTheResolverWhenALinkOpens() {
        ResolverIdle resolver = idle.resolver();
        assertFalse(resolver.isQuiet(), "the driver opens sockets first");
        // An interrupted thread does not park.
        Thread.currentThread().interrupt();
        for (int look = 0; look < MANY; look++) {
            resolver.idle(0);
        }
        assertTrue(resolver.isQuiet());
        idle.linkOpens();
        assertFalse(resolver.isQuiet());
        assertTrue(Thread.interrupted());
    }

    @Test
    void shouldStayAwakeWhileALinkIsOpen() {
        idle.linkOpens();
        idle.linkOpens();
        lookInVain();
        assertFalse(idle.isQuiet());
        idle.linkCloses();
        assertFalse(idle.isQuiet());
        idle.linkCloses();
        assertTrue(idle.isQuiet());
    }
}
