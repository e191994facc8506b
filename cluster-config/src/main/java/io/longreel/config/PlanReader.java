package io.longreel.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import io.longreel.config.PlanPresets.Kind;
import io.longreel.config.plan.ClusterSpec;
import io.longreel.config.plan.ModelShape;
import io.longreel.config.plan.PlanDescription;
import io.longreel.config.plan.Software;
import io.longreel.config.plan.VisionShape;
import io.longreel.config.plan.Workload;
import io.longreel.config.plan.Workload.Trains;
import io.longreel.config.topology.Mesh;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BiFunction;

/**
 * A question to the planner: a file {@code { plan { ... } }} and options of the command line, over {@code plan/defaults.conf}, to a {@link PlanDescription}. All faults
 * come together, a line each. Reads files, writes nothing; one thread, one question.
 */
public final class PlanReader {
    private static final String ROOT = "plan";
    private static final String DEFAULT_SOFTWARE = "longvila";

    private static final ConfigObject DEGREES = ConfigFactory.parseString(
                    "data = 1, ring = 1, ulysses = 1, inner = ulysses")
            .root();

    private static final Map<String, Trains> STAGES = Map.of(
            "text", new Trains(false, false, true),
            "1-align", new Trains(false, true, false),
            "2-pretrain", new Trains(false, true, true),
            "3-short-sft", new Trains(true, true, true),
            "4-extend-context", new Trains(false, false, true),
            "5-long-sft", new Trains(true, true, true));

    private final Faults faults = new Faults();
    private final ConfigReader root;

    private PlanReader(ConfigObject plan) {
        this.root = new ConfigReader(plan, ROOT, faults);
    }

    /** Whether a file asks the planner rather than describing a run. */
    public static boolean isDescription(Path file) {
        return Files.isRegularFile(file) && parsed(file).root().containsKey(ROOT);
    }

    /**
     * Reads a question.
     *
     * @param file empty: the options say everything
     * @param options keys relative to {@code plan}, with what the command line says
     */
    public static PlanDescription read(Optional<Path> file, Map<String, String> options) {
        Config written = file.map(PlanReader::parsed).orElse(ConfigFactory.empty());
        written.root().forEach((key, value) -> {
            if (!key.equals(ROOT)) {
                throw RuntimeFailure.config("%s: %s is an unknown key; everything stands inside plan { ... }"
                        .formatted(Faults.place(value.origin()), key));
            }
        });
        Config asked = ConfigFactory.empty();
        for (Map.Entry<String, String> option : options.entrySet()) {
            asked = asked.withValue(
                    ROOT + "." + option.getKey(), ConfigValueFactory.fromAnyRef(option.getValue(), "command line"));
        }
        Config all = asked.withFallback(written).withFallback(PlanPresets.resource("defaults"));
        if (all.root().get(ROOT) instanceof ConfigObject plan) {
            return new PlanReader(plan).read();
        }
        throw RuntimeFailure.config(
                "%s: plan must be a group of keys { ... }".formatted(Faults.place(written.origin())));
    }

    private PlanDescription read() {
        ModelShape model = named("model", Kind.MODEL, PlanPresets::model);
        ConfigReader clusterReader = root.section("cluster");
        String gpu = clusterReader.text("gpu");
        Software software = software(gpu);
        ClusterSpec cluster = cluster(clusterReader, gpu);
        String stage = root.text("stage");
        Trains trains = trains(stage);
        int batch = root.integer("batch", 1, Integer.MAX_VALUE);
        Workload work = work(model, trains, batch, stage);
        Optional<Mesh> mesh = mesh(cluster);
        OptionalInt zero = root.isNull("zero") ? OptionalInt.empty() : OptionalInt.of(root.integer("zero", 1, 3));
        Optional<Boolean> recompute = root.isNull("recompute") ? Optional.empty() : Optional.of(root.flag("recompute"));
        root.rejectUnknownKeys();
        faults.throwIfAny();
        return new PlanDescription(model, gpu, cluster, software, stage, work, mesh, zero, recompute);
    }

