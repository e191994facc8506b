package io.longreel.model.disk.fault;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.model.disk.Disk;
import io.longreel.model.disk.fault.SimulatedDisk.Survival;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The judge is judged: it forgets what no call has made durable, and only that. */
class SimulatedDiskTest {
    private static final Path ROOT = Path.of("/");
    private static final Path FILE = ROOT.resolve("file");
    private static final Path OTHER = ROOT.resolve("other");

    private final SimulatedDisk disk = SimulatedDisk.empty(1);

    private void write(Path file, int bytes, boolean force) throws IOException {
        try (Disk.Output output = disk.append(file, 0)) {
            byte[] content = new byte[bytes];
            Arrays.fill(content, (byte) 7);
            output.write(ByteBuffer.wrap(content));
            if (force) {
                output.force();
            }
        }
    }

    @Test
    void shouldForgetANameWhenOnlyTheBytesWereForced() throws IOException {
        write(FILE, 10, true);
        assertTrue(disk.exists(FILE));
        assertFalse(disk.afterCrash(Survival.SYNCED_ONLY, 1).exists(FILE));
        assertTrue(disk.afterCrash(Survival.EVERYTHING, 1).exists(FILE));
        disk.sync(ROOT);
        assertTrue(disk.afterCrash(Survival.SYNCED_ONLY, 1).exists(FILE));
    }

    @Test
    void shouldForgetBytesWhenOnlyTheNameWasSynced() throws IOException {
        write(FILE, 10, false);
        disk.sync(ROOT);
        assertEquals(0, disk.afterCrash(Survival.SYNCED_ONLY, 1).bytes(FILE).length);
    }

    @Test
    void shouldTearWhatWasBeingWrittenAndNothingElse() throws IOException {
        write(FILE, 3000, true);
        disk.sync(ROOT);
        byte[] synced = disk.bytes(FILE);
        try (Disk.Output output = disk.append(FILE, synced.length)) {
            output.write(ByteBuffer.wrap(new byte[5000]));
        }
        Set<Integer> lengths = new HashSet<>();
        for (int seed = 0; seed < 50; seed++) {
            byte[] found = disk.afterCrash(Survival.SOME, seed).bytes(FILE);
            lengths.add(found.length);
            assertArrayEquals(synced, Arrays.copyOf(found, synced.length), "seed=" + seed);
        }
        assertTrue(lengths.size() > 10, lengths.toString());
    }

    @Test
    void shouldKeepAnySubsetOfRenamesAndDeletesWhenTheDirectoryWasNotSynced() throws IOException {
        write(FILE, 1, true);
        disk.sync(ROOT);
        disk.rename(FILE, OTHER);
        disk.createDirectory(ROOT.resolve("new"));
        Set<String> found = new HashSet<>();
        for (int seed = 0; seed < 50; seed++) {
            found.add(disk.afterCrash(Survival.SOME, seed).list(ROOT).toString());
        }
        assertEquals(Set.of("[/file]", "[/other]", "[/file, /new]", "[/new, /other]"), found);
    }

    @Test
    void shouldDoNothingAnyMoreWhenPowerIsLost() throws IOException {
        write(FILE, 1, true);
        disk.failAt(disk.calls(), DiskFault.POWER_LOST);
        assertThrows(PowerLost.class, () -> disk.sync(ROOT));
        assertTrue(disk.hasLostPower());
        assertThrows(PowerLost.class, () -> disk.delete(FILE));
        assertThrows(PowerLost.class, () -> disk.exists(FILE));
        assertTrue(disk.afterCrash(Survival.EVERYTHING, 1).exists(FILE));
    }

    @Test
    void shouldFillUpToTheLastByteWhenLimited() throws IOException {
        disk.limit(100);
        write(FILE, 60, true);
        IOException failure = assertThrows(IOException.class, () -> write(OTHER, 60, true));
        assertTrue(String.valueOf(failure.getMessage()).contains("No space left"), failure.toString());
        assertEquals(40, disk.bytes(OTHER).length);
        disk.delete(FILE);
        write(OTHER, 60, true);
    }

    @Test
    void shouldGiveTheSameDiskWhenSeedAndCallsAreTheSame() throws IOException {
        write(FILE, 2000, false);
        byte[] first = disk.afterCrash(Survival.SOME, 5)
                .list(ROOT)
                .toString()
                .getBytes(java.nio.charset.StandardCharsets.UTF_8);
        byte[] second = disk.afterCrash(Survival.SOME, 5)
                .list(ROOT)
                .toString()
                .getBytes(java.nio.charset.StandardCharsets.UTF_8);
        assertArrayEquals(first, second);
    }
}
