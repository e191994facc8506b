package io.longreel.curriculum.chat;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.TestFootage;
import io.longreel.curriculum.corpus.Medium;
import io.longreel.curriculum.text.ByteTokenizer;
import io.longreel.curriculum.text.Role;
import io.longreel.curriculum.text.TestTokenizer;
import io.longreel.curriculum.text.Tokenizer;
import io.longreel.curriculum.text.Wording;
import io.longreel.model.generate.Sampling;
import io.longreel.model.shard.Span;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PromptEncoderTest {
    private static final List<String> CHATML = List.of("<|endoftext|>", "<|im_start|>", "<|im_end|>");

    @TempDir
    Path folder;

    private Path model(String frameEnd, int maxPositions) {
        return TestModel.write(folder.resolve("model"), TestModel.config(320, maxPositions, frameEnd), 1);
    }

    private Path spoken() {
        Path model = model("\n", 4096);
        TestTokenizer.write(model.resolve("llm"), CHATML);
        return model;
    }

    private static PromptEncoder open(Path model) {
        return open(model, PromptEncoder.Options.DEFAULTS);
    }

    private static PromptEncoder open(Path model, PromptEncoder.Options options) {
        return PromptEncoder.open(model, options, () -> 0L);
    }

    private static ChatPart shown(Path video) {
        return new ChatPart.Media(Medium.whole(Medium.Kind.VIDEO, video));
    }

    private static ChatMessage asked(ChatPart... parts) {
        return new ChatMessage(Role.USER, List.of(parts));
    }

    private static ChatPart said(String text) {
        return new ChatPart.Text(text);
    }

    private static ChatQuestion question(int framesMax, ChatMessage... messages) {
        return new ChatQuestion(List.of(messages), framesMax, Sampling.GREEDY, 8, List.of("Q:"));
    }

    private static String failure(Runnable work) {
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, work::run);
        assertEquals(RuntimeFailure.Category.DATA, failure.category());
        assertEquals(1, failure.getMessage().lines().count());
        return failure.getMessage();
    }

    /** The form of the samples that the program makes itself, whichever way round it is asked. */
    @Test
    void shouldAskAModelOfBytesAsItWasTrained() {
        Path video = TestFootage.generated(folder, 30, 4);
        Wording wording = Wording.bytes();
        String text = "\nWhich number is on the card? ";
        int[] markers = IntStream.generate(wording::imageToken).limit(3).toArray();
        int[] expected = concat(wording.open(), markers, wording.question(text));
        try (PromptEncoder encoder = open(model("", 4096))) {
            Prompt prompt = encoder.encode(question(3, asked(shown(video), said(text))));
            assertArrayEquals(expected, prompt.ids());
            assertArrayEquals(
                    expected,
                    encoder.encode(question(3, asked(said(text), shown(video)))).ids());
            assertEquals(List.of(new Span(1, 4)), prompt.spans());
            assertArrayEquals(new int[] {ByteTokenizer.END}, prompt.stopIds());
            assertEquals(List.of("Q:"), prompt.stopTexts());
            assertEquals(prompt.ids().length + 3L * 3, prompt.tokens(TestModel.TOKENS_PER_FRAME));
            Prompt usual = encoder.encode(question(0, asked(shown(video))));
            assertEquals(8, usual.frames().frameCount(), "what a model is made for when it says nothing");
        }
    }

    private static int[] concat(int[]... parts) {
        return Arrays.stream(parts).flatMapToInt(IntStream::of).toArray();
    }

    @Test
    void shouldPutMediaWhereTheyAreShown() {
        Path first = TestFootage.generated(folder, 30, 4);
        Path second = TestFootage.generated(folder, 20, 5);
        try (PromptEncoder encoder = open(spoken())) {
            Tokenizer tokenizer = encoder.tokenizer();
            Prompt prompt = encoder.encode(question(
                    2,
                    asked(said("Is "), shown(first), said(" this?")),
                    ChatMessage.of(Role.ASSISTANT, "A bird."),
                    asked(shown(second), said("And <|im_end|> this?"))));
            int image = encoder.model().imageToken();
            int[] frame = concat(new int[] {image}, tokenizer.encode("\n"));
            int[] expected = concat(
                    tokenizer.encode(
                            "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\nIs "),
                    frame,
                    frame,
                    tokenizer.encode(" this?<|im_end|>\n<|im_start|>assistant\n"),
                    tokenizer.encode("A bird.<|im_end|>"),
                    tokenizer.encode("\n<|im_start|>user\n"),
                    frame,
                    frame,
                    tokenizer.encode("And <"),
                    tokenizer.encode("|im_end|> this?"),
                    tokenizer.encode("<|im_end|>\n<|im_start|>assistant\n"));
            assertEquals(tokenizer.decode(expected), tokenizer.decode(prompt.ids()));
            assertArrayEquals(expected, prompt.ids());
            assertEquals(4, prompt.frames().frameCount());
            for (Span medium : prompt.spans()) {
                assertEquals(concat(frame, frame).length, medium.to() - medium.from());
                assertEquals(image, prompt.ids()[medium.from()]);
            }
            assertArrayEquals(new int[] {tokenizer.special("<|im_end|>").orElseThrow()}, prompt.stopIds());
        }
    }

    @Test
    void shouldTakeTemplateSystemMessageAndEndsFromWhoKnows() throws IOException {
        Path model = spoken();
        Files.writeString(
                model.resolve("llm/generation_config.json"),
                "{\"eos_token_id\": [%d, %d]}".formatted(256 + 7, 256 + 7 + 2));
        Path template = folder.resolve("mine.chat");
        Files.writeString(
                template,
                "user-turn { before = \"USER: \", after = \" \" }\nassistant-turn { before = \"ASSISTANT:\", prefix = \" \" }\nanswer-end = \"\\nUSER\"");
        PromptEncoder.Options mine = PromptEncoder.Options.DEFAULTS.withTemplate(Optional.of(template.toString()));
        try (PromptEncoder encoder = open(model, mine.withSystem(Optional.of("Hi ")))) {
            Prompt prompt = encoder.encode(question(0, ChatMessage.of(Role.USER, "Who?")));
            assertEquals("Hi USER: Who? ASSISTANT:", encoder.tokenizer().decode(prompt.ids()));
            assertArrayEquals(new int[] {263, 265}, prompt.stopIds());
            assertEquals(List.of("\nUSER", "Q:"), prompt.stopTexts());
        }
        try (PromptEncoder encoder = open(model)) {
            Prompt prompt = encoder.encode(
                    question(0, ChatMessage.of(Role.SYSTEM, "Brief."), ChatMessage.of(Role.USER, "Who?")));
            assertEquals(
                    "system\nBrief.\nuser\nWho?\nassistant\n",
                    encoder.tokenizer().decode(prompt.ids()));
        }
    }

    @Test
    void shouldKnowFramesByWhatTheyShow() throws IOException {
        Path video = TestFootage.generated(folder, 30, 4);
        Path other = TestFootage.generated(folder, 30, 5);
        try (PromptEncoder encoder = open(model("", 4096))) {
            Prompt prompt = encoder.encode(question(4, asked(shown(video), said("a"))));
            Prompt both = encoder.encode(question(4, asked(shown(other), shown(video), said("b"))));
            Prompt fewer = encoder.encode(question(2, asked(shown(video))));
            assertEquals(prompt.frames().key(3), both.frames().key(7));
            assertNotEquals(prompt.frames().key(0), both.frames().key(0));
            assertNotEquals(prompt.frames().key(1), fewer.frames().key(1));
            float[] pixels = pixels(prompt);
            try (PromptEncoder rank = open(folder.resolve("model"))) {
                Prompt same = new Prompt(
                        prompt.ids(),
                        prompt.spans(),
                        prompt.media(),
                        rank.frames(prompt.media()),
                        prompt.stopIds(),
                        prompt.stopTexts());
                assertArrayEquals(pixels, pixels(same), "as another process makes them of the description");
            }
            Files.copy(other, video, StandardCopyOption.REPLACE_EXISTING);
            Files.setLastModifiedTime(video, FileTime.fromMillis(1_000_000));
            Prompt changed = encoder.encode(question(4, asked(shown(video), said("a"))));
            assertNotEquals(prompt.frames().key(0), changed.frames().key(0));
            assertNotEquals(pixels[100], pixels(changed)[100]);
        }
    }

    private static float[] pixels(Prompt prompt) {
        int frames = prompt.frames().frameCount();
        try (TensorArena arena = TensorArena.open("pixels", 1 << 20)) {
            Tensor pixels = arena.allocate(frames, 3, TestModel.IMAGE_SIZE, TestModel.IMAGE_SIZE);
            prompt.frames().read(0, frames, pixels);
            return pixels.toFloats();
        }
    }

    @Test
    void shouldCutAnImageIntoTilesWhereTheModelSaysSo() throws IOException {
        Path model = model("", 4096);
        Path picture = folder.resolve("wide.png");
        ImageIO.write(new BufferedImage(224, 112, BufferedImage.TYPE_INT_RGB), "png", picture.toFile());
        ChatQuestion question = question(0, asked(new ChatPart.Media(Medium.whole(Medium.Kind.IMAGE, picture))));
        try (PromptEncoder encoder = open(model)) {
            assertEquals(1, encoder.encode(question).frames().frameCount());
        }
        set(model, json -> json.put("image_aspect_ratio", "dynamic").put("max_tiles", 2));
        try (PromptEncoder encoder = open(model)) {
            assertEquals(3, encoder.encode(question).frames().frameCount());
        }
        set(model, json -> json.put("image_aspect_ratio", "anyres"));
        assertTrue(failure(() -> open(model)).contains("key=image_aspect_ratio"));
        set(model, json -> json.put("image_aspect_ratio", "pad").put("num_video_frames", 5));
        try (PromptEncoder encoder = open(model)) {
            Path video = TestFootage.generated(folder, 30, 4);
            assertEquals(
                    5, encoder.encode(question(0, asked(shown(video)))).frames().frameCount());
        }
    }

    private static void set(Path model, Consumer<ObjectNode> change) throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        Path file = model.resolve("config.json");
        ObjectNode json = (ObjectNode) mapper.readTree(file.toFile());
        change.accept(json);
        Files.write(file, mapper.writeValueAsBytes(json));
    }

    @Test
    void shouldSayWhatCannotBeAsked() {
        Path video = TestFootage.generated(folder, 30, 4);
        Path gone = folder.resolve("gone.mp4");
        try (PromptEncoder encoder = open(model("", 64))) {
            String tooLong = failure(() -> encoder.encode(question(20, asked(shown(video), said("a")))));
            assertTrue(
                    tooLong.contains("82 tokens (20 frames of 4, and 2 around them and of text)")
                            && tooLong.contains("ends at 64")
                            && tooLong.contains("fewer frames"),
                    tooLong);
            assertTrue(failure(() -> encoder.encode(question(0, asked(said("a".repeat(99))))))
                    .contains("shorten it"));
            assertTrue(failure(() -> encoder.encode(question(0, asked(shown(gone)))))
                    .contains("gone.mp4 must exist"));
            assertTrue(failure(() -> encoder.encode(question(
                            0,
                            asked(said("a")),
                            new ChatMessage(Role.ASSISTANT, List.of(shown(video))),
                            asked(said("b")))))
                    .contains("of the user, not of the assistant"));
            assertTrue(failure(() -> encoder.encode(question(0, ChatMessage.of(Role.ASSISTANT, "a"))))
                    .contains("must not be the assistant's"));
        }
    }

    @Test
    void shouldRefuseAModelThatCannotSpeakBytes() {
        Path model = TestModel.write(folder.resolve("small"), TestModel.config(300, 64, ""), 1);
        assertTrue(failure(() -> open(model)).contains("no tokenizer"));
    }
}
