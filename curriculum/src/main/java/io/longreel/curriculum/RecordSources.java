package io.longreel.curriculum;

import io.longreel.config.DataSettings;
import io.longreel.config.RunConfig;
import io.longreel.config.StageSettings;
import io.longreel.config.StageSettings.Phase;
import io.longreel.config.StageSettings.Source;
import io.longreel.curriculum.corpus.DatasetShelf;
import io.longreel.curriculum.corpus.Mixture;
import io.longreel.curriculum.dataset.SeedPath;
import io.longreel.curriculum.image.ImageProcessor;
import io.longreel.curriculum.media.MediaStore;
import io.longreel.curriculum.records.RecordEncoder;
import io.longreel.curriculum.records.RecordSampler;
import io.longreel.curriculum.records.RecordSampler.Drawn;
import io.longreel.curriculum.text.TextForm;
import io.longreel.model.ModelConfig;
import io.longreel.model.checkpoint.ModelOrigin;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The user's datasets behind the phases of a run. Phases of one stage that mix the same go on where the one before them ended, so that a stage of several lengths sees
 * no record twice before it has seen all; each stage has an order of its own. Safe for use by several threads.
 */
final class RecordSources implements AutoCloseable {
    /** A phase's records, and where it begins in their order. */
    record Records(RecordSampler sampler, long firstPosition) {}

    /** What says which records come in which order. */
    private record Order(int stage, String mixture, Map<String, Double> weights, boolean shuffled) {}

    private record PhaseKey(int stage, int phase) {}

    private final RunConfig config;
    private final ModelConfig model;
    private final TextForm form;
    private final long cacheBytes;
    private final LongSupplier clockNs;
    private final Map<PhaseKey, Records> phases = new HashMap<>();
    private final DatasetShelf shelf = new DatasetShelf();
    private Optional<MediaStore> media = Optional.empty();

    private RecordSources(RunConfig config, ModelConfig model, TextForm form, long cacheBytes, LongSupplier clockNs) {
        this.config = config;
        this.model = model;
        this.form = form;
        this.cacheBytes = cacheBytes;
        this.clockNs = clockNs;
    }

    /** Whether a run has any. */
    static boolean isUsedBy(RunConfig config) {
        return config.stages().stream()
                .flatMap(stage -> stage.phases().stream())
                .anyMatch(phase -> phase.source() instanceof Source.Dataset);
    }

    /** Opens the datasets of all phases; one that is not there, or is none, is reported here, before anything trains. */
    static RecordSources open(
            RunConfig config, ModelConfig model, TextForm form, long cacheBytes, LongSupplier clockNs) {
        RecordSources sources = new RecordSources(config, model, form, cacheBytes, clockNs);
        try {
            for (int stage = 0; stage < config.stages().size(); stage++) {
                sources.openStage(stage);
            }
            return sources;
        } catch (RuntimeException e) {
            sources.close();
            throw e;
        }
    }

    /** The one that belongs to the vision tower, or SigLIP's. */
    private static ImageProcessor processor(RunConfig config, int imageSize) {
        return ModelOrigin.of(config.model())
                .map(origin -> ImageProcessor.of(origin.visionTower(), imageSize))
                .orElseGet(() -> ImageProcessor.siglip(imageSize));
    }

    private void openStage(int index) {
        StageSettings stage = config.stages().get(index);
        Map<Order, Mixture> opened = new HashMap<>();
        Map<Order, Long> drawn = new HashMap<>();
        DataSettings data = config.data();
        for (int i = 0; i < stage.phases().size(); i++) {
            Phase phase = stage.phases().get(i);
            if (!(phase.source() instanceof Source.Dataset source)) {
                continue;
            }
            Order order = new Order(index, source.mixture(), source.weights(), source.shuffled());
            Mixture mixture = opened.computeIfAbsent(
                    order,
                    key -> Mixture.over(
                            source.mixture(),
                            data.datasets(),
                            new Mixture.Options(source.weights(), source.shuffled(), seed(config, index)),
                            shelf));
            RecordSampler sampler =
                    new RecordSampler(mixture, encoder(source, stage.contextTokensMax()), data.damaged());
            long samples = (long) phase.steps() * phase.samplesPerStep();
            phases.put(new PhaseKey(index, i), new Records(sampler, drawn.getOrDefault(order, 0L)));
            drawn.merge(order, samples, Long::sum);
        }
    }

    private static SeedPath seed(RunConfig config, int stage) {
        return SeedPath.root(config.seed()).child("records").child(stage);
    }

    /** Sample {@code sample} of a step, in which there are {@code samplesPerStep}. */
    Drawn at(int stage, int phase, long phaseStep, int samplesPerStep, int sample) {
        Records records = of(stage, phase)
                .orElseThrow(() -> new IllegalArgumentException(
                        "no records at this phase: stage=%d phase=%d".formatted(stage, phase)));
        return records.sampler().at(records.firstPosition() + phaseStep * samplesPerStep + sample, sample);
    }

    /** The records of a phase; empty when it has another source. */
    Optional<Records> of(int stage, int phase) {
        return Optional.ofNullable(phases.get(new PhaseKey(stage, phase)));
    }

    /** Makes samples as a source looks at its records, in a stage of this context. Belongs to the thread that opened this. */
    RecordEncoder encoder(Source.Dataset source, int contextTokensMax) {
        return new RecordEncoder(
                source,
                media(),
                form,
                new RecordEncoder.Limits(
                        model.tokensPerFrame(), contextTokensMax, model.llm().vocabularySize()));
    }

    /** The media of all records. Belongs to the thread that opened this. */
    MediaStore media() {
        MediaStore store = media.orElseGet(
                () -> MediaStore.open(processor(config, model.vision().imageSize()), cacheBytes, clockNs));
        media = Optional.of(store);
        return store;
    }

    /** The open datasets, for more of them. */
    DatasetShelf shelf() {
        return shelf;
    }

    /** Frames of media decoded so far. */
    MediaStore.Decoded decoded() {
        return media.map(MediaStore::decoded).orElseGet(() -> new MediaStore.Decoded(0, 0));
    }

    @Override
    public void close() {
        media.ifPresent(MediaStore::close);
        shelf.close();
    }
}
