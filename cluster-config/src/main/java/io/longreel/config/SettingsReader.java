package io.longreel.config;

import io.longreel.config.ConfigReader.Range;
import io.longreel.config.LinkLimits.Limit;
import io.longreel.config.ModelSettings.Architecture;
import io.longreel.config.topology.MeshAdvice;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads the groups of a run's configuration other than its stages, and judges the rules that relate their keys. One thread, for the
 * duration of one load; what it returns is only meant for use when no fault was found.
 */
final class SettingsReader {
    private static final int TRACE_STEPS_MAX = 10_000;
    private static final long BANDWIDTH_MIN = 1 << 20;
    private static final Duration LATENCY_MAX = Duration.ofMillis(500);

    private static final String MODEL_CONFIG = "config.json";
    private static final String FILE_NAME = "[A-Za-z0-9][A-Za-z0-9._-]*";

    private final ConfigReader root;
    private final Faults faults;

    SettingsReader(ConfigReader root) {
        this.root = root;
        this.faults = root.faults();
    }

    String fileName(String key) {
        String name = root.text(key);
        requireFileName(root, key, name);
        return name;
    }

    static void requireFileName(ConfigReader section, String key, String name) {
        section.faults()
                .require(
                        name.matches(FILE_NAME),
                        section,
                        key,
                        "must start with a letter or digit and have only letters, digits, dots, dashes and underscores, not \"%s\""
                                .formatted(name));
    }

    Path out() {
        Path out = path(root, "out", root.text("out"));
        faults.require(
                !Files.exists(out) || Files.isDirectory(out),
                root,
                "out",
                "must be a folder, but a file is there: " + out);
        return out;
    }

    ClusterSettings cluster() {
        ConfigReader section = root.section("cluster");
        String host = section.text("seed-host");
        faults.require(!host.isBlank(), section, "seed-host", "must be a host name or an address");
        int port = section.integer("seed-port", 0, 65_535);
        int nodes = section.integer("nodes", 1, MeshAdvice.RANKS_MAX);
        int ranksPerNode = section.integer("ranks-per-node", 1, MeshAdvice.RANKS_MAX);
        Duration joinTimeout = section.duration("join-timeout");
        int commitWindow = section.integer("commit-window", 1, 64);
        Optional<TlsSettings> tls = tls(section.section("tls"));
        return new ClusterSettings(host, port, nodes, ranksPerNode, joinTimeout, commitWindow, tls);
    }

    /** The files need only be on machines that open them: whoever does says what is wrong with them. */
    private Optional<TlsSettings> tls(ConfigReader section) {
        String keyStore = section.text("key-store");
        String trustStore = section.text("trust-store");
        String passwordFile = section.text("password-file");
        if (keyStore.isBlank() && trustStore.isBlank()) {
            faults.require(passwordFile.isBlank(), section, "password-file", "needs key-store and trust-store");
            return Optional.empty();
        }
        return Optional.of(new TlsSettings(
                path(section, "key-store", keyStore),
                path(section, "trust-store", trustStore),
                passwordFile.isBlank() ? Optional.empty() : Optional.of(path(section, "password-file", passwordFile))));
    }

    InferenceSettings inference() {
        ConfigReader section = root.section("inference");
        return new InferenceSettings(
                section.sizeBytes("cache", 1 << 16, 1L << 50),
                section.flag("mirror"),
                section.integer("chunk-tokens", 16, 1 << 24),
                section.integer("answers-max", 1, 4096),
                section.integer("steps-per-tick", 1, 1024),
                section.integer("frames-max", 0, 1 << 24));
    }

    TraceSettings trace() {
        ConfigReader section = root.section("trace");
        return new TraceSettings(
                section.integer("from-step", 0, TRACE_STEPS_MAX), section.integer("steps", 0, TRACE_STEPS_MAX));
    }