    /** A preset, a folder in VILA's layout where the key is the model, or a group of keys. */
    private <T> T named(String key, Kind kind, BiFunction<String, ConfigReader, T> reading) {
        ConfigValue value = root.object().get(key);
        if (value instanceof ConfigObject) {
            return reading.apply("own", root.section(key));
        }
        String name = root.text(key);
        if (kind == Kind.MODEL && Files.isDirectory(Path.of(name))) {
            ConfigObject shape = ModelFolder.read(Path.of(name));
            return reading.apply(name, new ConfigReader(shape, name, faults));
        }
        return reading.apply(name, new ConfigReader(PlanPresets.group(kind, name), name, faults));
    }

    /** What was measured together belongs together: a calibration's own program, unless another one is named. */
    private Software software(String gpu) {
        if (root.isNull("software")) {
            return CalibrationFile.isCalibration(gpu)
                    ? PlanPresets.software(gpu, new ConfigReader(CalibrationFile.software(gpu), gpu, faults))
                    : PlanPresets.software(DEFAULT_SOFTWARE);
        }
        return named("software", Kind.SOFTWARE, PlanPresets::software);
    }

    private ClusterSpec cluster(ConfigReader reader, String gpu) {
        ConfigObject preset = CalibrationFile.isCalibration(gpu)
                ? CalibrationFile.cluster(gpu)
                : PlanPresets.group(Kind.CLUSTER, gpu);
        ConfigReader merged = root.child(reader.object().withFallback(preset), reader.path());
        int perNode = merged.integer("gpus-per-node", 1, Integer.MAX_VALUE);
        OptionalInt nodes = optional(reader, "nodes");
        OptionalInt given = optional(reader, "gpus");
        merged.isNull("gpu");
        merged.isNull("gpus");
        merged.isNull("nodes");
        reader.names().forEach(reader::isNull);
        long gpus = given.isPresent() ? given.getAsInt() : (long) nodes.orElse(1) * perNode;
        faults.require(
                gpus <= Integer.MAX_VALUE,
                reader,
                "nodes",
                "must not have more GPUs than 32 bits count: nodes=%d gpus-per-node=%d"
                        .formatted(nodes.orElse(1), perNode));
        int count = (int) Math.min(gpus, Integer.MAX_VALUE);
        int needed = Math.ceilDiv(count, perNode);
        faults.require(
                nodes.isEmpty() || nodes.getAsInt() == needed,
                reader,
                "nodes",
                "must hold the GPUs of the job: nodes=%d gpus=%d gpus-per-node=%d, so nodes=%d"
                        .formatted(nodes.orElse(1), count, perNode, needed),
                reader.pathOf("gpus"));
        boolean fills = count <= perNode || count % perNode == 0;
        faults.require(
                fills,
                reader,
                "gpus",
                "must fill nodes: gpus=%d gpus-per-node=%d".formatted(count, perNode),
                reader.pathOf("nodes"));
        return PlanPresets.cluster(gpu, fills ? count : perNode, merged);
    }

    private static OptionalInt optional(ConfigReader reader, String key) {
        return reader.isNull(key) ? OptionalInt.empty() : OptionalInt.of(reader.integer(key, 1, Integer.MAX_VALUE));
    }

    private Trains trains(String stage) {
        Trains trains = STAGES.get(stage);
        if (trains == null) {
            String known = String.join(", ", STAGES.keySet().stream().sorted().toList());
            root.fault(
                    "stage",
                    "must be one of %s, not \"%s\"%s"
                            .formatted(
                                    known,
                                    stage,
                                    NearestKey.to(stage, STAGES.keySet())
                                            .map("; did you mean %s?"::formatted)
                                            .orElse("")));
            return new Trains(false, false, true);
        }
        return trains;
    }

