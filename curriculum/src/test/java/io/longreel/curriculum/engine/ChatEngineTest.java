package io.longreel.curriculum.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.AttentionSettings;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Mesh;
import io.longreel.curriculum.TestFootage;
import io.longreel.curriculum.chat.AnswerListener;
import io.longreel.curriculum.chat.ChatAnswer;
import io.longreel.curriculum.chat.ChatMessage;
import io.longreel.curriculum.chat.ChatPart;
import io.longreel.curriculum.chat.ChatQuestion;
import io.longreel.curriculum.chat.ChatService;
import io.longreel.curriculum.chat.PromptEncoder;
import io.longreel.curriculum.chat.ServiceFacts;
import io.longreel.curriculum.chat.TestModel;
import io.longreel.curriculum.corpus.Medium;
import io.longreel.curriculum.text.Role;
import io.longreel.model.SessionOptions;
import io.longreel.model.generate.Sampling;
import io.longreel.ops.device.Devices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real model on real ranks. */
final class ChatEngineTest {
    private static final EngineLimits LIMITS = new EngineLimits(64, 64, 8, 400, 3);

    @TempDir
    Path folder;

    private Path model;
    private Path video;

    @BeforeEach
    void write() {
        model = TestModel.write(folder.resolve("model"), TestModel.config(320, 2048, ""), 1);
        video = TestFootage.generated(folder, 30, 4);
    }

    private ChatEngine open(Mesh mesh, EngineLimits limits) {
        PromptEncoder encoder = PromptEncoder.open(model, PromptEncoder.Options.DEFAULTS, () -> 0L);
        LocalMesh ranks = new LocalMesh(
                new LocalMesh.Setup(mesh, Devices.cpu(), SessionOptions.DEFAULTS, encoder, limits.cachePages()));
        return ChatEngine.start("test", encoder, ranks, limits, mesh.ringDegree(), System::nanoTime);
    }

    private ChatQuestion question(int frames, String text, int newTokens, Sampling sampling) {
        List<ChatPart> parts = new ArrayList<>();
        if (frames > 0) {
            parts.add(new ChatPart.Media(Medium.whole(Medium.Kind.VIDEO, video)));
        }
        parts.add(new ChatPart.Text(text));
        return new ChatQuestion(List.of(new ChatMessage(Role.USER, parts)), frames, sampling, newTokens, List.of());
    }

    private ChatQuestion question(int number) {
        Sampling sampling = number % 3 == 0 ? new Sampling(1, 20, 0.9, 1.1, number) : Sampling.GREEDY;
        return question(
                number % 4 * 5, "question %d %s".formatted(number, "x".repeat(number % 17)), 1 + number % 12, sampling);
    }

    /** Two hundred at once, on two shapes of mesh, while some go away: nobody hears what is another's. */
    @Test
    void shouldAnswerManyAtOnceAsOneByOne() {
        List<String> expected = new ArrayList<>();
        try (ChatEngine engine = open(Mesh.single(), new EngineLimits(64, 64, 1, 400, 1))) {
            for (int i = 0; i < 200; i++) {
                expected.add(engine.answer(question(i)).text());
            }
        }
        assertTrue(new HashSet<>(expected).size() > 50, "answers must differ to tell anything");
        for (Mesh mesh : List.of(Mesh.single(), new Mesh(1, 2, 2))) {
            try (ChatEngine engine = open(mesh, LIMITS)) {
                List<CompletableFuture<String>> answers = new ArrayList<>();
                for (int i = 0; i < 200; i++) {
                    answers.add(ask(engine, question(i)));
                    if (i % 10 == 9) {
                        ChatService.Answering leaver = engine.ask(question(i), new Silent());
                        leaver.cancel();
                    }
                }
                for (int i = 0; i < 200; i++) {
                    assertEquals(expected.get(i), answers.get(i).join(), "question " + i + " on " + mesh);
                }
            }
        }
    }

    private static CompletableFuture<String> ask(ChatEngine engine, ChatQuestion question) {
        CompletableFuture<String> answer = new CompletableFuture<>();
        engine.ask(question, new Silent() {
            @Override
            public void done(ChatAnswer whole) {
                answer.complete(whole.text());
            }

            @Override
            public void failed(RuntimeFailure failure) {
                answer.completeExceptionally(failure);
            }
        });
        return answer;
    }

    private static class Silent implements AnswerListener {
        @Override
        public void text(String piece) {}

        @Override
        public void done(ChatAnswer answer) {}

        @Override
        public void failed(RuntimeFailure failure) {}
    }

    @Test
    void shouldReadACachedVideoOnce() {
        ChatQuestion first = question(20, "what is it?", 6, Sampling.GREEDY);
        try (ChatEngine engine = open(new Mesh(1, 2, 1), LIMITS)) {
            ChatAnswer answer = engine.answer(first);
            ServiceFacts facts = engine.facts().orElseThrow();
            assertEquals(1, facts.generation());
            assertEquals(LIMITS.cachePages(), facts.pages());
            List<ChatMessage> turns = new ArrayList<>(first.messages());
            turns.add(ChatMessage.of(Role.ASSISTANT, "a card"));
            turns.add(ChatMessage.of(Role.USER, "and then?"));
            ChatQuestion second = new ChatQuestion(turns, 20, Sampling.GREEDY, 6, List.of());
            ChatAnswer next = engine.answer(second);
            assertTrue(next.cachedTokens() >= answer.promptTokens(), next.toString());
            try (ChatEngine fresh = open(new Mesh(1, 2, 1), LIMITS)) {
                ChatAnswer anew = fresh.answer(second);
                assertEquals(anew.text(), next.text());
                assertEquals(0, anew.cachedTokens());
            }
        }
    }

