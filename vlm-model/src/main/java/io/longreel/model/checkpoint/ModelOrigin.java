package io.longreel.model.checkpoint;

import io.longreel.config.ModelSettings;
import io.longreel.model.ModelConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Where a model's first weights come from: the folders of its parts. Either those of one checkpoint in VILA's layout, or a plain Qwen2 and a plain
 * SigLIP, as Hugging Face has them, to which a new projector is made. Names folders and reads nothing but whether they are there. Immutable.
 *
 * @param root folder whose config.json says how the parts belong together; empty: nothing does, and the hidden state before the last feeds the projector
 * @param projector empty: a new one, initialised from the run's seed
 * @param vocabularyMin rows that the token embedding has at least; 0: as many as it has
 */
public record ModelOrigin(
        Optional<Path> root, Path llm, Path visionTower, Optional<Path> projector, int vocabularyMin) {

    public ModelOrigin {
        if (vocabularyMin < 0) {
            throw new IllegalArgumentException("rows must not be negative: vocabularyMin=" + vocabularyMin);
        }
    }

    /**
     * A checkpoint in VILA's layout. The projector's folder may be missing where no root config.json promises one, and that config.json only together with
     * the projector: it is what tells a whole checkpoint from one that is still being copied.
     */
    public static ModelOrigin of(Path directory) {
        Path projector = directory.resolve(VilaConfigReader.PROJECTOR);
        Path config = directory.resolve(VilaConfigReader.CONFIG);
        boolean hasRoot = Files.isRegularFile(config);
        boolean isPromised = hasRoot && VilaConfigReader.promisesProjector(config);
        boolean isNew = !Files.exists(projector) && !isPromised;
        boolean isPlain = !hasRoot && isNew;
        Path llm = directory.resolve(VilaConfigReader.LLM);
        Path vision = directory.resolve(VilaConfigReader.VISION);
        boolean hasParts = Files.isDirectory(llm) && Files.isDirectory(vision);
        return new ModelOrigin(
                isPlain && hasParts ? Optional.empty() : Optional.of(directory),
                llm,
                vision,
                isNew && hasParts ? Optional.empty() : Optional.of(projector),
                0);
    }

    /** What a run starts from; empty: a new model. */
    public static Optional<ModelOrigin> of(ModelSettings settings) {
        return settings.checkpoint()
                .map(ModelOrigin::of)
                .or(() -> settings.parts()
                        .map(parts -> new ModelOrigin(
                                Optional.empty(), parts.llm(), parts.visionTower(), parts.projector(), 0)));
    }

    /** The same, with a row of the token embedding (and of a head of its own) for each of at least {@code tokens} tokens. */
    public ModelOrigin withVocabulary(int tokens) {
        return new ModelOrigin(root, llm, visionTower, projector, tokens);
    }

    /** The numbers of the model, without its weights. */
    public ModelConfig readConfig() {
        ModelConfig stored = VilaConfigReader.read(this);
        return stored.withVocabulary(Math.max(stored.llm().vocabularySize(), vocabularyMin));
    }

    /** Folders by the name of their part. */
    Map<String, Optional<Path>> parts() {
        return Map.of(
                VilaConfigReader.LLM,
                Optional.of(llm),
                VilaConfigReader.VISION,
                Optional.of(visionTower),
                VilaConfigReader.PROJECTOR,
                projector);
    }

    Optional<Path> folder(String part) {
        return parts().getOrDefault(part, Optional.empty());
    }

    @Override
    public String toString() {
        return root.map(Path::toString)
                .orElseGet(() -> "%s + %s + %s"
                        .formatted(
                                llm, visionTower, projector.map(Path::toString).orElse("a new projector")));
    }
}
