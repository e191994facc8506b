package io.longreel.curriculum.chat;

import io.longreel.config.DataSettings;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.StageSettings.Aspect;
import io.longreel.curriculum.corpus.Medium;
import io.longreel.curriculum.image.ImageProcessor;
import io.longreel.curriculum.media.MediaFrames;
import io.longreel.curriculum.media.MediaStore;
import io.longreel.curriculum.media.MediumView;
import io.longreel.curriculum.text.ChatIds;
import io.longreel.curriculum.text.MediaTurn;
import io.longreel.curriculum.text.Role;
import io.longreel.curriculum.text.TextForm;
import io.longreel.curriculum.text.Tokenizer;
import io.longreel.model.ModelConfig;
import io.longreel.model.checkpoint.ModelOrigin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * Questions to what a finished model reads (specification 2.3 and 2.4): its tokenizer, chat template, frame marker and way to look at media, all found from its
 * folder. Media stand where they are shown; for a model of bytes, which has no tokenizer, in front of each message's text, as it was trained. Within a process equal media,
 * looked at alike, have equal frame keys, and others have others. One per process, used by all of its threads.
 */
public final class PromptEncoder implements AutoCloseable {
    /** What is known of a file that was looked at. */
    private record Stamp(long sizeBytes, FileTime modified, List<Stamp> frames) {}

    private final ModelOrigin origin;
    private final ModelConfig model;
    private final TextForm form;
    private final boolean mediaFirst;
    private final MediumView.Look look;
    private final int[] stopIds;
    private final List<String> stopTexts;
    private final MediaStore media;
    private final Map<Medium, Stamp> stamps = new HashMap<>();

    /**
     * How a model is asked, where its folder does not decide.
     *
     * @param prompt tokenizer, template, system message and frame end; empty = the model's
     * @param framesMax most frames of a video, unless the question says; 0 = as many as the model was made for
     * @param frameCacheBytes of decoded frames that are kept
     */
    public record Options(DataSettings.Prompt prompt, int framesMax, long frameCacheBytes) {
        private static final long CACHE_BYTES_USUAL = 256L << 20;

        /** All as the model's folder has it. */
        public static final Options DEFAULTS = new Options(
                new DataSettings.Prompt(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty()),
                0,
                CACHE_BYTES_USUAL);

        public Options {
            if (framesMax < 0) {
                throw RuntimeFailure.config("frames of a video must be at least 0: framesMax=%d".formatted(framesMax));
            }
        }

        /** With a chat template by its name or file. */
        public Options withTemplate(Optional<String> template) {
            return new Options(
                    new DataSettings.Prompt(prompt.tokenizer(), template, prompt.system(), prompt.frameEnd()),
                    framesMax,
                    frameCacheBytes);
        }

        /** With a system message for conversations that have none. */
        public Options withSystem(Optional<String> system) {
            return new Options(
                    new DataSettings.Prompt(prompt.tokenizer(), prompt.template(), system, prompt.frameEnd()),
                    framesMax,
                    frameCacheBytes);
        }

        public Options withFramesMax(int other) {
            return new Options(prompt, other, frameCacheBytes);
        }
    }

    private PromptEncoder(ModelOrigin origin, ModelConfig model, Options options, LongSupplier clockNs) {
        ModelFolder folder = ModelFolder.read(origin);
        this.origin = origin;
        this.model = model;
        this.form = TextForm.open(options.prompt(), origin, model);
        this.mediaFirst = form.isBare();
        this.look = new MediumView.Look(
                options.framesMax() == 0 ? folder.framesMax() : options.framesMax(),
                0,
                folder.aspect(),
                folder.tilesMax());
        String end = form.chat().template().settings().answerEnd();
        NavigableSet<Integer> ends = new TreeSet<>(folder.endIds());
        // A token of its own is not seen in the text; text may be part of a longer token.
        Tokenizer tokenizer = form.chat().tokenizer();
        tokenizer.special(end).ifPresent(ends::add);
        this.stopTexts = tokenizer.special(end).isPresent() ? List.of() : List.of(end);
        this.stopIds = ends.stream().mapToInt(Integer::intValue).toArray();
        int imageSize = model.vision().imageSize();
        this.media =
                MediaStore.open(ImageProcessor.of(origin.visionTower(), imageSize), options.frameCacheBytes(), clockNs);
    }

    /**
     * Opens what belongs to a model, but for its weights.
     *
     * @param folder a model in VILA's layout
     * @param clockNs of the decoding time
     */
    public static PromptEncoder open(Path folder, Options options, LongSupplier clockNs) {
        ModelOrigin origin = ModelOrigin.of(folder);
        ModelConfig model = TextForm.fit(options.prompt(), origin);
        return new PromptEncoder(TextForm.originOf(options.prompt(), origin), model, options, clockNs);
    }

