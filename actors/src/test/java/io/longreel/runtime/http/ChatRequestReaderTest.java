package io.longreel.runtime.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.curriculum.corpus.Medium;
import io.longreel.curriculum.text.Role;
import io.longreel.model.generate.Sampling;
import io.longreel.runtime.http.ChatRequest.Said;
import io.longreel.runtime.http.ChatRequest.Shown;
import io.longreel.runtime.http.ChatRequest.Turn;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ChatRequestReaderTest {
    private static final ChatRequestReader READER = new ChatRequestReader(ServeFixtures.settings(), () -> 77);
    private static final String HELLO = "'messages': [{'role': 'user', 'content': 'Hello'}]";

    @Test
    void shouldTakeDefaultsWhenOnlyMessagesAreThere() {
        assertEquals(
                new ChatRequest(
                        Optional.empty(),
                        List.of(new Turn(Role.USER, List.of(new Said("Hello")))),
                        0,
                        new Sampling(1, 0, 1, 1, 77),
                        20,
                        List.of(),
                        false,
                        false),
                read("{" + HELLO + "}"));
    }

    @Test
    void shouldReadEverythingThatIsKnown() {
        ChatRequest request = read("""
                {'model': 'm', 'messages': [
                   {'role': 'developer', 'content': 'Be short.'},
                   {'role': 'user', 'name': 'me', 'content': [
                      {'type': 'video_url', 'video_url': {'url': 'file:///v.mp4'}},
                      {'type': 'image_url', 'image_url': {'url': '/i.png', 'detail': 'low'}},
                      {'type': 'image_url', 'image_url': 'http://h/i.png'},
                      {'type': 'text', 'text': 'What is it?'}]},
                   {'role': 'assistant', 'content': 'A cat.', 'tool_calls': [], 'refusal': null},
                   {'role': 'user', 'content': ''}],
                 'temperature': 0.5, 'top_p': 0.9, 'top_k': -1, 'repetition_penalty': 1.1, 'seed': -5,
                 'max_tokens': 3, 'max_completion_tokens': 7, 'stop': ['a', 'b'], 'n': 1, 'stream': true,
                 'stream_options': {'include_usage': true}, 'longreel': {'frames_max': 64}, 'user': 'u', 'tools': [],
                 'tool_choice': 'auto', 'response_format': {'type': 'text'}, 'logprobs': false, 'frequency_penalty': 0,
                 'presence_penalty': 0.0, 'logit_bias': {}, 'modalities': ['text'], 'audio': null, 'foo': {'bar': 1}}
                """);
        assertEquals(
                new ChatRequest(
                        Optional.of("m"),
                        List.of(
                                new Turn(Role.SYSTEM, List.of(new Said("Be short."))),
                                new Turn(
                                        Role.USER,
                                        List.of(
                                                new Shown(
                                                        Medium.Kind.VIDEO,
                                                        "file:///v.mp4",
                                                        "messages[1].content[0].video_url"),
                                                new Shown(
                                                        Medium.Kind.IMAGE,
                                                        "/i.png",
                                                        "messages[1].content[1].image_url"),
                                                new Shown(
                                                        Medium.Kind.IMAGE,
                                                        "http://h/i.png",
                                                        "messages[1].content[2].image_url"),
                                                new Said("What is it?"))),
                                new Turn(Role.ASSISTANT, List.of(new Said("A cat."))),
                                new Turn(Role.USER, List.of(new Said("")))),
                        64,
                        new Sampling(0.5, 0, 0.9, 1.1, -5),
                        7,
                        List.of("a", "b"),
                        true,
                        true),
                request);
    }

    @ParameterizedTest
    @ValueSource(strings = {"'stop': 'x'", "'stop': ['x']", "'stop': ['x'], 'frames_max': null"})
    void shouldTakeOneStopAsAListOfOne(String fields) {
        assertEquals(List.of("x"), read("{" + HELLO + "," + fields + "}").stops());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "[]",
                "'text'",
                "17",
                "null",
                "{} {}",
                "{'messages': 1, 'messages': 2}",
                "{'a': NaN}",
                "{\"a\": \"\u0001\"}",
                "{'a': 'b",
                "<xml/>",
                "messages=1"
            })
    void shouldRefuseWhatIsNoJsonObject(String body) {
        Refusal refusal = assertThrows(Refusal.class, () -> read(body));
        assertEquals(400, refusal.status());
        assertEquals("invalid_request_error", refusal.type());
        assertTrue(refusal.getMessage().startsWith("the body "), refusal::getMessage);
        assertEquals(1, refusal.getMessage().lines().count());
    }

    @Test
    void shouldRefuseWhatIsNestedTooDeeplyOrNotUtf8() {
        assertThrows(Refusal.class, () -> read("[".repeat(5000)));
        byte[] latin = "{\"a\": \"\u00e4\"}".getBytes(StandardCharsets.ISO_8859_1);
        assertThrows(Refusal.class, () -> READER.read(latin));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "messages | {}",
                "messages | {'messages': null}",
                "messages | {'messages': []}",
                "messages | {'messages': 'Hello'}",
                "messages | {'messages': {'role': 'user'}}",
                "messages[0] | {'messages': ['Hello']}",
                "messages[0] | {'messages': [null]}",
                "messages[0].role | {'messages': [{'content': 'x'}]}",
                "messages[0].role | {'messages': [{'role': 'robot', 'content': 'x'}]}",
                "messages[0].role | {'messages': [{'role': 'tool', 'content': 'x'}]}",
                "messages[0].role | {'messages': [{'role': 7, 'content': 'x'}]}",
                "messages[0].content | {'messages': [{'role': 'user'}]}",
                "messages[0].content | {'messages': [{'role': 'user', 'content': null}]}",
                "messages[0].content | {'messages': [{'role': 'user', 'content': []}]}",
                "messages[0].content | {'messages': [{'role': 'user', 'content': 7}]}",
                "messages[0].content[0] | {'messages': [{'role': 'user', 'content': ['x']}]}",
                "messages[0].content[0].type | {'messages': [{'role': 'user', 'content': [{}]}]}",
                "messages[0].content[0].type | {'messages': [{'role': 'user', 'content': [{'type': 'input_audio'}]}]}",
                "messages[0].content[0].text | {'messages': [{'role': 'user', 'content': [{'type': 'text'}]}]}",
                "messages[0].content[0].text | {'messages': [{'role': 'user', 'content': [{'type': 'text', 'text': 1}]}]}",
                "messages[0].content[0].image_url.url | {'messages': [{'role': 'user', 'content': [{'type': 'image_url'}]}]}",
                "messages[0].content[0].image_url.url | {'messages': [{'role': 'user', 'content': [{'type': 'image_url', 'image_url': {}}]}]}",
                "messages[0].content[0].video_url | {'messages': [{'role': 'user', 'content': [{'type': 'video_url', 'video_url': []}]}]}",
                "messages[0].content | {'messages': [{'role': 'system', 'content': [{'type': 'image_url', 'image_url': '/x'}]}]}",
                "messages[0].tool_calls | {'messages': [{'role': 'assistant', 'content': 'x', 'tool_calls': [1]}]}",
                "messages | {'messages': [{'role': 'user', 'content': 'x'}, {'role': 'assistant', 'content': 'y'}]}",
            })
    void shouldNameTheMessageThatIsWrong(String param, String body) {
        assertEquals(param, assertThrows(Refusal.class, () -> read(body)).param());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "model | 7",
                "temperature | -1",
                "temperature | 'hot'",
                "temperature | 1e9",
                "top_p | 0",
                "top_p | 1.5",
                "top_k | -2",
                "top_k | 1.5",
                "repetition_penalty | 0",
                "seed | 'x'",
                "seed | 99999999999999999999",
                "max_tokens | 0",
                "max_tokens | 101",
                "max_completion_tokens | -3",
                "max_completion_tokens | 1e99",
                "stop | 7",
                "stop | ''",
                "stop | ['']",
                "stop | [7]",
                "stop | ['1','2','3','4','5','6','7','8','9','10','11','12','13','14','15','16','17']",
                "stream | 'yes'",
                "stream_options | {}",
                "frames_max | 0",
                "longreel | 7",
                "longreel.frames_max | 'all'",
            })
    void shouldNameTheFieldThatIsWrong(String name, String value) {
        String key = name.contains(".") ? "longreel" : name;
        String field = name.contains(".") ? "{'frames_max': " + value + "}" : value;
        Refusal refusal = assertThrows(Refusal.class, () -> read("{%s, '%s': %s}".formatted(HELLO, key, field)));
        assertEquals(name, refusal.param());
        assertEquals(400, refusal.status());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "n | 2",
                "tools | [{'type': 'function'}]",
                "tool_choice | 'required'",
                "functions | [{'name': 'f'}]",
                "function_call | {'name': 'f'}",
                "response_format | {'type': 'json_schema'}",
                "response_format | {'type': 'json_object'}",
                "logprobs | true",
                "top_logprobs | 3",
                "logit_bias | {'5': 1}",
                "presence_penalty | 0.5",
                "frequency_penalty | -0.5",
                "min_p | 0.1",
                "modalities | ['text', 'audio']",
                "audio | {'voice': 'x'}",
                "guided_json | {}",
                "ignore_eos | true",
                "continue_final_message | true",
            })
    void shouldRefuseWhatWouldChangeTheMeaning(String name, String value) {
        Refusal refusal = assertThrows(Refusal.class, () -> read("{%s, '%s': %s}".formatted(HELLO, name, value)));
        assertEquals(name, refusal.param());
        assertEquals("unsupported_parameter", refusal.code());
    }

    @Test
    void shouldRefuseTooManyMedia() {
        String picture = "{'type': 'image_url', 'image_url': '/x'},";
        String body = "{'messages': [{'role': 'user', 'content': [%s {'type': 'text', 'text': 'x'}]}]}";
        assertEquals(
                5,
                read(body.formatted(picture.repeat(4)))
                        .turns()
                        .getFirst()
                        .pieces()
                        .size());
        Refusal refusal = assertThrows(Refusal.class, () -> read(body.formatted(picture.repeat(5))));
        assertTrue(refusal.getMessage().contains("at most 4 images and videos, not 5"), refusal::getMessage);
    }

    @Test
    void shouldShowWhatWasSentInOneShortLine() {
        Refusal refusal =
                assertThrows(Refusal.class, () -> read("{" + HELLO + ", 'seed': '" + "\\n\\ud800".repeat(9999) + "'}"));
        assertEquals(1, refusal.getMessage().lines().count());
        assertTrue(refusal.getMessage().length() < 400, refusal::getMessage);
    }

    private static ChatRequest read(String body) {
        return READER.read(body.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }
}
