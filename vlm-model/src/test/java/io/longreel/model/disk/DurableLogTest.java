package io.longreel.model.disk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.model.disk.fault.DiskFault;
import io.longreel.model.disk.fault.PowerLost;
import io.longreel.model.disk.fault.SimulatedDisk;
import io.longreel.model.disk.fault.SimulatedDisk.Survival;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/** Records are lines {@code number crc}, so that a torn one is known. */
class DurableLogTest {
    private static final Path FILE = Path.of("/run/log");
    private static final int RECORDS = 6;
    private static final int SEEDS = 8;

    private final List<String> promised = new ArrayList<>();

    /** Every third record need not be durable. */
    private void write(Disk disk) throws IOException {
        makeDirectory(disk);
        String sound = sound(disk);
        try (DurableLog log = DurableLog.open(disk, FILE, sound.length())) {
            for (int i = (int) sound.lines().count(); i < RECORDS; i++) {
                boolean durable = i % 3 != 1;
                log.append(record(i), durable);
                if (durable) {
                    promised.clear();
                    for (int j = 0; j <= i; j++) {
                        promised.add(text(j));
                    }
                }
            }
        }
    }

    @Test
    void shouldLoseNothingThatWasPromisedWhenPowerIsLostAtAnyCall() throws IOException {
        SimulatedDisk whole = SimulatedDisk.empty(0);
        write(whole);
        int crashes = 0;
        for (int call = 0; call < whole.calls(); call++) {
            for (int seed = 0; seed < SEEDS; seed++) {
                for (Survival survival : Survival.values()) {
                    promised.clear();
                    SimulatedDisk disk = SimulatedDisk.empty(seed);
                    disk.failAt(call, DiskFault.POWER_LOST);
                    assertThrows(PowerLost.class, () -> write(disk));
                    crashes++;
                    List<String> before = List.copyOf(promised);
                    SimulatedDisk restarted = disk.afterCrash(survival, seed);
                    String where = "call=%d (%s) seed=%d survival=%s"
                            .formatted(call, whole.trace().get(call), seed, survival);
                    List<String> found = sound(restarted).lines().toList();
                    assertTrue(found.size() >= before.size(), where + " found=" + found);
                    assertEquals(before, found.subList(0, before.size()), where);
                    write(restarted);
                    assertEquals(RECORDS, sound(restarted).lines().count(), where);
                }
            }
        }
        assertEquals(whole.calls() * SEEDS * Survival.values().length, crashes);
        assertTrue(whole.calls() > 2 * RECORDS, whole.trace().toString());
    }

    @Test
    void shouldStandAsBeforeWhenAnAppendFailsAtAnyCall() throws IOException {
        SimulatedDisk whole = SimulatedDisk.empty(0);
        write(whole);
        for (DiskFault fault : List.of(DiskFault.IO_ERROR, DiskFault.NO_SPACE, DiskFault.READ_ONLY)) {
            for (int call = 0; call < whole.calls(); call++) {
                SimulatedDisk disk = SimulatedDisk.empty(call);
                disk.failAt(call, fault);
                assertThrows(IOException.class, () -> write(disk), "call=" + call);
                write(disk);
                SimulatedDisk restarted = disk.afterCrash(Survival.SYNCED_ONLY, call);
                assertEquals(RECORDS, sound(restarted).lines().count(), "call=%d fault=%s".formatted(call, fault));
            }
        }
    }

    @Test
    void shouldGoOnInTheSameProcessWhenTheDiskHasRoomAgain() throws IOException {
        SimulatedDisk disk = SimulatedDisk.empty(1);
        makeDirectory(disk);
        try (DurableLog log = DurableLog.create(disk, FILE)) {
            log.append(record(0), true);
            log.append(record(1), false);
            disk.limit(record(0).length * 2L + 3); // half of the next one fits
            assertThrows(IOException.class, () -> log.append(record(2), true));
            assertThrows(IOException.class, () -> log.append(record(2), true));
            assertTrue(disk.bytes(FILE).length > record(0).length * 2, "the fault must have left half a record");
            disk.limit(Long.MAX_VALUE);
            log.append(record(2), true);
        }
        String found = sound(disk.afterCrash(Survival.SYNCED_ONLY, 1));
        assertEquals(List.of(text(0), text(1), text(2)), found.lines().toList());
    }

    @Test
    void shouldRefuseToCreateWhatSomebodyElseMade() throws IOException {
        SimulatedDisk disk = SimulatedDisk.empty(1);
        disk.put(FILE, new byte[0]);
        assertThrows(IOException.class, () -> DurableLog.create(disk, FILE));
    }

    private static byte[] record(int number) {
        return (text(number) + "\n").getBytes(StandardCharsets.US_ASCII);
    }

    private static String text(int number) {
        CRC32C crc = new CRC32C();
        crc.update(number + 100);
        return "%03d %08x".formatted(number, crc.getValue());
    }

    /** Whole records from the start on. */
    private static String sound(Disk disk) throws IOException {
        if (!disk.exists(FILE)) {
            return "";
        }
        byte[] bytes;
        try (Disk.Input input = disk.open(FILE)) {
            bytes = new byte[(int) input.sizeBytes()];
            input.read(0, ByteBuffer.wrap(bytes));
        }
        StringBuilder sound = new StringBuilder();
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        for (int i = 0; text.startsWith(text(i) + "\n", sound.length()); i++) {
            sound.append(text(i)).append('\n');
        }
        return sound.toString();
    }

    private static void makeDirectory(Disk disk) throws IOException {
        Path directory = FILE.resolveSibling("");
        disk.createDirectory(directory);
        disk.sync(directory.resolveSibling(""));
    }
}
