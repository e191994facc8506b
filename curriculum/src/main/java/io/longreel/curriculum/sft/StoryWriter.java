package io.longreel.curriculum.sft;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;

/**
 * The second of the two models: makes a summary and questions of a video's captions. Its answer is checked; where something is wrong it is told
 * so and asked once more, and what is fit then is kept.
 */
final class StoryWriter {
    private final PatientChat chat;
    private final Prompts prompts;
    private final SftSettings settings;
    private final BuildStore store;
    private final String captionerWays;

    /**
     * @param captionerWays what the captions depend on
     */
    StoryWriter(PatientChat chat, Prompts prompts, SftSettings settings, BuildStore store, String captionerWays) {
        this.chat = chat;
        this.prompts = prompts;
        this.settings = settings;
        this.store = store;
        this.captionerWays = captionerWays;
    }

    /** What an earlier build has made of a video, if it would be the same now. */
    Optional<VideoText> known(VideoFile video) {
        return store.record(key(video));
    }

    /** The result of a video all of whose clips are through. */
    CompletionStage<VideoResult> write(VideoJob job) {
        job.close(); // its frames have been seen
        if (!job.trouble().isEmpty()) {
            return CompletableFuture.completedFuture(failed(job, job.trouble()));
        }
        if (job.known().isPresent()) {
            return CompletableFuture.completedFuture(new VideoResult(job.video(), job.known(), "", true));
        }
        ChatRequest request = request(job);
        return chat.ask(request).thenCompose(answer -> switch (answer) {
            case PatientChat.Answer.GaveUp gaveUp -> CompletableFuture.completedFuture(noAnswer(job, gaveUp.reason()));
            case PatientChat.Answer.Withheld withheld ->
                CompletableFuture.completedFuture(noAnswer(job, withheld.reason()));
            case PatientChat.Answer.Text text -> {
                AnswerCheck check = AnswerCheck.of(text.text());
                yield check.complaints().isEmpty()
                        ? CompletableFuture.completedFuture(kept(job, check))
                        : askAgain(job, request, text.text(), check);
            }
        });
    }

    private CompletionStage<VideoResult> askAgain(VideoJob job, ChatRequest request, String answer, AnswerCheck first) {
        String complaints = first.complaints().stream().map(line -> "- " + line).collect(Collectors.joining("\n"));
        String said = prompts.filled(Prompts.Part.COMPLAINT, Map.of("complaints", complaints));
        return chat.ask(request.then(answer, said)).thenApply(second -> switch (second) {
            case PatientChat.Answer.GaveUp gaveUp -> noAnswer(job, gaveUp.reason());
            case PatientChat.Answer.Withheld withheld -> noAnswer(job, withheld.reason());
            case PatientChat.Answer.Text text -> {
                AnswerCheck check = AnswerCheck.of(text.text());
                if (check.isUsable()) {
                    yield kept(job, check);
                }
                // A first answer with one bad question is better than a second one without any good.
                yield first.isUsable()
                        ? kept(job, first)
                        : failed(
                                job,
                                "the writer's answer cannot be used: "
                                        + check.complaints().getFirst());
            }
        });
    }

    private VideoResult kept(VideoJob job, AnswerCheck check) {
        Clip last = job.clips().getLast();
        VideoText text = new VideoText(
                check.summary().orElseThrow(),
                check.pairs(),
                job.clips().size(),
                last.toMs(),
                check.complaints().size());
        store.keepRecord(key(job.video()), job.video(), text);
        return new VideoResult(job.video(), Optional.of(text), "", false);
    }

    private static VideoResult noAnswer(VideoJob job, String reason) {
        return failed(job, "no summary and questions: " + reason);
    }

    private static VideoResult failed(VideoJob job, String trouble) {
        return new VideoResult(job.video(), Optional.empty(), trouble, false);
    }

    private ChatRequest request(VideoJob job) {
        Clip last = job.clips().getLast();
        String text = prompts.filled(
                Prompts.Part.WRITE,
                Map.of(
                        "captions", job.story(),
                        "kinds", QuestionKind.words(),
                        "duration", Clip.clock(last.toMs())));
        return ChatRequest.of(
                List.of(),
                text,
                settings.asking().writerTokensMax(),
                settings.asking().temperature());
    }

    private String key(VideoFile video) {
        return Prompts.sha256("record\n%s\n%s %s\n%s\n%s\n%s\n%s\n%d %s"
                .formatted(
                        ClipCaptioner.identity(video),
                        settings.cutting().clipSeconds(),
                        settings.cutting().shotThreshold(),
                        captionerWays,
                        chat.name(),
                        prompts.sha256(Prompts.Part.WRITE),
                        prompts.sha256(Prompts.Part.COMPLAINT),
                        settings.asking().writerTokensMax(),
                        settings.asking().temperature()));
    }
}
