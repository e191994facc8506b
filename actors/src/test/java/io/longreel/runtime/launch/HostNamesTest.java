package io.longreel.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class HostNamesTest {
    private final AtomicInteger looks = new AtomicInteger();

    /** A name service that learns of a name at the so-manieth look; each look takes a second of its clock. */
    private HostNames knownFrom(int look) {
        return new HostNames(
                host -> {
                    if (looks.incrementAndGet() < look) {
                        throw new UnknownHostException(host);
                    }
                    return new InetAddress[] {InetAddress.getLoopbackAddress()};
                },
                () -> Duration.ofSeconds(looks.get()).toNanos(),
                0);
    }

    @Test
    void shouldWaitUntilTheNameServiceHasHeardOfTheHost() {
        assertEquals(
                InetAddress.getLoopbackAddress(),
                knownFrom(5).await("longreel-seed-0.longreel", Duration.ofMinutes(1)));
        assertEquals(5, looks.get());
    }

    @Test
    void shouldNameTheHostWhenNobodyEverKnowsIt() {
        RuntimeFailure failure = assertThrows(
                RuntimeFailure.class, () -> knownFrom(Integer.MAX_VALUE).await("nowhere", Duration.ofSeconds(20)));
        assertEquals(RuntimeFailure.Category.CONFIG, failure.category());
        assertTrue(
                failure.getMessage().startsWith("the host nowhere is unknown, also after 20 s"), failure::getMessage);
    }
}
