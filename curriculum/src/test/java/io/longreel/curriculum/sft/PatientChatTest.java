package io.longreel.curriculum.sft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

final class PatientChatTest {
    private static final ChatRequest REQUEST = ChatRequest.of(List.of(), "hello", 10, 0);
    private static final ChatReply BUSY = new ChatReply.Busy("no time");

    private final VirtualTime time = new VirtualTime();
    private final Deque<ChatReply> replies = new ArrayDeque<>();

    @Test
    void shouldPauseLongerAndLongerWhileTheModelIsBusy() {
        PatientChat.Answer answer = ask(chat(9, 0), BUSY, BUSY, BUSY, BUSY, new ChatReply.Text("well"));
        assertEquals(new PatientChat.Answer.Text("well"), answer);
        List<Long> pauses = time.pauses();
        long[] longest = {100, 200, 400, 400};
        for (int i = 0; i < longest.length; i++) {
            assertTrue(pauses.get(i) >= longest[i] / 2 && pauses.get(i) <= longest[i], pauses::toString);
        }
        assertEquals(4, pauses.size());
        assertTrue(pauses.stream().distinct().count() > 2, "jitter: " + pauses);
    }

    @Test
    void shouldWaitAsLongAsTheModelAsks() {
        ask(chat(3, 0), new ChatReply.Busy("later", Optional.of(7_000L)), new ChatReply.Text("well"));
        assertTrue(time.pauses().stream().anyMatch(ms -> ms >= 7_000), time.pauses()::toString);
    }

    @Test
    void shouldGiveUpAfterTheLastAttempt() {
        PatientChat chat = chat(3, 0);
        PatientChat.Answer.GaveUp gaveUp =
                assertInstanceOf(PatientChat.Answer.GaveUp.class, ask(chat, BUSY, BUSY, BUSY));
        assertEquals("no time (attempt 3 of 3)", gaveUp.reason());
        assertEquals(3, chat.requests());
    }

    @Test
    void shouldEndTheBuildWhenNobodyAnswersAnyMore() {
        PatientChat chat = chat(1, 0);
        for (int i = 0; i < 7; i++) {
            assertInstanceOf(PatientChat.Answer.GaveUp.class, ask(chat, BUSY));
        }
        RuntimeFailure failure = failure(chat, BUSY);
        assertEquals(RuntimeFailure.Category.RETRYABLE, failure.category());
    }

    @Test
    void shouldEndTheBuildWhenTheModelRefusesOrWantsQuietForHours() {
        assertEquals(
                RuntimeFailure.Category.CONFIG,
                failure(chat(9, 0), new ChatReply.Refused("wrong key")).category());
        assertEquals(
                RuntimeFailure.Category.RETRYABLE,
                failure(chat(9, 0), new ChatReply.Busy("tomorrow", Optional.of(86_400_000L)))
                        .category());
    }

    @Test
    void shouldSendNoMoreRequestsThanAMinuteMayHave() {
        PatientChat chat = chat(1, 30);
        long startMs = time.millis();
        for (int i = 0; i < 5; i++) {
            ask(chat, new ChatReply.Text("well"));
        }
        assertEquals(4 * 2_000, time.millis() - startMs);
    }

    @Test
    void shouldSendNothingWhenStopped() {
        PatientChat chat = chat(5, 0);
        chat.stop();
        CompletionException thrown = assertThrows(CompletionException.class, () -> ask(chat, BUSY));
        assertInstanceOf(CancellationException.class, thrown.getCause());
        assertEquals(0, chat.requests());
    }

    @Test
    void shouldNotWaitOutAPauseWhenStopped() {
        CompletableFuture<Void> never = new CompletableFuture<>();
        PatientChat chat = new PatientChat(
                model(), new PatientChat.Patience(5, 100, 400), new RequestPace(time, time, 0), ms -> never, random());
        replies.add(BUSY);
        CompletionStage<PatientChat.Answer> asked = chat.ask(REQUEST);
        chat.stop();
        assertThrows(
                CompletionException.class, () -> asked.toCompletableFuture().join());
    }

    private PatientChat chat(int attempts, double requestsPerMinute) {
        return new PatientChat(
                model(),
                new PatientChat.Patience(attempts, 100, 400),
                new RequestPace(time, time, requestsPerMinute),
                time,
                random());
    }

    private PatientChat.Answer ask(PatientChat chat, ChatReply... answers) {
        replies.addAll(Arrays.asList(answers));
        return chat.ask(REQUEST).toCompletableFuture().join();
    }

    private RuntimeFailure failure(PatientChat chat, ChatReply answer) {
        return assertInstanceOf(
                RuntimeFailure.class,
                assertThrows(CompletionException.class, () -> ask(chat, answer)).getCause());
    }

    private static SplittableRandom random() {
        return new SplittableRandom(5);
    }

    private ChatModel model() {
        return new ChatModel() {
            @Override
            public String name() {
                return "scripted";
            }

            @Override
            public CompletionStage<ChatReply> ask(ChatRequest request) {
                return CompletableFuture.completedFuture(replies.remove());
            }
        };
    }
}
