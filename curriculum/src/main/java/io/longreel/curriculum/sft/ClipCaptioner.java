package io.longreel.curriculum.sft;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.RuntimeFailure.Category;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * The first of the two models: gives clips their captions, and keeps each before anybody sees it. A clip that cannot be decoded, or that the
 * model has no answer for, is its video's trouble; the rest of that video's clips then pass as they are.
 */
final class ClipCaptioner {
    private static final int CAPTION_CHARS_MAX = 4_000;

    private final PatientChat chat;
    private final Prompts prompts;
    private final SftSettings settings;
    private final BuildStore store;
    private final Executor decoders;

    ClipCaptioner(PatientChat chat, Prompts prompts, SftSettings settings, BuildStore store, Executor decoders) {
        this.chat = chat;
        this.prompts = prompts;
        this.settings = settings;
        this.store = store;
        this.decoders = decoders;
    }

    /**
     * @param captioned told whether the model was asked, for every clip that gets its caption
     */
    CompletionStage<VideoJob.Turn> caption(VideoJob.Turn turn, Consumer<Boolean> captioned) {
        if (turn.clip().isEmpty()) {
            return CompletableFuture.completedFuture(turn);
        }
        VideoJob job = turn.job();
        Clip clip = turn.clip().get();
        String key = key(job.video(), clip);
        Optional<String> known = store.takeCaption(key);
        if (known.isPresent()) {
            job.caption(clip, known.get());
            captioned.accept(false);
            return CompletableFuture.completedFuture(turn);
        }
        return CompletableFuture.supplyAsync(() -> pictures(job, clip), decoders)
                .thenCompose(pictures -> pictures.isEmpty()
                        ? nothing()
                        : chat.ask(request(clip, pictures)).thenApply(Optional::of))
                .thenApply(answer -> {
                    answer.ifPresent(given -> take(given, key, job, clip, captioned));
                    return turn;
                });
    }

    /** What a caption depends on. */
    private String key(VideoFile video, Clip clip) {
        return Prompts.sha256(
                "caption\n" + identity(video) + "\n%d %d\n".formatted(clip.fromMs(), clip.toMs()) + ways());
    }

    /** What makes a video the same as in an earlier build. */
    static String identity(VideoFile video) {
        return "%s\n%d %d".formatted(video.name(), video.sizeBytes(), video.modifiedMs());
    }

    /** What captions depend on beside the video and its clips. */
    String ways() {
        return "%s\n%s\n%d %d %d %s"
                .formatted(
                        chat.name(),
                        prompts.sha256(Prompts.Part.CAPTION),
                        settings.looking().framesPerClip(),
                        settings.looking().side(),
                        settings.asking().captionTokensMax(),
                        settings.asking().temperature());
    }

    private static CompletionStage<Optional<PatientChat.Answer>> nothing() {
        return CompletableFuture.completedFuture(Optional.empty());
    }

    /** Empty when the video is in trouble. */
    private List<ChatRequest.Picture> pictures(VideoJob job, Clip clip) {
        if (!job.trouble().isEmpty()) {
            return List.of();
        }
        try {
            return job.picturesOf(clip, settings.looking());
        } catch (RuntimeFailure e) {
            if (e.category() != Category.DATA) {
                throw e;
            }
            job.fail(e.getMessage());
            return List.of();
        }
    }

    private ChatRequest request(Clip clip, List<ChatRequest.Picture> pictures) {
        String text = prompts.filled(
                Prompts.Part.CAPTION,
                Map.of(
                        "from", Clip.clock(clip.fromMs()),
                        "to", Clip.clock(clip.toMs()),
                        "frames", String.valueOf(pictures.size())));
        return ChatRequest.of(
                pictures,
                text,
                settings.asking().captionTokensMax(),
                settings.asking().temperature());
    }

    private void take(PatientChat.Answer answer, String key, VideoJob job, Clip clip, Consumer<Boolean> captioned) {
        String at = "clip %d at %s".formatted(clip.index(), Clip.clock(clip.fromMs()));
        switch (answer) {
            case PatientChat.Answer.Text text -> {
                String caption = ModelText.tidy(text.text(), CAPTION_CHARS_MAX);
                if (caption.isEmpty()) {
                    job.fail("%s: the captioner's answer has no text but its thoughts".formatted(at));
                    return;
                }
                store.keepCaption(key, job.video(), clip, caption);
                job.caption(clip, caption);
                captioned.accept(true);
            }
            case PatientChat.Answer.GaveUp gaveUp -> job.fail("%s has no caption: %s".formatted(at, gaveUp.reason()));
            case PatientChat.Answer.Withheld withheld ->
                job.fail("%s has no caption: %s".formatted(at, withheld.reason()));
        }
    }
}
