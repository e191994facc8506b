package io.longreel.config;

import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import io.longreel.config.ConfigReader.Range;
import io.longreel.config.StageSettings.Lora;
import io.longreel.config.StageSettings.Needle;
import io.longreel.config.StageSettings.Optimizer;
import io.longreel.config.StageSettings.Part;
import io.longreel.config.StageSettings.Phase;
import io.longreel.config.StageSettings.Rope;
import io.longreel.config.StageSettings.Schedule;
import io.longreel.config.StageSettings.Source;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.MeshAdvice;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Reads the curriculum: each stage over {@code stage-defaults}, each phase over its stage's {@code phase}. Stages of the library that no run
 * lists are read too, so that a mistake there is found before somebody lists them. One thread, for the duration of one load.
 */
final class StagesReader {
    /** What a needle question adds to the frames at least: start, the question's first and last token, the answer, end. */
    private static final int QUESTION_TOKENS_MIN = 5;

    /** Room for the key, the question and the answer. */
    private static final int PASSKEY_TOKENS_MIN = 64;

    private enum Kind {
        CAPTIONS,
        NEEDLE_QUESTIONS,
        PASSKEYS,
        DATASET;

        /** Keys of a source that mean something for this kind. */
        private Set<String> keys() {
            return switch (this) {
                case CAPTIONS -> Set.of("kind");
                case NEEDLE_QUESTIONS -> Set.of("kind", "frames");
                case PASSKEYS -> Set.of("kind", "tokens-min", "tokens-max");
                case DATASET ->
                    Set.of(
                            "kind",
                            "mixture",
                            "weights",
                            "shuffled",
                            "frames-max",
                            "frames-per-second-max",
                            "aspect",
                            "tiles-max");
            };
        }
    }

    private static final ConfigObject EMPTY = ConfigFactory.empty().root();

    private final ConfigReader root;
    private final Faults faults;
    private final boolean servesModel;
    private final Optional<ModelSettings.Architecture> architecture;
    private final List<Draw> draws = new ArrayList<>();

    /** What a phase that somebody wrote draws for each step. */
    private record Draw(ConfigReader section, int samples) {}

    StagesReader(ConfigReader root, ModelSettings model) {
        this.root = root;
        this.faults = root.faults();
        this.architecture = model.architecture();
        this.servesModel = model.checkpoint().isPresent();
    }

    List<StageSettings> read() {
        ConfigReader defaults = root.section("stage-defaults");
        stage(defaults, EMPTY, "", false);
        ConfigReader library = root.section("stage-library");
        for (String name : library.names()) {
            library.object(name).ifPresent(stage -> read(stage, library.pathOf(name), name));
        }
        List<ConfigValue> elements = root.elements("stages");
        List<StageSettings> stages = new ArrayList<>();
        for (int i = 0; i < elements.size(); i++) {
            String path = "%s[%d]".formatted(root.pathOf("stages"), i);
            if (elements.get(i) instanceof ConfigObject object) {
                stages.add(read(object, path, ""));
            } else if (!faults.at(path)) {
                faults.add(path, elements.get(i).origin(), "must be a name or a stage { ... }");
            }
        }
        faults.require(
                !elements.isEmpty() || servesModel,
                root,
                "stages",
                "must list at least one stage; a run without any serves the model of model.checkpoint, which is not there");
        requireUnique(
                root,
                "stages",
                "stage names",
                stages.stream().map(StageSettings::name).toList());
        requireUnique(
                root,
                "stages",
                "evaluation names",
                stages.stream()
                        .flatMap(s -> s.evaluation().stream())
                        .map(Needle::name)
                        .toList());
        return stages;
    }

    /** Fewest samples of a step in what was read. */
    int samplesMin() {
        return draws.stream().mapToInt(Draw::samples).min().orElse(MeshAdvice.ANY);
    }

