package io.longreel.curriculum.text;

import io.longreel.config.DataSettings.Prompt;
import io.longreel.config.RunConfig;
import io.longreel.config.RuntimeFailure;
import io.longreel.model.ModelConfig;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How a run's text becomes tokens: tokenizer, chat template, the marker of a frame and what stands behind each. Found once per process: the tokenizer that
 * the configuration names, else the one of the model's own folder, else bytes. Immutable.
 *
 * @param chat conversations to ids
 * @param wording what the program's own samples consist of
 * @param frameEnd ids behind each frame of a record's media
 */
public record TextForm(ChatEncoder chat, Wording wording, int[] frameEnd) {
    /** VILA adds {@code <vila/sentinel>} in front of it when it loads a tokenizer that has no marker (specification 1.5). */
    private static final int ADDED_BEFORE_IMAGE = 1;

    private static final String IMAGE = "<image>";

    /**
     * Opens the form of a run.
     *
     * @param model of the run, as its checkpoint or architecture has it
     */
    public static TextForm open(RunConfig config, ModelConfig model) {
        Prompt prompt = config.data().prompt();
        Optional<Path> folder = config.model().checkpoint().map(checkpoint -> checkpoint.resolve("llm"));
        Optional<Path> file = prompt.tokenizer().or(() -> folder.filter(FileTokenizer::isIn));
        Tokenizer tokenizer = file.<Tokenizer>map(FileTokenizer::open).orElseGet(ByteLevelTokenizer::new);
        if (file.isEmpty()) {
            ByteTokenizer.checkVocabulary(model.llm().vocabularySize());
        }
        ChatTemplate template =
                prompt.template().map(ChatTemplate::open).orElseGet(() -> ChatTemplate.fitting(tokenizer));
        ChatEncoder chat = ChatEncoder.of(tokenizer, template, prompt.system());
        int imageToken = imageToken(tokenizer, file.isPresent() ? model.imageToken() : ByteTokenizer.IMAGE);
        Wording wording = file.isPresent() ? Wording.of(chat, imageToken) : Wording.bytes();
        String frameEnd = prompt.frameEnd().orElse("");
        return new TextForm(chat, wording, chat.plain(frameEnd));
    }

    /** A marker must be no token of a text: frames would be taken for it. */
    private static int imageToken(Tokenizer tokenizer, int modelsOwn) {
        int token = tokenizer.special(IMAGE).orElse(Math.max(modelsOwn, tokenizer.size() + ADDED_BEFORE_IMAGE));
        if (token < 0) {
            throw RuntimeFailure.config("the marker of a frame must be a token id: %d".formatted(token));
        }
        return token;
    }

    public int imageToken() {
        return wording.imageToken();
    }
}
