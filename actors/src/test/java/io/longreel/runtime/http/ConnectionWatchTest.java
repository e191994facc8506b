package io.longreel.runtime.http;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ConnectionWatchTest {
    private static final String HEAD =
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
    private static final InetSocketAddress LOCAL = new InetSocketAddress(InetAddress.getLoopbackAddress(), 8080);
    private static final InetSocketAddress REMOTE = new InetSocketAddress("10.1.2.3", 50_000);

    @TempDir
    private Path folder;

    private final AtomicLong nowMs = new AtomicLong(1000);
    private Path table = Path.of("");
    private ConnectionWatch watch = new ConnectionWatch(List.of(), Instant::now);

    @BeforeEach
    void open() {
        table = folder.resolve("tcp");
        watch = new ConnectionWatch(List.of(table, folder.resolve("tcp6")), () -> Instant.ofEpochMilli(nowMs.get()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0100007F:1F90 0302010A:C350",
                "0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF00000302010A:C350"
            })
    void shouldSeeAConnectionThatIsNoLongerEstablished(String addresses) throws IOException {
        write("   1: %s 01 00000000:00000000\n   2: 0100007F:1F90 0302010A:C351 08 0:0\n".formatted(addresses));
        ConnectionWatch.Client client = watch.watch(LOCAL, REMOTE);
        assertFalse(client.isGone());
        write("   1: %s 08 00000000:00000000\n".formatted(addresses));
        assertFalse(client.isGone()); // the last look was a moment ago
        nowMs.addAndGet(300);
        assertTrue(client.isGone());
        write("");
        nowMs.addAndGet(300);
        assertTrue(client.isGone());
    }

    @Test
    void shouldKnowNothingWhereThereIsNoSuchTable() throws IOException {
        assertFalse(watch.watch(LOCAL, REMOTE).isGone());
        write("   1: 0100007F:1F90 0302010A:C351 01 0:0\n");
        ConnectionWatch.Client unseen = watch.watch(LOCAL, REMOTE);
        nowMs.addAndGet(300);
        assertFalse(unseen.isGone());
    }

    private void write(String lines) throws IOException {
        Files.writeString(table, HEAD + lines);
    }
}
