package io.longreel.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigUtil;
import io.longreel.config.ConfigReader.Range;
import io.longreel.config.plan.ClusterSpec;
import io.longreel.config.plan.CoreSharing;
import io.longreel.config.plan.FittedConstants;
import io.longreel.config.plan.Hardware;
import io.longreel.config.plan.Link;
import io.longreel.config.plan.ModelShape;
import io.longreel.config.plan.Software;
import io.longreel.config.plan.VisionShape;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Models, clusters and programs that the planner knows by name: {@code plan/*.conf}, where each number has its source. Reads resources only, each once; any thread.
 */
public final class PlanPresets {
    private static final List<String> PARTS = List.of("siglip", "fitted");

    private static final Map<String, Config> RESOURCES = new ConcurrentHashMap<>();

    private PlanPresets() {}

    /** What a kind of preset is called in messages, and where it stands. */
    enum Kind {
        MODEL("model", "models"),
        CLUSTER("gpu", "clusters"),
        SOFTWARE("software", "software");

        private final String key;
        private final String file;

        Kind(String key, String file) {
            this.key = key;
            this.file = file;
        }
    }

    /** Names of models, in alphabetical order. */
    public static List<String> models() {
        return names(Kind.MODEL);
    }

    /** Names of devices with their nodes and links. */
    public static List<String> clusters() {
        return names(Kind.CLUSTER);
    }

    /** A model by its name. */
    public static ModelShape model(String name) {
        Faults faults = new Faults();
        ModelShape model = model(name, new ConfigReader(group(Kind.MODEL, name), name, faults));
        faults.throwIfAny();
        return model;
    }

    /** The sizes of a checkpoint's folder. */
    static ModelShape folder(Path folder) {
        Faults faults = new Faults();
        String name = folder.toString();
        ModelShape model = model(name, new ConfigReader(ModelFolder.read(folder), name, faults));
        faults.throwIfAny();
        return model;
    }

    /** So many devices of a name. */
    public static ClusterSpec cluster(String name, int gpus) {
        Faults faults = new Faults();
        ClusterSpec cluster = cluster(name, gpus, new ConfigReader(group(Kind.CLUSTER, name), name, faults));
        faults.throwIfAny();
        return cluster;
    }

    /** A program by its name. */
    public static Software software(String name) {
        Faults faults = new Faults();
        Software software = software(name, new ConfigReader(group(Kind.SOFTWARE, name), name, faults));
        faults.throwIfAny();
        return software;
    }

    /** The constants that were fitted to the paper's tables. */
    public static FittedConstants fitted() {
        Config fitted = resource("fitted").getConfig("fitted");
        return new FittedConstants(
                fitted.getDouble("attention-share"),
                fitted.getDouble("fixed-seconds"),
                fitted.getDouble("ring-hidden-share"),
                fitted.getDouble("ring-step-seconds"),
                fitted.getDouble("megatron-attention-share"),
                fitted.getDouble("zero3-lost-memory"));
    }

    static List<String> names(Kind kind) {
        TreeSet<String> names = new TreeSet<>(resource(kind.file).root().keySet());
        PARTS.forEach(names::remove);
        return List.copyOf(names);
    }

    /** The keys of a preset. */
    static ConfigObject group(Kind kind, String name) {
        List<String> known = names(kind);
        if (!known.contains(name)) {
            throw RuntimeFailure.config("%s must be one of %s, not \"%s\"%s"
                    .formatted(
                            kind.key,
                            String.join(", ", known),
                            name,
                            NearestKey.to(name, known)
                                    .map("; did you mean %s?"::formatted)
                                    .orElse("")));
        }
        return resource(kind.file).root().toConfig().getObject(ConfigUtil.quoteString(name));
    }

    /** A resource; each is parsed once, as one question looks at the same ones several times. */
    static Config resource(String name) {
        return RESOURCES.computeIfAbsent(
                name,
                key -> ConfigFactory.parseResources(
                                PlanPresets.class.getClassLoader(),
                                "plan/" + key + ".conf",
                                ConfigParseOptions.defaults().setAllowMissing(false))
                        .resolve());
    }

    static ModelShape model(String name, ConfigReader reader) {
        int hidden = reader.integer("hidden", 1, Integer.MAX_VALUE);
        int layers = reader.integer("layers", 1, Integer.MAX_VALUE);
        int heads = reader.integer("heads", 1, Integer.MAX_VALUE);
        int kvHeads = reader.integer("kv-heads", 1, Integer.MAX_VALUE);
        int headDim = reader.integer("head-dim", 1, Integer.MAX_VALUE);
        int intermediate = reader.integer("intermediate", 1, Integer.MAX_VALUE);
        int vocabulary = reader.integer("vocabulary", 1, Integer.MAX_VALUE);
        boolean tied = reader.flag("tied");
        Optional<VisionShape> vision =
                reader.isNull("vision") ? Optional.empty() : Optional.of(vision(reader.section("vision")));
        reader.faults()
                .require(
                        heads % kvHeads == 0,
                        reader,
                        "heads",
                        "must be a multiple of the key/value heads: heads=%d kv-heads=%d".formatted(heads, kvHeads),
                        reader.pathOf("kv-heads"));
        int groups = heads % kvHeads == 0 ? kvHeads : heads;
        return new ModelShape(name, hidden, layers, heads, groups, headDim, intermediate, vocabulary, tied, vision);
    }

    private static VisionShape vision(ConfigReader reader) {
        return new VisionShape(
                reader.integer("hidden", 1, Integer.MAX_VALUE),
                reader.integer("intermediate", 1, Integer.MAX_VALUE),
                reader.integer("layers", 1, Integer.MAX_VALUE),
                reader.integer("heads", 1, Integer.MAX_VALUE),
                reader.integer("patches", 1, Integer.MAX_VALUE),
                reader.integer("patch-input", 1, Integer.MAX_VALUE),
                reader.integer("tokens-per-frame", 1, Integer.MAX_VALUE),
                reader.integer("projector-input", 1, Integer.MAX_VALUE));
    }

    static ClusterSpec cluster(String name, int gpus, ConfigReader reader) {
        double peak = positive(reader, "peak-flops");
        double product = share(reader, "product-share");
        double attention = share(reader, "attention-share");
        double bandwidth = positive(reader, "memory-bandwidth");
        double bandwidthShare = share(reader, "memory-share");
        long memory = reader.sizeBytes("memory", 1, Long.MAX_VALUE);
        long reserved = reader.sizeBytes("reserved-memory", 0, Long.MAX_VALUE);
        int elementBytes = reader.integer("element-bytes", 2, 4);
        int perNode = reader.integer("gpus-per-node", 1, Integer.MAX_VALUE);
        Link inside = link(reader.section("inside"));
        Link between = link(reader.section("between"));
        Faults faults = reader.faults();
        faults.require(
                reserved < memory,
                reader,
                "reserved-memory",
                "must be less than memory: reserved-memory=%d memory=%d".formatted(reserved, memory),
                reader.pathOf("memory"));
        faults.require(elementBytes != 3, reader, "element-bytes", "must be 2 or 4, not 3");
        Hardware hardware = new Hardware(
                name,
                peak,
                product,
                attention,
                bandwidth,
                bandwidthShare,
                memory,
                Math.min(reserved, memory - 1),
                elementBytes == 4 ? 4 : 2);
        CoreSharing sharing = new CoreSharing(
                reader.integer("cores", 0, Integer.MAX_VALUE), Math.max(1, reader.number("alone", Range.FROM_ONE)));
        return new ClusterSpec(hardware, gpus, perNode, inside, between, sharing);
    }

    private static Link link(ConfigReader reader) {
        return new Link(positive(reader, "bandwidth"), reader.number("latency", Range.NOT_NEGATIVE));
    }

    static Software software(String name, ConfigReader reader) {
        return new Software(
                name,
                reader.number("fixed-seconds", Range.NOT_NEGATIVE),
                reader.number("ring-step-seconds", Range.NOT_NEGATIVE),
                reader.number("ring-hidden-share", Range.SHARE),
                reader.integer("ring-in-flight", 1, Integer.MAX_VALUE),
                share(reader, "attention-share"),
                reader.integer("kv-gradient-bytes", 2, 4),
                reader.integer("gradient-bytes", 2, 4),
                reader.integer("optimizer-bytes", 0, Integer.MAX_VALUE),
                reader.flag("gathered-by-tensor"),
                reader.number("lost-memory-share", Range.SHARE),
                reader.integer("logit-bytes", 0, Integer.MAX_VALUE),
                reader.integer("vision-score-bytes", 0, Integer.MAX_VALUE),
                details(reader.section("details")));
    }

    private static Software.Details details(ConfigReader reader) {
        return new Software.Details(
                reader.number("layer-seconds", Range.NOT_NEGATIVE),
                reader.number("operand-bytes", Range.NOT_NEGATIVE),
                share(reader, "loop-share"),
                reader.number("score-width", Range.NOT_NEGATIVE),
                reader.number("row-seconds", Range.NOT_NEGATIVE),
                reader.number("meeting-seconds", Range.NOT_NEGATIVE),
                reader.number("turn-seconds", Range.NOT_NEGATIVE),
                reader.number("weight-bytes", Range.NOT_NEGATIVE),
                reader.number("update-bytes", Range.NOT_NEGATIVE),
                reader.flag("head-of-labels"));
    }

    /** A fault leaves a harmless value, with which the rest is still looked at. */
    private static double positive(ConfigReader reader, String key) {
        return Math.max(Double.MIN_NORMAL, reader.number(key, Range.POSITIVE));
    }

    private static double share(ConfigReader reader, String key) {
        return Math.max(Double.MIN_NORMAL, reader.number(key, new Range(0, false, 1, true)));
    }
}
