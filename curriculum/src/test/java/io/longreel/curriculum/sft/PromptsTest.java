package io.longreel.curriculum.sft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PromptsTest {
    private final Path folder;

    PromptsTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @Test
    void shouldBeTheSameWhenWrittenOutAndReadAgain() {
        Prompts builtIn = Prompts.builtIn();
        builtIn.writeTo(folder.resolve("prompts"));
        Prompts read = Prompts.from(folder.resolve("prompts"));
        for (Prompts.Part part : Prompts.Part.values()) {
            assertEquals(builtIn.sha256(part), read.sha256(part));
        }
    }

    @Test
    void shouldReplaceThePartsThatAFolderHas() throws IOException {
        Files.writeString(folder.resolve("write.txt"), "Read {captions} as {\"json\": 1}.");
        Prompts prompts = Prompts.from(folder);
        assertEquals(
                "Read $1 {kinds} as {\"json\": 1}.",
                prompts.filled(Prompts.Part.WRITE, Map.of("captions", "$1 {kinds}")));
        assertEquals(Prompts.builtIn().text(Prompts.Part.CAPTION), prompts.text(Prompts.Part.CAPTION));
        assertNotEquals(Prompts.builtIn().sha256(Prompts.Part.WRITE), prompts.sha256(Prompts.Part.WRITE));
    }

    @Test
    void shouldRefusePromptsThatCannotWork() throws IOException {
        assertRefused("a folder of prompts needs");
        Files.writeString(folder.resolve("write.txt"), "Write something.");
        assertRefused("{captions} must stand in it");
        Files.writeString(folder.resolve("write.txt"), "Write {captions} {colour}.");
        assertRefused("{colour} is unknown");
        Files.writeString(folder.resolve("write.txt"), " \n");
        assertRefused("must not be empty");
    }

    private void assertRefused(String reason) {
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> Prompts.from(folder));
        assertTrue(failure.getMessage().contains(reason), failure::getMessage);
    }
}
