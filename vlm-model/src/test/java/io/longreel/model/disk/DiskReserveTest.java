package io.longreel.model.disk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import io.longreel.model.disk.fault.DiskFault;
import io.longreel.model.disk.fault.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class DiskReserveTest {
    private static final Path RESERVE = Path.of("/run/.reserve");
    private static final Path FILE = Path.of("/run/log");
    private static final int BYTES = 1000;

    private final SimulatedDisk disk = SimulatedDisk.empty(1);

    DiskReserveTest() throws IOException {
        disk.put(FILE, new byte[0]);
    }

    private void append(DurableLog log) {
        try {
            log.append(new byte[100], true);
        } catch (IOException e) {
            throw DiskFailures.retryable("full", FILE, e);
        }
    }

    @Test
    void shouldGoOnUntilTheReserveIsUsedUpAndHoldItAgainWhenThereIsRoom() throws IOException {
        DiskReserve reserve = DiskReserve.hold(disk, RESERVE, BYTES);
        try (DurableLog log = DurableLog.open(disk, FILE, 0)) {
            disk.limit(BYTES); // another process has taken the rest
            for (int i = 1; i <= BYTES / 100; i++) {
                reserve.around(() -> append(log));
                assertEquals(100 * i, disk.bytes(FILE).length);
                assertFalse(reserve.isHeld());
            }
            assertThrows(RuntimeFailure.class, () -> reserve.around(() -> append(log)));
            reserve.refill();
            assertFalse(reserve.isHeld());
            assertFalse(disk.exists(RESERVE), "half a reserve takes room from everybody");
            disk.limit(3 * BYTES);
            reserve.around(() -> append(log));
            reserve.refill();
            assertTrue(reserve.isHeld());
            assertEquals(BYTES, disk.bytes(RESERVE).length);
        }
        reserve.close();
        assertFalse(disk.exists(RESERVE));
    }

    @Test
    void shouldNotTryAgainWhenRoomIsNotWhatIsMissing() {
        DiskReserve reserve = DiskReserve.hold(disk, RESERVE, BYTES);
        disk.failAlways(DiskFault.READ_ONLY);
        int[] tries = new int[1];
        assertThrows(
                RuntimeFailure.class,
                () -> reserve.around(() -> {
                    tries[0]++;
                    throw DiskFailures.retryable("read-only", FILE, new IOException("Read-only file system"));
                }));
        assertEquals(1, tries[0]);
    }
}