    /** The rule that relates the phases to the mesh. */
    void judge(Mesh mesh, MeshAdvice advice) {
        for (Draw draw : draws) {
            faults.require(
                    draw.samples() >= mesh.dataDegree(),
                    draw.section(),
                    "samples-per-step",
                    "must be at least mesh.data, so that each copy of the model has a sample: samples-per-step=%d data=%d%s"
                            .formatted(draw.samples(), mesh.dataDegree(), advice.hint(mesh)),
                    root.pathOf("mesh"));
        }
    }

    /** A stage as the user wrote it, over the defaults. */
    private StageSettings read(ConfigObject written, String path, String name) {
        ConfigObject defaults = root.section("stage-defaults").object();
        return stage(root.child(written.withFallback(defaults), path), written, name, true);
    }

    /** {@code complete}: it is a stage, not what stages have in common. */
    private StageSettings stage(ConfigReader section, ConfigObject written, String nameInLibrary, boolean complete) {
        String name = section.isNull("name") ? nameInLibrary : section.text("name");
        Set<Part> trainable = section.choices("trainable", Part.class);
        Lora lora = lora(section.section("lora"));
        int contextTokens = section.integer("context-tokens-max", 1, Integer.MAX_VALUE);
        Optimizer optimizer = optimizer(section.section("optimizer"));
        Optional<Needle> evaluation = evaluation(section.section("evaluation"));
        phase(section.section("phase"), "phase", EMPTY);
        List<Phase> phases = phases(section, written);
        boolean adapters = trainable.contains(Part.LORA);
        StageSettings stage = new StageSettings(
                name,
                trainable,
                adapters ? Optional.of(lora) : Optional.empty(),
                contextTokens,
                optimizer,
                phases,
                evaluation,
                section.flag("export"));
        if (complete) {
            SettingsReader.requireFileName(section, "name", name);
            faults.require(
                    adapters || !written.containsKey("lora"),
                    section,
                    "lora",
                    "is only for a stage whose trainable names lora; add lora there or remove this",
                    section.pathOf("trainable"));
            faults.require(!phases.isEmpty(), section, "phases", "must list at least one phase");
            requireUnique(
                    section,
                    "phases",
                    "phase names",
                    phases.stream().map(Phase::name).toList());
            judge(section, stage);
        }
        return stage;
    }

    private List<Phase> phases(ConfigReader section, ConfigObject written) {
        ConfigObject writtenForAll = written.get("phase") instanceof ConfigObject o ? o : EMPTY;
        ConfigObject defaults = section.section("phase").object();
        List<ConfigValue> elements = section.elements("phases");
        List<Phase> phases = new ArrayList<>();
        for (int i = 0; i < elements.size(); i++) {
            String path = "%s[%d]".formatted(section.pathOf("phases"), i);
            if (elements.get(i) instanceof ConfigObject object) {
                ConfigReader merged = section.child(object.withFallback(defaults), path);
                phases.add(phase(merged, "phase-" + (i + 1), object.withFallback(writtenForAll)));
            } else {
                faults.add(path, elements.get(i).origin(), "must be a phase { ... }");
            }
        }
        return phases;
    }

    private Phase phase(ConfigReader section, String defaultName, ConfigObject written) {
        boolean named = !section.isNull("name");
        String name = named ? section.text("name") : defaultName;
        if (named) {
            SettingsReader.requireFileName(section, "name", name);
        }
        int samples = section.integer("samples-per-step", 1, Integer.MAX_VALUE);
        if (!written.isEmpty()) {
            draws.add(new Draw(section, samples));
        }
        return new Phase(
                name,
                section.integer("steps", 1, Integer.MAX_VALUE),
                samples,
                learningRates(section),
                section.choice("schedule", Schedule.class),
                section.integer("warmup-steps", 0, Integer.MAX_VALUE),
                section.number("final-fraction", Range.SHARE),
                new Rope(
                        optional(section, "rope-theta", Range.ABOVE_ONE),
                        optional(section, "rope-scale", Range.FROM_ONE)),
                source(section.section("source"), written));
    }

