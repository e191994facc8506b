package io.longreel.curriculum.text;

import io.longreel.config.DataSettings.Prompt;
import io.longreel.config.RunConfig;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.StageSettings;
import io.longreel.model.ModelConfig;
import io.longreel.model.checkpoint.ModelOrigin;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * How a run's text becomes tokens: tokenizer, chat template, the marker of a frame and what stands behind each. Found once per process: the tokenizer that
 * the configuration names, else the one of the model's own folder, else bytes. Immutable.
 *
 * @param chat conversations to ids
 * @param wording what the program's own samples consist of
 * @param frameEnd ids behind each frame of a record's media
 */
public record TextForm(ChatEncoder chat, Wording wording, int[] frameEnd) {
    /** {@code <vila/sentinel>}; specification 1.5. */
    private static final int ADDED_BEFORE_IMAGE = 1;

    private static final String IMAGE = "<image>";
    /** Beside the tokenizer: the chat template that the model was trained with. Nobody else reads it. */
    private static final String TEMPLATE = "longreel-chat.conf";

    /**
     * Opens the form of a run.
     *
     * @param model of the run, as {@link #fit} gave it
     */
    public static TextForm open(RunConfig config, ModelConfig model) {
        Prompt prompt = config.data().prompt();
        Optional<Path> file = file(prompt, ModelOrigin.of(config.model()));
        Tokenizer tokenizer = tokenizer(file);
        if (model.llm().vocabularySize() < tokenizer.size()) {
            throw RuntimeFailure.config(
                    "the model's vocabulary must have all tokens: vocabularySize=%d tokens=%d tokenizer=%s; raise longreel.model.architecture.llm.vocabulary-size"
                            .formatted(model.llm().vocabularySize(), tokenizer.size(), tokenizer.source()));
        }
        ChatTemplate template = named(prompt, ModelOrigin.of(config.model()))
                .map(ChatTemplate::open)
                .orElseGet(() -> ChatTemplate.fitting(tokenizer));
        return of(file.isPresent(), ChatEncoder.of(tokenizer, template, prompt.system()), model);
    }

    /** The template that the configuration names, else the one that a run with conversations left with the model. */
    private static Optional<String> named(Prompt prompt, Optional<ModelOrigin> origin) {
        return prompt.template()
                .or(() -> origin.map(model -> model.llm().resolve(TEMPLATE))
                        .filter(Files::isRegularFile)
                        .map(Path::toString));
    }

    /**
     * Opens the form in which a finished model is asked: that of the conversations that it was trained on, where a run left it with the model. Without a tokenizer and a template it is that
     * of {@link Wording#bytes()}, as the program's own samples had it in training.
     *
     * @param model of {@code origin}, as {@link #fit(Prompt, ModelOrigin)} gave it
     */
    public static TextForm open(Prompt prompt, ModelOrigin origin, ModelConfig model) {
        Optional<Path> file = file(prompt, Optional.of(origin));
        Tokenizer tokenizer = tokenizer(file);
        if (model.llm().vocabularySize() < tokenizer.size()) {
            throw RuntimeFailure.data(
                    "model %s has no tokenizer (%s) and too few tokens for text as bytes: vocabularySize=%d tokens=%d; name its tokenizer"
                            .formatted(
                                    origin,
                                    origin.llm().resolve("tokenizer.json"),
                                    model.llm().vocabularySize(),
                                    tokenizer.size()));
        }
        ChatTemplate template = named(prompt, Optional.of(origin))
                .map(ChatTemplate::open)
                .orElseGet(() -> file.isPresent() ? ChatTemplate.fitting(tokenizer) : ChatTemplate.bare());
        boolean isChat = file.isPresent() || prompt.template().isPresent();
        return of(isChat, ChatEncoder.of(tokenizer, template, prompt.system()), model);
    }

    private static TextForm of(boolean isChat, ChatEncoder chat, ModelConfig model) {
        Wording wording = isChat ? Wording.of(chat, model.imageToken()) : Wording.bytes();
        return new TextForm(chat, wording, chat.plain(model.frameEnd()));
    }

    private static Tokenizer tokenizer(Optional<Path> file) {
        return file.<Tokenizer>map(FileTokenizer::open).orElseGet(ByteLevelTokenizer::new);
    }