    DashboardSettings dashboard() {
        ConfigReader section = root.section("dashboard");
        String host = section.text("host");
        faults.require(!host.isBlank(), section, "host", "must be a host name or an address");
        int port = section.integerOr("port", "off", DashboardSettings.OFF, 0);
        faults.require(port <= 65_535, section, "port", "must be from 0 to 65535, or off, not %d".formatted(port));
        return new DashboardSettings(
                host, port, section.choice("controls", DashboardSettings.Controls.class), section.flag("chaos"));
    }

    TransportSettings transport() {
        ConfigReader section = root.section("transport");
        TransportSettings.IntraNode intraNode = section.choice("intra-node", TransportSettings.IntraNode.class);
        int windowBytes = (int) section.sizeBytes("window", 4 << 10, 1 << 30);
        int mtuBytes = (int) section.sizeBytes("mtu", 1024, 65_504);
        faults.require(mtuBytes % 32 == 0, section, "mtu", "must be a multiple of 32 B, not %d B".formatted(mtuBytes));
        int termBytes = (int) section.sizeBytes("term", 64 << 10, 1 << 30);
        faults.require(
                Integer.bitCount(termBytes) == 1,
                section,
                "term",
                "must be a power of two, such as 16 MiB, not " + Units.size(termBytes));
        faults.require(
                termBytes >= 8L * mtuBytes,
                section,
                "term",
                "must be at least 8 * mtu = %s, not %s".formatted(Units.size(8L * mtuBytes), Units.size(termBytes)),
                section.pathOf("mtu"));
        ConfigReader limits = section.section("limits");
        return new TransportSettings(
                intraNode,
                windowBytes,
                mtuBytes,
                termBytes,
                section.duration("wait-timeout"),
                new LinkLimits(limit(limits.section("intra-node")), limit(limits.section("inter-node"))));
    }

    /** Slower links would look as if they stood still. */
    private Limit limit(ConfigReader section) {
        long bandwidth = section.sizeBytes("bandwidth", 0, 1L << 40);
        faults.require(
                bandwidth == 0 || bandwidth >= BANDWIDTH_MIN,
                section,
                "bandwidth",
                "must be 0 B (unlimited) or at least %s, not %s"
                        .formatted(Units.size(BANDWIDTH_MIN), Units.size(bandwidth)));
        Duration latency = section.durationFromZero("latency");
        faults.require(
                latency.compareTo(LATENCY_MAX) <= 0,
                section,
                "latency",
                "must be at most %s, not %s".formatted(Units.duration(LATENCY_MAX), Units.duration(latency)));
        return new Limit(bandwidth, latency);
    }

    ModelSettings model() {
        ConfigReader section = root.section("model");
        Architecture architecture = architecture(section.section("architecture"));
        Optional<ModelSettings.Parts> parts = parts(section);
        if (section.isNull("checkpoint")) {
            return parts.isPresent()
                    ? new ModelSettings(Optional.empty(), parts, Optional.empty())
                    : ModelSettings.fresh(architecture);
        }
        Path checkpoint = path(section, "checkpoint", section.text("checkpoint"));
        boolean isPlain = Files.isDirectory(checkpoint.resolve("llm"))
                && Files.isDirectory(checkpoint.resolve("vision_tower"))
                && !Files.exists(checkpoint.resolve("mm_projector"));
        faults.require(
                isPlain || Files.isRegularFile(checkpoint.resolve(MODEL_CONFIG)),
                section,
                "checkpoint",
                "must be a folder in VILA's layout, but there is no %s".formatted(checkpoint.resolve(MODEL_CONFIG)));
        faults.require(
                parts.isEmpty(),
                section,
                "checkpoint",
                "must not be there beside model.parts: a model starts from one or the other",
                section.pathOf("parts"));
        return new ModelSettings(Optional.of(checkpoint), Optional.empty(), Optional.empty());
    }