    private static LearningRates learningRates(ConfigReader section) {
        double common = section.number("learning-rate", Range.POSITIVE);
        ConfigReader parts = section.section("learning-rates");
        Map<Part, Double> own = new EnumMap<>(Part.class);
        for (Part part : Part.values()) {
            optional(parts, Words.of(part), Range.POSITIVE).ifPresent(rate -> own.put(part, rate));
        }
        return new LearningRates(common, own);
    }

    /** A number, or null. */
    private static Optional<Double> optional(ConfigReader section, String key, Range range) {
        return section.isNull(key) ? Optional.empty() : Optional.of(section.number(key, range));
    }

    private Source source(ConfigReader section, ConfigObject writtenPhase) {
        Kind kind = section.choice("kind", Kind.class);
        List<Integer> frames = section.integers("frames", 1);
        int tokensMin = section.integer("tokens-min", PASSKEY_TOKENS_MIN, Integer.MAX_VALUE);
        int tokensMax = section.integer("tokens-max", PASSKEY_TOKENS_MIN, Integer.MAX_VALUE);
        Source.Dataset dataset = dataset(section);
        faults.require(
                kind != Kind.DATASET
                        || writtenPhase.isEmpty()
                        || !dataset.mixture().isBlank(),
                section,
                "mixture",
                "must name datasets of longreel.data.datasets, such as \"a+b*3\"");
        if (writtenPhase.get("source") instanceof ConfigObject written) {
            for (Kind other : Kind.values()) {
                for (String key : other.keys()) {
                    faults.require(
                            kind.keys().contains(key) || !written.containsKey(key),
                            section,
                            key,
                            "is for kind = %s, but the kind is %s".formatted(Words.of(other), Words.of(kind)),
                            section.pathOf("kind"));
                }
            }
        }
        faults.require(!frames.isEmpty(), section, "frames", "must list at least one length");
        faults.require(
                tokensMax >= tokensMin,
                section,
                "tokens-max",
                "must be at least tokens-min: tokens-min=%d tokens-max=%d".formatted(tokensMin, tokensMax),
                section.pathOf("tokens-min"));
        return switch (kind) {
            case CAPTIONS -> new Source.Captions();
            case NEEDLE_QUESTIONS -> new Source.NeedleQuestions(frames);
            case PASSKEYS -> new Source.Passkeys(tokensMin, tokensMax);
            case DATASET -> dataset;
        };
    }

    private static Source.Dataset dataset(ConfigReader section) {
        ConfigReader weights = section.section("weights");
        Map<String, Double> shares = new TreeMap<>();
        weights.names().forEach(name -> shares.put(name, weights.number(name, Range.POSITIVE)));
        return new Source.Dataset(
                section.text("mixture"),
                shares,
                section.flag("shuffled"),
                section.integer("frames-max", 1, 10_000_000),
                section.number("frames-per-second-max", Range.NOT_NEGATIVE),
                section.choice("aspect", StageSettings.Aspect.class),
                section.integer("tiles-max", 1, 1024));
    }

    private static Lora lora(ConfigReader section) {
        return new Lora(section.integer("rank", 1, 65_536), section.number("alpha", Range.POSITIVE));
    }

    private static Optimizer optimizer(ConfigReader section) {
        return new Optimizer(
                section.number("beta1", Range.BELOW_ONE),
                section.number("beta2", Range.BELOW_ONE),
                section.number("epsilon", Range.POSITIVE),
                section.number("weight-decay", Range.NOT_NEGATIVE),
                section.number("clip-norm", Range.NOT_NEGATIVE));
    }

    private static Optional<Needle> evaluation(ConfigReader section) {
        String name = section.text("name");
        SettingsReader.requireFileName(section, "name", name);
        Needle needle = new Needle(
                name,
                section.integers("frames", 1),
                section.integer("depths", 1, 10_000),
                section.integer("needles", 1, 10_000));
        return needle.frames().isEmpty() ? Optional.empty() : Optional.of(needle);
    }

