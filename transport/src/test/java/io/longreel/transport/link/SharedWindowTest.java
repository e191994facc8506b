package io.longreel.transport.link;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import io.longreel.transport.frame.DamagedFrame;
import io.longreel.transport.frame.Route;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedWindowTest {
    private static final Route ROUTE = new Route(7, 1, 0, 1);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @Test
    void shouldPassSlotsRoundWhenReceiverGivesThemBack() {
        Path path = directory.resolve("window");
        assertNull(SharedWindow.attach(path, ROUTE));
        try (SharedWindow sender = SharedWindow.create(path, ROUTE, 64 * 1024);
                SharedWindow receiver = Objects.requireNonNull(SharedWindow.attach(path, ROUTE))) {
            assertEquals(8192, sender.slotBytes());
            for (int round = 0; round < 20; round++) {
                int filled = 0;
                while (sender.hasRoom()) {
                    int slot = sender.nextSlot();
                    sender.fill(1).set(ValueLayout.JAVA_BYTE, 0, (byte) (round + slot));
                    filled++;
                }
                assertEquals(8, filled);
                for (int taken = 0; taken < filled; taken++) {
                    int slot = (round * 8 + taken) % 8;
                    assertEquals(
                            (byte) (round + slot), receiver.announced(slot, 1).get(ValueLayout.JAVA_BYTE, 0));
                    receiver.release();
                }
            }
        }
    }

    @Test
    void shouldRemoveNameWhenBothSidesHaveTheMemory() {
        Path path = directory.resolve("window");
        try (SharedWindow sender = SharedWindow.create(path, ROUTE, 64 * 1024)) {
            assertFalse(sender.attached());
            assertTrue(Files.exists(path));
            try (SharedWindow receiver = Objects.requireNonNull(SharedWindow.attach(path, ROUTE))) {
                assertTrue(sender.attached());
                assertFalse(Files.exists(path));
                assertEquals(sender.slotBytes(), receiver.slotBytes());
            }
        }
    }

    @Test
    void shouldThrowWhenWindowOrSlotIsNotTheExpectedOne() {
        Path path = directory.resolve("window");
        try (SharedWindow sender = SharedWindow.create(path, ROUTE, 64 * 1024)) {
            for (Route other : List.of(ROUTE.inGeneration(2), ROUTE.back(), new Route(8, 1, 0, 1))) {
                assertThrows(RuntimeFailure.class, () -> SharedWindow.attach(path, other));
            }
            try (SharedWindow receiver = Objects.requireNonNull(SharedWindow.attach(path, ROUTE))) {
                assertThrows(DamagedFrame.class, () -> receiver.announced(1, 10));
                assertThrows(DamagedFrame.class, () -> receiver.announced(0, sender.slotBytes() + 1L));
            }
        }
    }

    @Test
    void shouldThrowWhenDirectoryIsMissing() {
        Path path = directory.resolve("nowhere/window");
        assertThrows(RuntimeFailure.class, () -> SharedWindow.create(path, ROUTE, 64 * 1024));
    }
}