    /** Where the first weights of a run come from, with a row for each token of its tokenizer; empty: from its seed. */
    public static Optional<ModelOrigin> originOf(RunConfig config) {
        return ModelOrigin.of(config.model())
                .map(origin -> originOf(config.data().prompt(), origin));
    }

    /** The same of a finished model. */
    public static ModelOrigin originOf(Prompt prompt, ModelOrigin origin) {
        return file(prompt, Optional.of(origin))
                .map(file -> origin.withVocabulary(FileTokenizer.sizeOf(file)))
                .orElse(origin);
    }

    /** The model with the marker of a frame that its tokenizer leaves free, and what the run puts behind each frame. */
    public static ModelConfig fit(RunConfig config, ModelConfig model) {
        return fit(config.data().prompt(), ModelOrigin.of(config.model()), model);
    }

    /** The numbers of a finished model, likewise. */
    public static ModelConfig fit(Prompt prompt, ModelOrigin origin) {
        return fit(prompt, Optional.of(origin), origin.readConfig());
    }

    private static ModelConfig fit(Prompt prompt, Optional<ModelOrigin> origin, ModelConfig model) {
        String frameEnd = prompt.frameEnd().orElse(model.frameEnd());
        int imageToken = file(prompt, origin)
                .map(tokenizer -> imageToken(tokenizer, model.imageToken()))
                .orElse(ByteTokenizer.IMAGE);
        return model.withFrames(imageToken, frameEnd);
    }

    /**
     * What a run's models are to be asked with, by where a model in VILA's layout has it: the files of a tokenizer that the configuration names (the decoder's own come with it), and the
     * template of its conversations, or that of the model that it began with.
     */
    public static Map<String, byte[]> files(RunConfig config) {
        Prompt prompt = config.data().prompt();
        Map<String, byte[]> files = new LinkedHashMap<>();
        prompt.tokenizer()
                .map(FileTokenizer::files)
                .orElse(Map.of())
                .forEach((name, bytes) -> files.put("llm/" + name, bytes));
        Optional<ModelOrigin> origin = ModelOrigin.of(config.model());
        if (hasConversations(config) || named(prompt, origin).isPresent()) {
            ChatTemplate template = named(prompt, origin)
                    .map(ChatTemplate::open)
                    .orElseGet(() -> ChatTemplate.fitting(tokenizer(file(prompt, origin))))
                    .withSystem(prompt.system());
            files.put("llm/" + TEMPLATE, template.settings().text().getBytes(StandardCharsets.UTF_8));
        }
        return files;
    }

    private static boolean hasConversations(RunConfig config) {
        return config.stages().stream()
                .flatMap(stage -> stage.phases().stream())
                .anyMatch(phase -> phase.source() instanceof StageSettings.Source.Dataset);
    }

    /** The tokenizer that is named, else that of the decoder's folder. */
    private static Optional<Path> file(Prompt prompt, Optional<ModelOrigin> origin) {
        Optional<Path> folder = origin.map(ModelOrigin::llm);
        return prompt.tokenizer().or(() -> folder.filter(FileTokenizer::isIn));
    }

    /** A marker must be no token of a text: frames would be taken for it. VILA adds a sentinel in front of it when it loads a tokenizer without one. */
    private static int imageToken(Path tokenizer, int modelsOwn) {
        return FileTokenizer.specialOf(tokenizer, IMAGE)
                .orElseGet(() -> Math.max(modelsOwn, FileTokenizer.sizeOf(tokenizer) + ADDED_BEFORE_IMAGE));
    }

    public int imageToken() {
        return wording.imageToken();
    }

    /** Whether messages are asked as the program's own samples of bytes are: media, then text, and nothing around them. */
    public boolean isBare() {
        return chat.template().name().equals(ChatTemplate.BARE);
    }

    /** What stands for the frames of a medium: the marker and what is behind each. */
    public int[] frameMarkers(int frames) {
        int[] frame = IntStream.concat(IntStream.of(imageToken()), Arrays.stream(frameEnd))
                .toArray();
        int[] all = new int[frames * frame.length];
        for (int i = 0; i < frames; i++) {
            System.arraycopy(frame, 0, all, i * frame.length, frame.length);
        }
        return all;
    }
}
