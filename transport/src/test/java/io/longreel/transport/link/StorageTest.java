package io.longreel.transport.link;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.RuntimeFailure.Category;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StorageTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @Test
    void shouldSayWhatIsMissingWhenThereIsNoRoom() {
        Storage.require(directory, 1, Category.CONFIG, "a byte");
        RuntimeFailure failure = assertThrows(
                RuntimeFailure.class,
                () -> Storage.require(directory, Long.MAX_VALUE, Category.RETRYABLE, "everything"));
        assertEquals(Category.RETRYABLE, failure.category());
        assertTrue(
                failure.getMessage().contains("room for everything: neededBytes=9223372036854775807"),
                failure::toString);
        assertTrue(failure.getMessage().contains(directory.toString()), failure::toString);
    }

    @Test
    void shouldSayWhereWhenTheDirectoryIsMissing() {
        Path missing = directory.resolve("missing");
        RuntimeFailure failure =
                assertThrows(RuntimeFailure.class, () -> Storage.require(missing, 1, Category.RETRYABLE, "a byte"));
        assertEquals(Category.CONFIG, failure.category());
        assertTrue(failure.getMessage().contains(missing.toString()), failure::toString);
    }
}