    /** Where the weights lie, with a row for each token. */
    public ModelOrigin origin() {
        return origin;
    }

    /** The model's numbers, with its marker of a frame. */
    public ModelConfig model() {
        return model;
    }

    /** How the model looks at what is not square. */
    public Aspect aspect() {
        return look.aspect();
    }

    public Tokenizer tokenizer() {
        return form.chat().tokenizer();
    }

    /** How the model's text becomes tokens. */
    public TextForm form() {
        return form;
    }

    /**
     * What the model reads of a question. Looks at media that are new, and decodes of videos nothing.
     *
     * @throws RuntimeFailure of category DATA when it cannot be asked: a medium that cannot be used, or more tokens than the context
     */
    public Prompt encode(ChatQuestion question) {
        requireSpeakers(question.messages());
        List<MediumView> views = new ArrayList<>();
        MediumView.Look asked = question.framesMax() == 0 ? look : look.withFramesMax(question.framesMax());
        question.messages()
                .forEach(message -> message.parts().forEach(part -> {
                    if (part instanceof ChatPart.Media shown) {
                        views.add(new MediumView(shown.medium(), asked));
                    }
                }));
        MediaFrames frames = frames(views);
        ChatIds ids = form.chat().prompt(turns(question.messages(), frames));
        List<String> stops = new ArrayList<>(stopTexts);
        stops.addAll(question.stops());
        Prompt prompt = new Prompt(ids.ids(), ids.media(), views, frames, stopIds.clone(), stops);
        prompt.requireRoom(model.tokensPerFrame(), model.llm().maxPositions());
        return prompt;
    }

    /**
     * The frames of a prompt's media. A file that has changed since it was last asked for is looked at anew.
     *
     * @throws RuntimeFailure of category DATA when one cannot be used
     */
    public MediaFrames frames(List<MediumView> views) {
        synchronized (stamps) {
            views.forEach(this::forgetChanged);
        }
        return media.frames(views);
    }

    /** Forgets all views of a medium: they are few. */
    private void forgetChanged(MediumView view) {
        Medium medium = view.medium();
        if (!medium.exists()) {
            throw RuntimeFailure.data("%s %s must exist, and does not; check the path"
                    .formatted(medium.kind() == Medium.Kind.IMAGE ? "image" : "video", medium.file()));
        }
        Stamp now = stamp(medium.file());
        Stamp known = stamps.put(medium, now);
        if (known != null && !known.equals(now)) {
            media.forget(medium);
        }
    }

    private static Stamp stamp(Path file) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            List<Stamp> frames = new ArrayList<>();
            if (attributes.isDirectory()) { // whose own times tell nothing of what is written over
                try (Stream<Path> inside = Files.list(file)) {
                    for (Path frame : inside.sorted().toList()) {
                        BasicFileAttributes one = Files.readAttributes(frame, BasicFileAttributes.class);
                        frames.add(new Stamp(one.size(), one.lastModifiedTime(), List.of()));
                    }
                }
            }
            return new Stamp(attributes.size(), attributes.lastModifiedTime(), frames);
        } catch (IOException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.DATA, "file %s cannot be looked at: %s".formatted(file, e.getMessage()), e);
        }
    }

    private static void requireSpeakers(List<ChatMessage> messages) {
        if (messages.getLast().role() == Role.ASSISTANT) {
            throw RuntimeFailure.data("the last message of a question must not be the assistant's");
        }
        for (ChatMessage message : messages) {
            if (message.role() != Role.USER && message.parts().stream().anyMatch(ChatPart.Media.class::isInstance)) {
                throw RuntimeFailure.data("images and videos must be in messages of the user, not of the %s"
                        .formatted(message.role().name().toLowerCase(Locale.ROOT)));
            }
        }
    }

    private List<MediaTurn> turns(List<ChatMessage> messages, MediaFrames frames) {
        List<MediaTurn> turns = new ArrayList<>();
        int medium = 0;
        for (ChatMessage message : messages) {
            List<MediaTurn.Part> parts = new ArrayList<>();
            for (ChatPart part : message.parts()) {
                parts.add(
                        switch (part) {
                            case ChatPart.Text text -> new MediaTurn.Part.Said(text.text());
                            case ChatPart.Media shown ->
                                new MediaTurn.Part.Shown(form.frameMarkers(frames.frameCount(medium++)));
                        });
            }
            MediaTurn turn = new MediaTurn(message.role(), parts);
            turns.add(mediaFirst ? turn.mediaFirst() : turn);
        }
        return turns;
    }

    /** Frees decoded frames; no frame of a prompt may be read any more. */
    @Override
    public void close() {
        media.close();
    }
}
