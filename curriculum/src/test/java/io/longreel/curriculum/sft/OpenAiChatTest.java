package io.longreel.curriculum.sft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class OpenAiChatTest {
    private static final ChatRequest WRITE = ChatRequest.of(List.of(), "[00:00 - 00:10] A caption.", 100, 0.2);

    @Test
    void shouldGetAnAnswer() throws IOException {
        try (StubEndpoint endpoint = new StubEndpoint();
                OpenAiChat chat = chat(endpoint.base(), 10_000)) {
            ChatReply.Text text = assertInstanceOf(ChatReply.Text.class, ask(chat));
            assertTrue(AnswerCheck.of(text.text()).isUsable(), text::text);
            assertEquals(List.of(), endpoint.wrong());
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = StubEndpoint.Fault.class,
            names = {"TOO_MANY_REQUESTS", "SERVER_ERROR", "CUT_OFF", "NO_JSON", "HANG"})
    void shouldBeWorthAskingAgainWhenAFaultMayPass(StubEndpoint.Fault fault) throws IOException {
        try (StubEndpoint endpoint = new StubEndpoint().failing(StubEndpoint.WRITER, fault);
                OpenAiChat chat = chat(endpoint.base(), fault == StubEndpoint.Fault.HANG ? 200 : 10_000)) {
            ChatReply.Busy busy = assertInstanceOf(ChatReply.Busy.class, ask(chat));
            assertEquals(Set.of(fault), endpoint.fired());
            assertEquals(
                    fault == StubEndpoint.Fault.TOO_MANY_REQUESTS ? Optional.of(7_000L) : Optional.empty(),
                    busy.retryAfterMs());
            assertEquals(1, busy.reason().lines().count());
        }
    }

    @Test
    void shouldNotShowTheKeyWhenItIsRefused() throws IOException {
        try (StubEndpoint endpoint = new StubEndpoint().failing(StubEndpoint.WRITER, StubEndpoint.Fault.WRONG_KEY);
                OpenAiChat chat = chat(endpoint.base(), 10_000)) {
            String reason = assertInstanceOf(ChatReply.Refused.class, ask(chat)).reason();
            assertFalse(reason.contains(StubEndpoint.KEY), reason);
            assertTrue(reason.endsWith("answered 401: no such key: ***; check the API key"), reason);
        }
    }

    @Test
    void shouldBeWorthAskingAgainWhenNobodyListens() throws IOException {
        URI gone;
        try (StubEndpoint endpoint = new StubEndpoint()) {
            gone = endpoint.base();
        }
        try (OpenAiChat chat = chat(gone, 10_000)) {
            assertInstanceOf(ChatReply.Busy.class, ask(chat));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"model", "runs/demo/model", "localhost:8000/v1", "ftp://host/v1", "http:///v1", "http://a b"})
    void shouldSayThatAUrlIsNeeded(String text) {
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> OpenAiChat.base("--captioner", text));
        assertTrue(
                failure.getMessage().startsWith("--captioner needs the URL of an OpenAI-compatible endpoint"),
                failure::getMessage);
        assertTrue(failure.getMessage().contains(text), failure::getMessage);
    }

    @Test
    void shouldNotRepeatAPasswordThatStandsInAUrl() {
        RuntimeFailure failure =
                assertThrows(RuntimeFailure.class, () -> OpenAiChat.base("--writer", "http://me:hidden@host/v1"));
        assertFalse(failure.getMessage().contains("hidden"));
        failure = assertThrows(
                RuntimeFailure.class,
                () -> OpenAiChat.of(
                        URI.create("http://host/v1"),
                        "m",
                        Optional.of("hid\nden"),
                        Duration.ofSeconds(1),
                        InstantSource.system()));
        assertFalse(failure.getMessage().contains("hid"));
    }

    private static OpenAiChat chat(URI base, long timeoutMs) {
        return OpenAiChat.of(
                base,
                StubEndpoint.WRITER,
                Optional.of(StubEndpoint.KEY),
                Duration.ofMillis(timeoutMs),
                InstantSource.system());
    }

    private static ChatReply ask(OpenAiChat chat) {
        return chat.ask(WRITE).toCompletableFuture().join();
    }
}
