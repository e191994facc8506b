package io.longreel.curriculum;

import io.longreel.config.DatasetSettings;
import io.longreel.config.NearestKey;
import io.longreel.config.RunConfig;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.StageSettings;
import io.longreel.config.StageSettings.Aspect;
import io.longreel.config.StageSettings.Phase;
import io.longreel.config.StageSettings.Source;
import io.longreel.curriculum.corpus.Dataset;
import io.longreel.curriculum.corpus.DatasetShelf;
import io.longreel.curriculum.corpus.Mixture;
import io.longreel.curriculum.dataset.SeedPath;
import io.longreel.curriculum.image.ImageLayout;
import io.longreel.curriculum.stage.RunPlan;
import io.longreel.curriculum.survey.DatasetFacts;
import io.longreel.curriculum.survey.PhaseStats;
import io.longreel.curriculum.survey.RecordView;
import io.longreel.curriculum.survey.StepView;
import io.longreel.curriculum.text.TextForm;
import io.longreel.model.ModelConfig;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongConsumer;

/**
 * A run's datasets, opened to be looked at and not to train on: what is in them, what becomes of a record, what a phase is made of, what a step shows.
 * Order, samples and packing are those of the run, from the same code. Needs no weights and no footage. Belongs to one thread. What the user got wrong
 * is a failure of category CONFIG; damaged records are part of the answers, whatever the run would do about them.
 */
public final class DataSurvey implements AutoCloseable {
    /** As the program's own defaults have it, for datasets that no phase uses. */
    private static final Source.Dataset UNUSED =
            new Source.Dataset("", Map.of(), true, 8, 0, Aspect.RESIZE, ImageLayout.TILES_MAX);

    private static final Mixture.Options AS_WRITTEN = new Mixture.Options(Map.of(), false, SeedPath.root(0));

    /** A phase that takes its samples from datasets, by its place in the run. */
    public record DataPhase(int stageIndex, int phaseIndex, StageSettings stage, Phase phase) {
        private Source.Dataset source() {
            return (Source.Dataset) phase.source();
        }
    }

    private final RunConfig config;
    private final ModelConfig model;
    private final TextForm form;
    private final RecordSources records;

    private DataSurvey(RunConfig config, ModelConfig model, TextForm form, RecordSources records) {
        this.config = config;
        this.model = model;
        this.form = form;
        this.records = records;
    }

    /** @param model whose frames and tokens samples are made of */
    public static DataSurvey open(RunConfig config, ModelConfig model) {
        TextForm form = TextForm.open(config, model);
        // Nobody asks how long decoding takes here.
        RecordSources records =
                RecordSources.open(config, model, form, config.data().frameCacheBytes(), () -> 0);
        return new DataSurvey(config, model, form, records);
    }

    /**
     * The datasets of the configuration, used or not.
     *
     * @param only name of the one that is wanted; empty = all
     */
    public List<DatasetFacts> datasets(Optional<String> only) {
        Map<String, DatasetSettings> known = config.data().datasets();
        if (known.isEmpty()) {
            throw RuntimeFailure.config("the configuration has no datasets; name some in longreel.data.datasets");
        }
        only.ifPresent(name -> requireKnown("dataset", name, known.keySet()));
        return known.values().stream()
                .filter(spec -> only.isEmpty() || only.get().equals(spec.name()))
                .map(this::facts)
                .toList();
    }

    private DatasetFacts facts(DatasetSettings spec) {
        SortedMap<String, Integer> subsets = new TreeMap<>();
        spec.subsets()
                .keySet()
                .forEach(word ->
                        subsets.put(word, dataset(spec.name() + "@" + word).size()));
        List<DatasetFacts.Use> uses = new ArrayList<>();
        for (DataPhase at : phases()) {
            Mixture mixture = recordsOf(at).sampler().mixture();
            for (int i = 0; i < mixture.datasets().size(); i++) {
                String term = mixture.datasets().get(i).name();
                if (wholeName(term).equals(spec.name())) {
                    uses.add(new DatasetFacts.Use(
                            at.stage().name(),
                            at.phase().name(),
                            at.source().mixture(),
                            term,
                            mixture.count(i),
                            mixture.epochSize()));
                }
            }
        }
        return new DatasetFacts(spec, records.shelf().get(spec).size(), subsets, uses);
    }

    /**
     * One record.
     *
     * @param name of its dataset, or {@code name@subset}
     * @param index in it, from 0
     * @param stage whose first phase with this dataset looks at it; empty = the first stage that has one
     */
    public RecordView record(String name, int index, Optional<String> stage) {
        List<String> known = new ArrayList<>();
        config.data().datasets().forEach((word, settings) -> {
            known.add(word);
            settings.subsets().keySet().forEach(subset -> known.add(word + "@" + subset));
        });
        requireKnown("dataset", name, known);
        Dataset dataset = dataset(name);
        if (index < 0 || index >= dataset.size()) {
            throw RuntimeFailure.config(
                    "dataset %s has no record %d: its records are 0 to %d".formatted(name, index, dataset.size() - 1));
        }
        Optional<DataPhase> viewer = phases(stage).stream()
                .filter(at -> recordsOf(at).sampler().mixture().datasets().stream()
                        .anyMatch(term -> wholeName(term.name()).equals(wholeName(name))))
                .findFirst();
        if (stage.isPresent() && viewer.isEmpty()) {
            throw RuntimeFailure.config(
                    "stage %s does not use dataset %s; leave --stage out to see the record all the same"
                            .formatted(stage.get(), wholeName(name)));
        }
        RecordExam exam = viewer.map(at -> new RecordExam(
                        recordsOf(at).sampler().encoder(),
                        form,
                        "stage %s, phase %s"
                                .formatted(at.stage().name(), at.phase().name())))
                .orElseGet(() -> new RecordExam(
                        records.encoder(UNUSED, model.llm().maxPositions()),
                        form,
                        "no stage, which is why defaults hold"));
        return exam.view(dataset, name, index, records.media());
    }

