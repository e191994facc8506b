package io.longreel.curriculum.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileTokenizerTest {
    private static final List<String> CHATML = List.of("<|endoftext|>", "<|im_start|>", "<|im_end|>");

    @TempDir
    Path folder;

    @Test
    void shouldEncodeAndDecodeAsTheFileSays() {
        TestTokenizer.write(folder, CHATML);
        FileTokenizer tokenizer = FileTokenizer.open(folder);
        assertEquals(256 + 7 + 3, tokenizer.size());
        assertEquals(OptionalInt.of(264), tokenizer.special("<|im_start|>"));
        assertEquals(OptionalInt.empty(), tokenizer.special("<image>"));
        // " the" is a merge of merges, "\n\n" a merge; the special token is one id in the middle of text.
        assertArrayEquals(new int[] {259, 256, 264, '!' /* its own byte */}, tokenizer.encode(" the\n\n<|im_start|>!"));
        for (String text : List.of("", "déjà vu 的 🎥\n", "the  cat's\r\n")) {
            assertEquals(text, tokenizer.decode(tokenizer.encode(text)));
        }
        assertEquals("ok", tokenizer.decode(tokenizer.encode("<|im_start|>ok<|im_end|>")));
    }

    @Test
    void shouldNameTheFileWhenItIsWrong() throws IOException {
        Path file = folder.resolve("tokenizer.json");
        assertTrue(message(folder).contains(file.toString()));
        Files.writeString(file, "{ \"model\": ");
        assertTrue(message(folder).contains("tokenizer.json cannot be read"), message(folder));
        Files.writeString(file, "{ \"model\": {} }");
        assertTrue(message(folder).contains("no vocabulary"), message(folder));
        Files.writeString(file, "{ \"model\": { \"type\": \"BPE\", \"vocab\": { \"a\": 0 } } }");
        assertTrue(message(folder).contains("cannot be used"), message(folder));
    }

    @Test
    void shouldRefuseATokenThatOnlyTheConfigurationHas() throws IOException {
        TestTokenizer.write(folder, CHATML);
        Files.writeString(
                folder.resolve("tokenizer_config.json"),
                "{\"added_tokens_decoder\": {\"264\": {\"content\": \"<|im_start|>\"}, \"300\": {\"content\": \"<vila/video>\"}}}");
        assertTrue(message(folder).contains("lacks a token"), message(folder));
        assertTrue(message(folder).contains("token=<vila/video> id=300"), message(folder));
    }

    private static String message(Path folder) {
        String message = assertThrows(RuntimeFailure.class, () -> FileTokenizer.open(folder))
                .getMessage();
        assertEquals(1, message.lines().count());
        return message;
    }
}