    /** Parts of a model, when any is named. */
    private Optional<ModelSettings.Parts> parts(ConfigReader model) {
        ConfigReader section = model.section("parts");
        Optional<Path> llm = folder(section, "llm");
        Optional<Path> tower = folder(section, "vision-tower");
        Optional<Path> projector = folder(section, "projector");
        boolean isNone = llm.isEmpty() && tower.isEmpty() && projector.isEmpty();
        boolean isWhole = llm.isPresent() && tower.isPresent();
        faults.require(
                isNone || isWhole, model, "parts", "must name llm and vision-tower: only the projector can be new");
        if (!isWhole) {
            return Optional.empty();
        }
        requireWeights(section, "llm", llm);
        requireWeights(section, "vision-tower", tower);
        requireWeights(section, "projector", projector);
        return llm.flatMap(decoder -> tower.map(vision -> new ModelSettings.Parts(decoder, vision, projector)));
    }

    private static Optional<Path> folder(ConfigReader section, String key) {
        return section.isNull(key) ? Optional.empty() : Optional.of(path(section, key, section.text(key)));
    }

    private void requireWeights(ConfigReader section, String key, Optional<Path> folder) {
        folder.map(path -> path.resolve(MODEL_CONFIG))
                .ifPresent(config -> faults.require(
                        Files.isRegularFile(config),
                        section,
                        key,
                        "must be a folder with weights and their config.json, but there is no " + config));
    }

    private Architecture architecture(ConfigReader section) {
        return new Architecture(vision(section.section("vision")), llm(section.section("llm")));
    }

    private ModelSettings.Vision vision(ConfigReader section) {
        ModelSettings.Vision vision = new ModelSettings.Vision(
                section.integer("hidden-size", 1, Integer.MAX_VALUE),
                section.integer("intermediate-size", 1, Integer.MAX_VALUE),
                section.integer("layers", 1, Integer.MAX_VALUE),
                section.integer("heads", 1, Integer.MAX_VALUE),
                section.integer("image-size", 1, 16_384),
                section.integer("patch-size", 1, 16_384),
                section.integer("select-layer", Integer.MIN_VALUE + 1, Integer.MAX_VALUE));
        requireMultiple(section, "hidden-size", vision.hiddenSize(), "heads", vision.heads());
        faults.require(
                vision.imageSize() >= vision.patchSize(),
                section,
                "image-size",
                "must be at least patch-size: image-size=%d patch-size=%d"
                        .formatted(vision.imageSize(), vision.patchSize()),
                section.pathOf("patch-size"));
        faults.require(
                vision.selectLayer() <= vision.layers() && vision.selectLayer() >= -vision.layers() - 1,
                section,
                "select-layer",
                "must name one of the %d hidden states of %d layers, so lie between %d and %d, not %d"
                        .formatted(
                                vision.layers() + 1,
                                vision.layers(),
                                -vision.layers() - 1,
                                vision.layers(),
                                vision.selectLayer()),
                section.pathOf("layers"));
        return vision;
    }

    private ModelSettings.Llm llm(ConfigReader section) {
        ModelSettings.Llm llm = new ModelSettings.Llm(
                section.integer("vocabulary-size", 320, Integer.MAX_VALUE),
                section.integer("hidden-size", 1, Integer.MAX_VALUE),
                section.integer("intermediate-size", 1, Integer.MAX_VALUE),
                section.integer("layers", 1, Integer.MAX_VALUE),
                section.integer("heads", 1, Integer.MAX_VALUE),
                section.integer("kv-heads", 1, Integer.MAX_VALUE),
                section.integer("max-positions", 1, Integer.MAX_VALUE),
                section.number("rope-theta", Range.ABOVE_ONE),
                section.number("rms-norm-eps", Range.POSITIVE),
                section.flag("tie-embeddings"));
        requireMultiple(section, "hidden-size", llm.hiddenSize(), "heads", llm.heads());
        requireMultiple(section, "heads", llm.heads(), "kv-heads", llm.kvHeads());
        faults.require(
                llm.hiddenSize() / llm.heads() % 2 == 0,
                section,
                "hidden-size",
                "must give heads of even width, as RoPE turns pairs: hidden-size / heads = %d"
                        .formatted(llm.hiddenSize() / llm.heads()),
                section.pathOf("heads"));
        return llm;
    }