    /**
     * The phases that take samples from datasets.
     *
     * @param stage the only one whose phases are wanted; empty = all
     */
    public List<DataPhase> phases(Optional<String> stage) {
        stage.ifPresent(name -> requireKnown(
                "stage", name, config.stages().stream().map(StageSettings::name).toList()));
        return phases().stream()
                .filter(at -> stage.isEmpty() || stage.get().equals(at.stage().name()))
                .toList();
    }

    /** The same, of which there must be one. */
    public List<DataPhase> requiredPhases(Optional<String> stage) {
        List<DataPhase> found = phases(stage);
        if (found.isEmpty()) {
            List<String> others =
                    phases().stream().map(at -> at.stage().name()).distinct().toList();
            throw RuntimeFailure.config("%s takes its samples from no dataset; %s"
                    .formatted(
                            stage.map("stage %s"::formatted).orElse("the run"),
                            others.isEmpty()
                                    ? "give a phase a source of kind dataset"
                                    : "these do: " + String.join(", ", others)));
        }
        return found;
    }

    /**
     * Looks at records of a phase, evenly spread over an epoch, and packs its first steps.
     *
     * @param samplesMax most records that are looked at, at least 1
     * @param progress hears how many have been, of {@link #samples}
     */
    public PhaseStats stats(DataPhase at, long samplesMax, LongConsumer progress) {
        return new PhaseSurvey(config, model.tokensPerFrame(), at, recordsOf(at)).stats(samplesMax, progress);
    }

    /** Records that {@link #stats} looks at. */
    public long samples(DataPhase at, long samplesMax) {
        return Math.min(samplesMax, recordsOf(at).sampler().mixture().epochSize());
    }

    /**
     * What a step of a stage shows.
     *
     * @param stage empty = the first one with datasets
     * @param step of the stage, from 0; empty = the first one with datasets
     * @param rowsMax most samples that are shown
     * @param framesMax most frames of each
     */
    public StepView step(Optional<String> stage, Optional<Integer> step, int rowsMax, int framesMax) {
        DataPhase first = requiredPhases(stage).getFirst();
        StageSettings shown = first.stage();
        int number = step.orElseGet(() -> shown.phases().subList(0, first.phaseIndex()).stream()
                .mapToInt(Phase::steps)
                .sum());
        if (number < 0 || number >= shown.steps()) {
            throw RuntimeFailure.config("stage %s has no step %d: its steps are 0 to %d"
                    .formatted(shown.name(), number, shown.steps() - 1));
        }
        RunPlan.Point point = RunPlan.of(config.stages()).at(first.stageIndex(), number);
        DataPhase at = phases().stream()
                .filter(one -> one.stageIndex() == point.stageIndex() && one.phaseIndex() == point.phaseIndex())
                .findFirst()
                .orElseThrow(() -> RuntimeFailure.config(
                        "step %d of stage %s lies in its phase %s, which takes its samples from no dataset"
                                .formatted(number, shown.name(), point.phase().name())));
        RecordSources.Records source = recordsOf(at);
        int samples = at.phase().samplesPerStep();
        long position = source.firstPosition() + (long) point.phaseStep() * samples;
        RecordExam exam = new RecordExam(source.sampler().encoder(), form, shown.name());
        List<StepView.Row> rows = new ArrayList<>();
        for (int i = 0; i < Math.min(samples, rowsMax); i++) {
            rows.add(exam.row(source.sampler().mixture(), position + i, i, framesMax));
        }
        return new StepView(shown.name(), at.phase().name(), number, samples, rows);
    }

    private List<DataPhase> phases() {
        List<DataPhase> found = new ArrayList<>();
        for (int stage = 0; stage < config.stages().size(); stage++) {
            StageSettings settings = config.stages().get(stage);
            for (int phase = 0; phase < settings.phases().size(); phase++) {
                if (settings.phases().get(phase).source() instanceof Source.Dataset) {
                    found.add(new DataPhase(
                            stage, phase, settings, settings.phases().get(phase)));
                }
            }
        }
        return found;
    }

    private RecordSources.Records recordsOf(DataPhase at) {
        return records.of(at.stageIndex(), at.phaseIndex()).orElseThrow();
    }

    /** A dataset or a part of one, by its name. */
    private Dataset dataset(String name) {
        DatasetShelf shelf = records.shelf();
        return Mixture.over(name, config.data().datasets(), AS_WRITTEN, shelf)
                .datasets()
                .getFirst();
    }

    private static String wholeName(String term) {
        int at = term.indexOf('@');
        return at < 0 ? term : term.substring(0, at);
    }

    private static void requireKnown(String what, String name, Collection<String> known) {
        if (!known.contains(name)) {
            String hint = NearestKey.to(name, known)
                    .map("did you mean %s?"::formatted)
                    .orElseGet(() ->
                            known.isEmpty() ? "the configuration has none" : "there are " + String.join(", ", known));
            throw RuntimeFailure.config("there is no %s %s; %s".formatted(what, name, hint));
        }
    }

    @Override
    public void close() {
        records.close();
    }
}
