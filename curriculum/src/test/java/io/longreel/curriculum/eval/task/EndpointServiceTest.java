package io.longreel.curriculum.eval.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.TestFootage;
import io.longreel.curriculum.chat.ChatMessage;
import io.longreel.curriculum.chat.ChatPart;
import io.longreel.curriculum.chat.ChatQuestion;
import io.longreel.curriculum.corpus.Medium;
import io.longreel.curriculum.text.Role;
import io.longreel.model.generate.Sampling;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class EndpointServiceTest {
    private final Path video;

    EndpointServiceTest(@TempDir Path folder) {
        this.video = TestFootage.generated(folder, 24, 1);
    }

    @Test
    void shouldSendAVideoAsTheUrlOfItsFile() throws IOException {
        try (StubChat stub = new StubChat(request -> StubChat.Reply.text("B"));
                EndpointService service = new EndpointService(stub.patient(), EndpointService.Media.VIDEO_URL, 64)) {
            assertEquals("B", service.answer(question()).text());
            JsonNode request = stub.requests().getFirst();
            assertEquals("system", request.path("messages").path(0).path("role").asText());
            JsonNode content = request.path("messages").path(1).path("content");
            assertEquals("video_url", content.path(0).path("type").asText());
            String url = content.path(0).path("video_url").path("url").asText();
            assertTrue(url.startsWith("file:///") && url.endsWith(".mp4"), url);
            assertEquals("What is it?", content.path(1).path("text").asText());
            assertEquals(
                    5,
                    request.path("media_io_kwargs")
                            .path("video")
                            .path("num_frames")
                            .asInt());
            assertEquals(16, request.path("max_tokens").asInt());
        }
    }

    @Test
    void shouldSendTheFramesThatTheQuestionMayShow() throws IOException {
        try (StubChat stub = new StubChat(request -> StubChat.Reply.text("B"));
                EndpointService service = new EndpointService(stub.patient(), EndpointService.Media.FRAMES, 64)) {
            assertEquals("B", service.answer(question()).text());
            JsonNode content =
                    stub.requests().getFirst().path("messages").path(1).path("content");
            assertEquals(6, content.size());
            for (int i = 0; i < 5; i++) {
                String url = content.path(i).path("image_url").path("url").asText();
                assertTrue(url.startsWith("data:image/jpeg;base64,"), url);
            }
        }
    }

    @Test
    void shouldSayWhyThereIsNoAnswer() throws IOException {
        assertFailure(503, "busy", RuntimeFailure.Category.RETRYABLE, "(attempt 3 of 3)");
        assertFailure(404, "none", RuntimeFailure.Category.CONFIG, "check the URL");
        assertFailure(400, "content_filter", RuntimeFailure.Category.DATA, "filter for content");
    }

    private void assertFailure(int status, String code, RuntimeFailure.Category category, String part)
            throws IOException {
        try (StubChat stub = new StubChat(request -> StubChat.Reply.error(status, code));
                EndpointService service = new EndpointService(stub.patient(), EndpointService.Media.VIDEO_URL, 64)) {
            RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> service.answer(question()));
            assertEquals(category, failure.category(), failure.getMessage());
            assertTrue(failure.getMessage().contains(part), failure.getMessage());
        }
    }

    private ChatQuestion question() {
        ChatPart shown = new ChatPart.Media(new Medium(Medium.Kind.VIDEO, video, 0, Medium.WHOLE_FILE));
        return new ChatQuestion(
                List.of(
                        ChatMessage.of(Role.SYSTEM, "Be brief."),
                        new ChatMessage(Role.USER, List.of(shown, new ChatPart.Text("What is it?")))),
                5,
                Sampling.GREEDY,
                16,
                List.of());
    }
}
