package io.longreel.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.MeshAdvice;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * HOCON to {@link RunConfig}: a file or a preset, over it the overrides of the command line, under it {@code reference.conf}. Reads files
 * and checks that named ones exist; writes nothing. All faults come together in one {@link RuntimeFailure} of category CONFIG, one line
 * each with file and line. Invariant: what {@link #render} writes loads to an equal configuration. Stateless, any thread.
 */
public final class RunConfigLoader {
    static final String ROOT = "longreel";
    static final String REFERENCE = "reference.conf";

    private static final List<String> PRESETS = List.of(
            "demo",
            "longvila-1.5b",
            "longvila-1.5b-tiny",
            "longvila-7b",
            "longvila-7b-tiny",
            "order-1-2-3-4-5",
            "order-1-2-4-35",
            "order-4-1-2-3-5",
            "order-4-1-2-35",
            "table1-1-2-3-4-5",
            "table1-1-2-3-4-5-tiny",
            "table1-1-2-4-35",
            "table1-1-2-4-35-tiny",
            "table1-4-1-2-3-5",
            "table1-4-1-2-3-5-tiny",
            "table1-4-1-2-35",
            "table1-4-1-2-35-tiny",
            "tiny");

    private RunConfigLoader() {}

    /** Names of the configurations that come with the program. */
    public static List<String> presets() {
        return PRESETS;
    }

    /**
     * Loads a configuration.
     *
     * @param source path of a HOCON file, or the name of a preset where no such file exists
     * @param overrides {@code key=value}, keys relative to {@code longreel}, list elements as {@code stages[0].phases[1].steps}
     */
    public static RunConfig load(String source, List<String> overrides) {
        Path file = Path.of(source);
        if (Files.isRegularFile(file)) {
            return load(file, overrides);
        }
        if (PRESETS.contains(source)) {
            return build(
                    parsed(() -> ConfigFactory.parseResources(
                            RunConfigLoader.class.getClassLoader(), "conf/" + source + ".conf", strict())),
                    overrides);
        }
        String hint = NearestKey.to(source, PRESETS)
                .map("; did you mean the preset %s?"::formatted)
                .orElse("");
        throw RuntimeFailure.config("no such configuration: %s is neither a file nor a preset (%s)%s"
                .formatted(source, String.join(", ", PRESETS), hint));
    }

    /** Loads a configuration from a file. */
    public static RunConfig load(Path file, List<String> overrides) {
        if (!Files.isReadable(file)) {
            throw RuntimeFailure.config("no such configuration: cannot read the file " + file);
        }
        return build(parsed(() -> ConfigFactory.parseFile(file.toFile(), strict())), overrides);
    }

    /**
     * Loads a configuration from text, such as one that came over the network.
     *
     * @param origin what faults call the text
     */
    public static RunConfig parse(String text, String origin, List<String> overrides) {
        return build(parsed(() -> ConfigFactory.parseString(text, strict().setOriginDescription(origin))), overrides);
    }

    /** HOCON text that loads to the same configuration without any other file of the user's. */
    public static String render(RunConfig config) {
        return RunConfigWriter.render(config, false);
    }

    /** As {@link #render}, with what {@code reference.conf} says about each key above it. */
    public static String explain(RunConfig config) {
        return RunConfigWriter.render(config, true);
    }

    /** Every key with its default and its meaning, as a page in Markdown. */
    public static String referencePage() {
        return ConfigReference.markdown();
    }

    /** The defaults; only our own root, as other libraries keep theirs in files of the same name. */
    static Config reference() {
        return ConfigFactory.parseResources(RunConfigLoader.class.getClassLoader(), REFERENCE, strict())
                .withOnlyPath(ROOT);
    }

    private static RunConfig build(Config user, List<String> overrideTexts) {
        return build(user, overrideTexts, reference());
    }

    static RunConfig build(Config user, List<String> overrideTexts, Config reference) {
        Faults faults = new Faults();
        rejectForeignRoots(user, faults);
        Overrides overrides = Overrides.parse(overrideTexts, faults);
        Config merged = parsed(() -> overrides
                .plain()
                .withFallback(user.withOnlyPath(ROOT))
                .withFallback(reference)
                .resolve());
        if (!(merged.root().get(ROOT) instanceof ConfigObject rootObject)) {
            throw RuntimeFailure.config(
                    "%s: %s must be a group of keys { ... }".formatted(Faults.place(user.origin()), ROOT));
        }
        ConfigObject root = overrides.applyIndexed(withNamedStages(rootObject, faults), faults);
        RunConfig config = read(new ConfigReader(root, ROOT, faults), reference);
        faults.throwIfAny();
        return config;
    }

    private static RunConfig read(ConfigReader root, Config reference) {
        SettingsReader settings = new SettingsReader(root);
        String name = settings.fileName("name");
        long seed = root.wholeNumber("seed", Long.MIN_VALUE, Long.MAX_VALUE);
        Path out = settings.out();
        ClusterSettings cluster = settings.cluster();
        ParallelismReader parallelism = new ParallelismReader(root);
        Optional<ParallelismReader.Written> written = parallelism.mesh(reference.getObject(ROOT + ".mesh"));
        TransportSettings transport = settings.transport();
        ModelSettings model = settings.model();
        ShardingSettings sharding = parallelism.sharding();
        PrecisionSettings precision = parallelism.precision();
        RecomputeSettings recompute = parallelism.recompute(model);
        AttentionSettings attention = parallelism.attention();
        DataSettings data = settings.data();
        CheckpointSettings checkpoint = settings.checkpoint();
        RecoverySettings recovery = new RecoveryReader(root).read();
        TraceSettings trace = settings.trace();
        DashboardSettings dashboard = settings.dashboard();
        InferenceSettings inference = settings.inference();
        ServeSettings serve = new ServeReader(root).read();
        StagesReader curriculum = new StagesReader(root, model);
        List<StageSettings> stages = curriculum.read();
        MeshAdvice advice = new MeshAdvice(
                cluster.nodes(),
                cluster.ranksPerNode(),
                model.architecture().map(a -> a.llm().heads()).orElse(MeshAdvice.ANY),
                curriculum.samplesMin());
        Mesh mesh = written.map(ParallelismReader.Written::mesh)
                .orElseGet(() -> root.faults().isEmpty()
                        ? MeshPlanner.choose(model, sharding, recompute, stages, advice)
                        : Mesh.single());
        if (written.isPresent()) {
            parallelism.judge(mesh, cluster, advice);
        }
        curriculum.judge(mesh, advice);
        ChaosSettings chaos = new ChaosReader(root).read(mesh, stages);
        root.rejectUnknownKeys();
        RunConfig config = new RunConfig(
                name,
                seed,
                out,
                cluster,
                mesh,
                written.map(ParallelismReader.Written::planned).orElse(true),
                sharding,
                precision,
                recompute,
                attention,
                transport,
                model,
                data,
                checkpoint,
                recovery,
                stages,
                trace,
                dashboard,
                inference,
                serve,
                chaos,
                ConfigFactory.empty());
        return config.withResolved(RunConfigWriter.toConfig(config));
    }

    /** {@code stages} with each name replaced by the stage of the library that it names. */
    private static ConfigObject withNamedStages(ConfigObject root, Faults faults) {
        if (!(root.get("stages") instanceof ConfigList stages)
                || !(root.get("stage-library") instanceof ConfigObject library)) {
            return root;
        }
        List<ConfigValue> whole = new ArrayList<>();
        for (int i = 0; i < stages.size(); i++) {
            ConfigValue stage = stages.get(i);
            if (stage.valueType() != ConfigValueType.STRING) {
                whole.add(stage);
                continue;
            }
            String name = (String) stage.unwrapped();
            if (library.get(name) instanceof ConfigObject found) {
                ConfigValue named = ConfigValueFactory.fromAnyRef(name).withOrigin(stage.origin());
                whole.add(found.containsKey("name") ? found : found.withValue("name", named));
            } else {
                faults.add(
                        "%s.stages[%d]".formatted(ROOT, i),
                        stage.origin(),
                        "names no stage of stage-library: \"%s\"; %s".formatted(name, known(name, library)));
            }
        }
        return root.withValue("stages", ConfigValueFactory.fromIterable(whole).withOrigin(stages.origin()));
    }

    private static String known(String name, ConfigObject library) {
        if (library.isEmpty()) {
            return "the library is empty; include classpath(\"conf/library/small-stages.conf\") has the five stages";
        }
        return NearestKey.to(name, library.keySet())
                .map("did you mean %s?"::formatted)
                .orElseGet(() -> "it has: " + String.join(", ", new TreeSet<>(library.keySet())));
    }

    private static void rejectForeignRoots(Config user, Faults faults) {
        user.root().forEach((key, value) -> {
            if (!key.equals(ROOT)) {
                faults.add(
                        key, value.origin(), "is an unknown key; everything stands inside %s { ... }".formatted(ROOT));
            }
        });
    }

    private static ConfigParseOptions strict() {
        return ConfigParseOptions.defaults().setAllowMissing(false);
    }

    /** A step of parsing whose complaints about the user's text become one line. */
    private static Config parsed(Supplier<Config> step) {
        try {
            return step.get();
        } catch (ConfigException e) {
            String message = String.valueOf(e.getMessage())
                    .lines()
                    .map(String::strip)
                    .reduce((a, b) -> a + " " + b)
                    .orElse("");
            throw new RuntimeFailure(
                    RuntimeFailure.Category.CONFIG, "the configuration is not valid HOCON: " + message, e);
        }
    }
}