    private void requireMultiple(ConfigReader section, String key, int value, String otherKey, int other) {
        faults.require(
                value % other == 0,
                section,
                key,
                "must be a multiple of %s: %s=%d %s=%d".formatted(otherKey, key, value, otherKey, other),
                section.pathOf(otherKey));
    }

    DataSettings data() {
        ConfigReader section = root.section("data");
        List<Path> footage = new ArrayList<>();
        for (String text : section.texts("footage")) {
            Path file = path(section, "footage", text);
            footage.add(file);
            if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
                section.fault("footage", "names a video that cannot be read: " + file);
            }
        }
        ConfigReader made = section.section("generated");
        DataSettings.GeneratedFootage generated = new DataSettings.GeneratedFootage(
                made.integer("frames", 1, 10_000_000),
                made.integer("width", 16, 8192),
                made.integer("height", 16, 8192),
                made.integer("frames-per-second", 1, 240));
        faults.require(generated.width() % 2 == 0, made, "width", "must be even, not %d".formatted(generated.width()));
        faults.require(
                generated.height() % 2 == 0, made, "height", "must be even, not %d".formatted(generated.height()));
        ConfigReader sampled = section.section("sampling");
        DataSettings.Sampling sampling = new DataSettings.Sampling(
                sampled.integer("frames-max", 2, 10_000_000),
                sampled.number("frames-per-second-max", ConfigReader.Range.NOT_NEGATIVE));
        return new DataSettings(
                footage,
                sampling,
                generated,
                section.sizeBytes("frame-cache", 1 << 20, Long.MAX_VALUE),
                section.sizeBytes("encoded-frame-cache", 0, Long.MAX_VALUE),
                section.integer("prefetch-steps", 0, 1024),
                new DatasetsReader(section).read(),
                section.choice("damaged", DataSettings.Damaged.class),
                prompt(section.section("prompt")));
    }

    private static DataSettings.Prompt prompt(ConfigReader section) {
        return new DataSettings.Prompt(
                section.isNull("tokenizer")
                        ? Optional.empty()
                        : Optional.of(path(section, "tokenizer", section.text("tokenizer"))),
                textOrNull(section, "template").map(SettingsReader::template),
                textOrNull(section, "system"),
                textOrNull(section, "frame-end"));
    }

    /** A file by its whole path: a run that goes on may be resumed from anywhere. */
    private static String template(String nameOrFile) {
        boolean isName = ChatTemplateSettings.NAMES.contains(nameOrFile);
        try {
            return isName
                    ? nameOrFile
                    : Path.of(nameOrFile).toAbsolutePath().normalize().toString();
        } catch (InvalidPathException e) {
            return nameOrFile; // who opens it says what is wrong
        }
    }

    private static Optional<String> textOrNull(ConfigReader section, String key) {
        return section.isNull(key) ? Optional.empty() : Optional.of(section.text(key));
    }

    CheckpointSettings checkpoint() {
        ConfigReader section = root.section("checkpoint");
        return new CheckpointSettings(
                section.integer("every-steps", 0, Integer.MAX_VALUE), section.integer("keep", 1, Integer.MAX_VALUE));
    }

    static Path path(ConfigReader section, String key, String text) {
        try {
            if (!text.isBlank()) {
                return Path.of(text).toAbsolutePath().normalize();
            }
            section.faults().require(false, section, key, "must be a path, not empty");
        } catch (InvalidPathException e) {
            section.fault(key, "must be a path, not " + text);
        }
        return Path.of("").toAbsolutePath();
    }
}