    @Test
    void shouldGoOnWhenAVideoTurnsOutToBeDamaged() throws IOException {
        byte[] whole = Files.readAllBytes(video);
        Path damaged = folder.resolve("damaged.mp4");
        try (ChatEngine engine = open(new Mesh(1, 2, 1), LIMITS)) {
            Files.write(damaged, whole);
            ChatQuestion question = new ChatQuestion(
                    List.of(new ChatMessage(
                            Role.USER, List.of(new ChatPart.Media(Medium.whole(Medium.Kind.VIDEO, damaged))))),
                    8,
                    Sampling.GREEDY,
                    4,
                    List.of());
            String good =
                    engine.answer(question(5, "well?", 4, Sampling.GREEDY)).text();
            Files.write(damaged, new byte[100]);
            RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> engine.answer(question));
            assertEquals(RuntimeFailure.Category.DATA, failure.category());
            assertEquals(
                    good,
                    engine.answer(question(5, "well?", 4, Sampling.GREEDY)).text());
            assertEquals(0, engine.openCount());
            assertEquals(0, engine.facts().orElseThrow().open());
        }
    }

    /** It is looked at when it is asked for, and gone when its turn comes. */
    @Test
    void shouldGoOnWhenAVideoGoesWhileItsQuestionWaits() throws IOException {
        Path gone = folder.resolve("gone.mp4");
        Files.copy(video, gone);
        try (ChatEngine engine = open(new Mesh(1, 2, 1), new EngineLimits(64, 64, 1, 400, 1))) {
            ChatQuestion question = new ChatQuestion(
                    List.of(new ChatMessage(
                            Role.USER, List.of(new ChatPart.Media(Medium.whole(Medium.Kind.VIDEO, gone))))),
                    8,
                    Sampling.GREEDY,
                    4,
                    List.of());
            CountDownLatch asked = new CountDownLatch(1);
            CompletableFuture<String> first = new CompletableFuture<>();
            engine.ask(question(5, "first", 12, Sampling.GREEDY), new Silent() {
                @Override
                public void done(ChatAnswer answer) {
                    try {
                        asked.await(); // holds the engine up, so that the other one waits
                        Files.delete(gone);
                        first.complete(answer.text());
                    } catch (InterruptedException | IOException e) {
                        first.completeExceptionally(e);
                    }
                }
            });
            CompletableFuture<String> second = ask(engine, question);
            asked.countDown();
            first.join();
            CompletionException failure = assertThrows(CompletionException.class, second::join);
            assertTrue(failure.getCause() instanceof RuntimeFailure cause
                    && cause.category() == RuntimeFailure.Category.DATA);
            assertEquals(
                    first.join(),
                    engine.answer(question(5, "first", 12, Sampling.GREEDY)).text());
        }
    }

    @Test
    void shouldRefuseSettingsThatItDoesNotCompute() {
        SessionOptions windowed = SessionOptions.DEFAULTS.withAttention(
                new AttentionSettings(AttentionSettings.Mask.CAUSAL, OptionalInt.of(4), 0, Optional.empty()));
        PromptEncoder encoder = PromptEncoder.open(model, PromptEncoder.Options.DEFAULTS, () -> 0L);
        LocalMesh ranks = new LocalMesh(new LocalMesh.Setup(Mesh.single(), Devices.cpu(), windowed, encoder, 64));
        try (ChatEngine engine = ChatEngine.start("test", encoder, ranks, LIMITS, 1, System::nanoTime)) {
            RuntimeFailure failure = engine.broken().join();
            assertEquals(RuntimeFailure.Category.CONFIG, failure.category());
            assertThrows(RuntimeFailure.class, () -> engine.answer(question(0, "well?", 4, Sampling.GREEDY)));
        }
    }

    @Test
    void shouldRefuseWhatIsTooMuch() {
        try (ChatEngine engine = open(Mesh.single(), new EngineLimits(4, 64, 1, 1, 3))) {
            RuntimeFailure large = assertThrows(
                    RuntimeFailure.class, () -> engine.answer(question(0, "x".repeat(1000), 4, Sampling.GREEDY)));
            assertTrue(large.getMessage().contains("pages"), large.getMessage());
            RuntimeFailure longer = assertThrows(
                    RuntimeFailure.class, () -> engine.answer(question(0, "x".repeat(3000), 4, Sampling.GREEDY)));
            assertTrue(longer.getMessage().contains("context"), longer.getMessage());
            CountDownLatch release = new CountDownLatch(1);
            ChatQuestion question = question(0, "hold", 4, Sampling.GREEDY);
            engine.ask(question, new Silent() {
                @Override
                public void done(ChatAnswer answer) {
                    try {
                        release.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                }
            });
            ChatService.Answering second = engine.ask(question, new Silent());
            assertThrows(ChatService.Busy.class, () -> engine.ask(question, new Silent()));
            release.countDown();
            second.cancel();
        }
    }
}
