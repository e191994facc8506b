package io.longreel.curriculum.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import io.longreel.model.shard.Span;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ChatEncoderTest {
    private static final int[] FRAME = {900, 901};

    @TempDir
    Path folder;

    private Tokenizer tokenizer;
    private ChatEncoder chat;

    @BeforeEach
    void open() {
        TestTokenizer.write(folder, List.of("<|endoftext|>", "<|im_start|>", "<|im_end|>"));
        tokenizer = FileTokenizer.open(folder);
        chat = ChatEncoder.of(tokenizer, ChatTemplate.open("qwen2-chatml"), Optional.empty());
    }

    @Test
    void shouldWriteWhatQwen2Expects() {
        ChatIds ids = chat.conversation(
                List.of(new Turn(Role.USER, "What is it?"), new Turn(Role.ASSISTANT, "A bird.")), List.of());
        assertArrayEquals(
                tokenizer.encode(
                        "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\nWhat is it?<|im_end|>\n<|im_start|>assistant\nA bird.<|im_end|>\n"),
                ids.ids());
        assertEquals("A bird.", learned(ids));
        assertEquals(tokenizer.special("<|im_end|>").orElseThrow(), lastLearned(ids));
    }

    /** The authors compare two renderings token by token, and an answer of a bare line break is then taken for the template's own (specification 2.5). */
    @Test
    void shouldLearnAnAnswerThatLooksLikeTheTemplate() {
        for (String answer : List.of("\n", "\n\n", "user\n", "assistant\n\nuser", "<|im_end|>", "a<|im_start|>b")) {
            ChatIds ids = chat.conversation(
                    List.of(
                            new Turn(Role.USER, "q"),
                            new Turn(Role.ASSISTANT, answer),
                            new Turn(Role.USER, "again"),
                            new Turn(Role.ASSISTANT, answer)),
                    List.of());
            assertEquals(answer + answer, learned(ids), () -> "answer=" + answer);
            long ends = Arrays.stream(ids.labels())
                    .filter(id -> id == tokenizer.special("<|im_end|>").orElseThrow())
                    .count();
            assertEquals(2, ends, "one end per answer is learned, and no text of a message is one");
        }
    }

    @Test
    void shouldPutMediaInFrontOfTheFirstQuestion() {
        ChatIds ids = chat.conversation(
                List.of(
                        new Turn(Role.SYSTEM, ""),
                        new Turn(Role.USER, "q"),
                        new Turn(Role.ASSISTANT, "a"),
                        new Turn(Role.USER, "r"),
                        new Turn(Role.ASSISTANT, "b")),
                List.of(new int[] {900, 901, 900, 901}, FRAME));
        int[] opening = tokenizer.encode("<|im_start|>user\n");
        assertEquals(
                List.of(new Span(opening.length, opening.length + 4), new Span(opening.length + 4, opening.length + 6)),
                ids.media());
        assertArrayEquals(opening, Arrays.copyOf(ids.ids(), opening.length), "an empty system message is none");
        assertEquals("ab", learned(ids));
    }

    @Test
    void shouldPromptWithWhatTrainingHadInFrontOfTheAnswer() {
        List<Turn> asked = List.of(new Turn(Role.USER, "\nWhich?\n"));
        ChatIds prompt = chat.prompt(asked, List.of(FRAME));
        ChatIds trained =
                chat.conversation(List.of(asked.getFirst(), new Turn(Role.ASSISTANT, "\nthe end")), List.of(FRAME));
        assertArrayEquals(prompt.ids(), Arrays.copyOf(trained.ids(), prompt.ids().length));
        assertEquals(
                0, Arrays.stream(prompt.labels()).filter(label -> label != -100).count());
    }

    @Test
    void shouldNameWhatATokenizerLacks() {
        String message = assertThrows(
                        RuntimeFailure.class,
                        () -> ChatEncoder.of(tokenizer, ChatTemplate.open("llama-3"), Optional.empty()))
                .getMessage();
        assertTrue(message.contains("missing=<|begin_of_text|> <|start_header_id|>"), message);
        String unknown = assertThrows(RuntimeFailure.class, () -> ChatTemplate.open("qwen2-chatnl"))
                .getMessage();
        assertTrue(unknown.contains("did you mean qwen2-chatml?"), unknown);
    }

    @Test
    void shouldReadATemplateOfTheUsers() throws IOException {
        Path file = folder.resolve("mine.conf");
        Files.writeString(
                file,
                "user-turn { before = \"Q: \", after = \"\\n\" }\nassistant-turn { before = \"A:\", prefix = \" \" }\nanswer-end = \"\\n\"\n");
        ChatEncoder mine =
                ChatEncoder.of(new ByteLevelTokenizer(), ChatTemplate.open(file.toString()), Optional.of("Hi"));
        ChatIds ids = mine.conversation(List.of(new Turn(Role.USER, "q"), new Turn(Role.ASSISTANT, "a")), List.of());
        assertEquals("HiQ: q\nA: a\n", ByteTokenizer.decode(ids.ids()));
        for (String typo :
                List.of("answer-end = x, sytem = a", "answer-end = x, user-turn { befor = a }", "system = a")) {
            Files.writeString(file, typo);
            String message = assertThrows(RuntimeFailure.class, () -> ChatTemplate.open(file.toString()))
                    .getMessage();
            assertTrue(message.contains("did you mean") || message.contains("must have an answer-end"), message);
        }
        Files.writeString(file, "answer-end = ");
        assertThrows(RuntimeFailure.class, () -> ChatTemplate.open(file.toString()));
    }

    @Test
    void shouldSpeakEveryTemplateOfTheProgram() {
        TestTokenizer.write(
                folder,
                List.of(
                        "<|im_start|>",
                        "<|im_end|>",
                        "<s>",
                        "</s>",
                        "<|begin_of_text|>",
                        "<|start_header_id|>",
                        "<|end_header_id|>",
                        "<|eot_id|>",
                        "<|begin|>",
                        "<|end|>"));
        Tokenizer all = FileTokenizer.open(folder);
        for (String name : ChatTemplate.NAMES) {
            ChatEncoder encoder = ChatEncoder.of(all, ChatTemplate.open(name), Optional.empty());
            ChatIds ids = encoder.conversation(
                    List.of(new Turn(Role.USER, "Who?"), new Turn(Role.ASSISTANT, "Me")), List.of());
            assertEquals("Me", learned(all, ids).strip(), name);
        }
        assertEquals("qwen2-chatml", ChatTemplate.fitting(all).name());
        assertEquals("plain", ChatTemplate.fitting(new ByteLevelTokenizer()).name());
    }

    private String learned(ChatIds ids) {
        return learned(tokenizer, ids);
    }

    private static String learned(Tokenizer tokenizer, ChatIds ids) {
        return tokenizer.decode(
                Arrays.stream(ids.labels()).filter(label -> label != -100).toArray());
    }

    private static int lastLearned(ChatIds ids) {
        return Arrays.stream(ids.labels())
                .filter(label -> label != -100)
                .reduce((a, b) -> b)
                .orElseThrow();
    }
}