    private Workload work(ModelShape model, Trains trains, int batch, String stage) {
        boolean isText = stage.equals("text") || stage.equals("4-extend-context");
        long text = root.wholeNumber("text", 0, Integer.MAX_VALUE);
        int perFrame = model.vision().map(VisionShape::tokensPerFrame).orElse(0);
        Optional<Long> length = root.isNull("length") ? Optional.empty() : Optional.of(length());
        boolean hasFrames = !root.isNull("frames");
        long frames = hasFrames ? root.wholeNumber("frames", 0, Long.MAX_VALUE / 1_000_000) : 0;
        if (length.isEmpty() && !hasFrames) {
            root.fault("length", "or frames must be given: how long is a sequence?");
        }
        if (!hasFrames && !isText && perFrame > 0 && length.isPresent()) {
            // A long video and its question: as many frames as have room.
            frames = Math.max(0, (length.orElseThrow() - text) / perFrame);
        }
        faults.require(
                frames == 0 || perFrame > 0,
                root,
                "frames",
                "need a model with a vision tower, and %s has none".formatted(model.name()));
        long fromFrames = frames * perFrame + text;
        long tokens = length.orElse(Math.max(1, fromFrames));
        faults.require(
                tokens >= frames * perFrame,
                root,
                "length",
                "must have room for the frames: length=%d, %d frames are %d tokens"
                        .formatted(tokens, frames, frames * perFrame));
        return new Workload(Math.max(1, tokens), frames, batch, trains);
    }

    private long length() {
        String written = root.text("length").strip();
        long unit = written.endsWith("K") ? 1L << 10 : written.endsWith("M") ? 1L << 20 : 1;
        String digits =
                unit == 1 ? written : written.substring(0, written.length() - 1).strip();
        try {
            long tokens = Math.multiplyExact(Long.parseLong(digits), unit);
            if (tokens > 0) {
                return tokens;
            }
        } catch (ArithmeticException | NumberFormatException notALength) {
            // Falls through to the same fault.
        }
        root.fault(
                "length",
                "must be tokens, a whole number above zero within 64 bits, with K or M for 1024 or 1048576 of them, not "
                        + written);
        return 1;
    }

    private Optional<Mesh> mesh(ClusterSpec cluster) {
        ConfigValue value = root.object().get("mesh");
        if (value != null && value.valueType() == ConfigValueType.STRING) {
            String written = root.text("mesh");
            if (written.equals("auto")) {
                return Optional.empty();
            }
            if (!written.matches("\\w+=\\w+(,\\w+=\\w+)*")) {
                root.fault("mesh", "must be auto, or degrees such as ring=4,ulysses=8, not " + written);
                return Optional.empty();
            }
            ConfigObject degrees = ConfigFactory.parseString(
                            written, ConfigParseOptions.defaults().setOriginDescription("command line"))
                    .root();
            return Optional.of(degrees(
                    new ConfigReader(ConfigReader.filled(degrees, DEGREES), root.pathOf("mesh"), faults), cluster));
        }
        return root.object("mesh")
                .map(group -> degrees(root.child(ConfigReader.filled(group, DEGREES), root.pathOf("mesh")), cluster));
    }

    private Mesh degrees(ConfigReader reader, ClusterSpec cluster) {
        Mesh mesh = new Mesh(
                reader.integer("data", 1, Integer.MAX_VALUE),
                reader.integer("ring", 1, Integer.MAX_VALUE),
                reader.integer("ulysses", 1, Integer.MAX_VALUE),
                reader.choice("inner", Mesh.Inner.class));
        reader.rejectUnknownKeys();
        faults.require(
                (long) mesh.dataDegree() * mesh.ringDegree() * mesh.ulyssesDegree() == cluster.gpus(),
                root,
                "mesh",
                "must have as many ranks as there are GPUs: %s gpus=%d".formatted(mesh, cluster.gpus()),
                root.pathOf("cluster"));
        return mesh;
    }

    private static Config parsed(Path file) {
        try {
            return ConfigFactory.parseFile(
                            file.toFile(), ConfigParseOptions.defaults().setAllowMissing(false))
                    .resolve();
        } catch (ConfigException e) {
            String why = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            throw new RuntimeFailure(
                    RuntimeFailure.Category.CONFIG, "the file is not valid HOCON: %s".formatted(why), e);
        }
    }
}
