package io.longreel.curriculum.eval.task;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.RuntimeFailure.Category;
import io.longreel.curriculum.chat.AnswerListener;
import io.longreel.curriculum.chat.ChatAnswer;
import io.longreel.curriculum.chat.ChatMessage;
import io.longreel.curriculum.chat.ChatPart;
import io.longreel.curriculum.chat.ChatQuestion;
import io.longreel.curriculum.chat.ChatService;
import io.longreel.curriculum.corpus.Medium;
import io.longreel.curriculum.sft.ChatRequest;
import io.longreel.curriculum.sft.PatientChat;
import io.longreel.curriculum.sft.VideoPictures;
import io.longreel.curriculum.text.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A model behind an OpenAI-compatible endpoint. A video goes as {@code video_url} with a {@code file:} URL, for an endpoint that sees the same
 * files (this program's own, or vLLM with a local media path), or as pictures of the frames that the question may show, for any other. It is asked
 * again while it is busy. Counts of tokens and times are not known and 0. Used by all threads.
 */
public final class EndpointService implements ChatService {
    /** How an endpoint is shown a video. */
    public enum Media {
        VIDEO_URL,
        FRAMES
    }

    private static final int FRAMES_MAX_DEFAULT = 32;

    private final PatientChat chat;
    private final Media media;
    private final int side;

    /**
     * Speaks to an endpoint.
     *
     * @param side pixels of the longer side of frames
     */
    public EndpointService(PatientChat chat, Media media, int side) {
        this.chat = chat;
        this.media = media;
        this.side = side;
    }

    @Override
    public String modelName() {
        return chat.name();
    }

    @Override
    public Answering ask(ChatQuestion question, AnswerListener listener) {
        AtomicBoolean isOver = new AtomicBoolean();
        chat.ask(request(question)).whenComplete((answer, thrown) -> {
            if (isOver.compareAndSet(false, true)) {
                if (thrown == null) {
                    tell(answer, listener);
                } else {
                    listener.failed(failure(thrown));
                }
            }
        });
        return () -> {
            if (isOver.compareAndSet(false, true)) { // the endpoint does not learn of it
                listener.done(new ChatAnswer("", ChatAnswer.End.CANCELLED, 0, 0, 0, 0, 0));
            }
        };
    }

    @Override
    public void close() {
        chat.stop();
    }

    private static void tell(PatientChat.Answer answer, AnswerListener listener) {
        switch (answer) {
            case PatientChat.Answer.Text text -> {
                listener.text(text.text());
                listener.done(new ChatAnswer(text.text(), ChatAnswer.End.STOP, 0, 0, 0, 0, 0));
            }
            case PatientChat.Answer.GaveUp gaveUp ->
                listener.failed(new RuntimeFailure(Category.RETRYABLE, gaveUp.reason()));
            case PatientChat.Answer.Withheld withheld -> listener.failed(RuntimeFailure.data(withheld.reason()));
        }
    }

    private static RuntimeFailure failure(Throwable thrown) {
        Throwable cause =
                thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        return cause instanceof RuntimeFailure known
                ? known
                : new RuntimeFailure(Category.FATAL, "an endpoint could not be asked: " + cause, cause);
    }

    private ChatRequest request(ChatQuestion question) {
        List<ChatRequest.Turn> turns = question.messages().stream()
                .map(message -> turn(message, question.framesMax()))
                .toList();
        return new ChatRequest(
                turns, question.newTokensMax(), question.sampling().temperature());
    }

    private ChatRequest.Turn turn(ChatMessage message, int framesMax) {
        List<ChatRequest.Picture> pictures = new ArrayList<>();
        List<ChatRequest.Video> videos = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        for (ChatPart part : message.parts()) {
            switch (part) {
                case ChatPart.Text said -> text.append(said.text());
                case ChatPart.Media shown -> show(shown.medium(), framesMax, pictures, videos);
            }
        }
        return new ChatRequest.Turn(role(message.role()), pictures, videos, text.toString());
    }

    private void show(
            Medium medium, int framesMax, List<ChatRequest.Picture> pictures, List<ChatRequest.Video> videos) {
        if (medium.kind() != Medium.Kind.VIDEO || medium.length() != Medium.WHOLE_FILE) {
            throw RuntimeFailure.data("an endpoint can be shown whole video files only: " + medium.file());
        }
        if (media == Media.VIDEO_URL) {
            videos.add(new ChatRequest.Video(medium.file().toUri().toString(), framesMax));
        } else {
            pictures.addAll(VideoPictures.of(medium.file(), framesMax == 0 ? FRAMES_MAX_DEFAULT : framesMax, side));
        }
    }

    private static ChatRequest.Role role(Role role) {
        return switch (role) {
            case SYSTEM -> ChatRequest.Role.SYSTEM;
            case USER -> ChatRequest.Role.USER;
            case ASSISTANT -> ChatRequest.Role.ASSISTANT;
        };
    }
}