    /** The rules that relate a stage to itself and to the model. */
    private void judge(ConfigReader section, StageSettings stage) {
        Set<Part> trainable = stage.trainable();
        faults.require(!trainable.isEmpty(), section, "trainable", "must name at least one part");
        faults.require(
                !trainable.contains(Part.LORA) || !trainable.contains(Part.LLM),
                section,
                "trainable",
                "must not name both lora and llm: adapters stand for training the decoder itself");
        boolean decoderTrains = EnumSet.of(Part.LLM, Part.LORA, Part.NORMS, Part.EMBEDDING).stream()
                .anyMatch(trainable::contains);
        String modelPath = root.pathOf("model");
        architecture.ifPresent(model -> faults.require(
                stage.contextTokensMax() <= model.llm().maxPositions(),
                section,
                "context-tokens-max",
                "must not exceed the model's max-positions: context-tokens-max=%d max-positions=%d"
                        .formatted(stage.contextTokensMax(), model.llm().maxPositions()),
                modelPath));
        for (int i = 0; i < stage.phases().size(); i++) {
            String phasePath = "phases[%d]".formatted(i);
            for (Part part :
                    new TreeSet<>(stage.phases().get(i).learningRates().own().keySet())) {
                faults.require(
                        stage.trains(part),
                        section,
                        "trainable",
                        "must name what %s gives a learning rate of its own: learning-rates.%s is there, but that part does not train"
                                .formatted(phasePath, Words.of(part)));
            }
            Source source = stage.phases().get(i).source();
            faults.require(
                    decoderTrains || !(source instanceof Source.Passkeys),
                    section,
                    "trainable",
                    "must name a part of the decoder (llm, lora, norms or embedding), as %s has text only"
                            .formatted(phasePath));
            longest(source)
                    .ifPresent(tokens -> faults.require(
                            tokens <= stage.contextTokensMax(),
                            section,
                            "context-tokens-max",
                            "must hold the longest sample of %s: context-tokens-max=%d, at least %d needed"
                                    .formatted(phasePath, stage.contextTokensMax(), tokens),
                            section.path() + "." + phasePath,
                            modelPath));
        }
        judgeEvaluation(section, stage, modelPath);
    }

    private void judgeEvaluation(ConfigReader section, StageSettings stage, String modelPath) {
        if (stage.evaluation().isEmpty() || architecture.isEmpty()) {
            return;
        }
        ModelSettings.Architecture model = architecture.get();
        for (int frames : stage.evaluation().get().frames()) {
            long tokens = questionTokens(frames, model);
            faults.require(
                    tokens <= model.llm().maxPositions(),
                    section.section("evaluation"),
                    "frames",
                    "must fit the model's max-positions: %d frames take %d tokens, max-positions=%d"
                            .formatted(frames, tokens, model.llm().maxPositions()),
                    modelPath);
        }
    }

    /** Fewest tokens that the longest sample of a source can have, as far as it is known here. */
    private Optional<Long> longest(Source source) {
        return switch (source) {
            case Source.Captions captions -> Optional.empty();
            case Source.NeedleQuestions questions ->
                architecture.flatMap(model ->
                        questions.frames().stream().max(Integer::compare).map(f -> questionTokens(f, model)));
            case Source.Passkeys passkeys -> Optional.of((long) passkeys.tokensMax());
            case Source.Dataset dataset -> Optional.empty();
        };
    }

    private static long questionTokens(int frames, ModelSettings.Architecture model) {
        return (long) frames * model.tokensPerFrame() + QUESTION_TOKENS_MIN;
    }

    private void requireUnique(ConfigReader section, String key, String what, List<String> names) {
        Set<String> seen = new HashSet<>();
        for (String name : names) {
            faults.require(
                    seen.add(name),
                    section,
                    key,
                    "must have different %s, but \"%s\" occurs twice".formatted(what, name));
        }
    }
}
