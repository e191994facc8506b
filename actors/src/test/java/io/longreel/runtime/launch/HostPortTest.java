package io.longreel.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.longreel.config.RuntimeFailure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostPortTest {
    @Test
    void shouldReadHostAndPort() {
        assertEquals(new HostPort("127.0.0.1", 25520), HostPort.parse("127.0.0.1:25520"));
        assertEquals(new HostPort("fe80::1", 1), HostPort.parse("fe80::1:1"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "host", "host:", ":25520", "host:0", "host:65536", "host:port", "host:-1"})
    void shouldRefuseWhatIsNoAddress(String text) {
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> HostPort.parse(text));
        assertEquals(RuntimeFailure.Category.CONFIG, failure.category());
    }
}
