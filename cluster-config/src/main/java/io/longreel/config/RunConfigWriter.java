package io.longreel.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import io.longreel.config.LinkLimits.Limit;
import io.longreel.config.ModelSettings.Architecture;
import io.longreel.config.StageSettings.Phase;
import io.longreel.config.StageSettings.Source;
import io.longreel.config.topology.Mesh;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@link RunConfig} to HOCON, from the records and nothing else, so that it says what will really run. The keys are those of
 * {@code reference.conf}; stages stand in full, so neither a library nor defaults are needed to load it. Stateless, any thread.
 */
final class RunConfigWriter {
    private RunConfigWriter() {}

    static String render(RunConfig config, boolean explained) {
        ConfigObject root = toConfig(config).root();
        if (explained) {
            root = (ConfigObject) commented(root, RunConfigLoader.reference().root());
        }
        ConfigRenderOptions options = ConfigRenderOptions.defaults()
                .setOriginComments(false)
                .setJson(false)
                .setComments(explained);
        return "# Run %s, as resolved.%n%s".formatted(config.name(), root.render(options));
    }

    /** The configuration as one value, root key included. */
    static Config toConfig(RunConfig config) {
        Map<String, Object> root = new HashMap<>();
        root.put("name", config.name());
        root.put("seed", config.seed());
        root.put("out", config.out().toString());
        root.put("cluster", cluster(config.cluster()));
        root.put("mesh", mesh(config.mesh(), config.meshPlanned()));
        root.put("sharding", sharding(config.sharding()));
        root.put("precision", precision(config.precision()));
        root.put("recompute", recompute(config.recompute()));
        root.put("attention", attention(config.attention()));
        root.put("transport", transport(config.transport()));
        root.put("model", model(config.model()));
        root.put("data", data(config.data()));
        root.put(
                "checkpoint",
                Map.of(
                        "every-steps",
                        config.checkpoint().everySteps(),
                        "keep",
                        config.checkpoint().keep()));
        root.put("recovery", recovery(config.recovery()));
        root.put("stages", config.stages().stream().map(RunConfigWriter::stage).toList());
        root.put(
                "trace",
                Map.of(
                        "from-step",
                        config.trace().fromStep(),
                        "steps",
                        config.trace().steps()));
        root.put("dashboard", dashboard(config.dashboard()));
        root.put("inference", inference(config.inference()));
        root.put("serve", serve(config.serve()));
        root.put("chaos", chaos(config.chaos()));
        return ConfigValueFactory.fromMap(Map.of(RunConfigLoader.ROOT, root)).toConfig();
    }

    private static Map<String, Object> cluster(ClusterSettings cluster) {
        return Map.of(
                "seed-host", cluster.seedHost(),
                "seed-port", cluster.seedPort(),
                "nodes", cluster.nodes(),
                "ranks-per-node", cluster.ranksPerNode(),
                "join-timeout", Units.duration(cluster.joinTimeout()),
                "commit-window", cluster.commitWindow(),
                "tls", tls(cluster.tls()));
    }

    private static Map<String, Object> tls(Optional<TlsSettings> tls) {
        return Map.of(
                "key-store", tls.map(t -> t.keyStore().toString()).orElse(""),
                "trust-store", tls.map(t -> t.trustStore().toString()).orElse(""),
                "password-file",
                        tls.flatMap(TlsSettings::passwordFile)
                                .map(Path::toString)
                                .orElse(""));
    }

    private static Map<String, Object> recovery(RecoverySettings recovery) {
        return Map.ofEntries(
                Map.entry("attempts-max", recovery.attemptsMax()),
                Map.entry("spares", recovery.spares()),
                Map.entry("hang-timeout", Units.duration(recovery.hangTimeout())),
                Map.entry("progress-timeout", Units.duration(recovery.progressTimeout())),
                Map.entry("wait-for-nodes", Units.duration(recovery.waitForNodes())),
                Map.entry("elastic", recovery.isElastic()),
                Map.entry("replicas", recovery.replicas()),
                Map.entry("snapshot-every-steps", recovery.snapshotEverySteps()),
                Map.entry("snapshot-cost-max", recovery.snapshotCostMax()),
                Map.entry(
                        "quarantine",
                        Map.of(
                                "losses", recovery.quarantine().losses(),
                                "within", Units.duration(recovery.quarantine().within()),
                                "back-off", Units.duration(recovery.quarantine().backOff()))),
                Map.entry(
                        "guard",
                        Map.of(
                                "replay-non-finite", recovery.guard().replayNonFinite(),
                                "loss-spike-z", recovery.guard().lossSpikeZ(),
                                "gradient-norm-max", recovery.guard().gradientNormMax())));
    }

    private static Map<String, Object> mesh(Mesh mesh, boolean planned) {
        return Map.of(
                "data", mesh.dataDegree(),
                "ring", mesh.ringDegree(),
                "ulysses", mesh.ulyssesDegree(),
                "inner", Words.of(mesh.inner()),
                "planned", planned);
    }

    private static Map<String, Object> sharding(ShardingSettings sharding) {
        return Map.of(
                "layout", Words.of(sharding.layout()),
                "stages", Words.of(sharding.stages()),
                "state", Words.of(sharding.state()));
    }

    private static Map<String, Object> precision(PrecisionSettings precision) {
        return Map.of(
                "weights", Words.of(precision.weights()),
                "exchange", Words.of(precision.exchange()),
                "products", Words.of(precision.products()),
                "sums", Words.of(precision.sums()));
    }

    private static Map<String, Object> recompute(RecomputeSettings recompute) {
        boolean all = recompute.layers() == RecomputeSettings.ALL;
        return Map.of(
                "layers", all ? "all" : recompute.layers(),
                "keep-attention", recompute.keepAttention(),
                "vision", recompute.vision());
    }

    private static Map<String, Object> attention(AttentionSettings attention) {
        Map<String, Object> map = new HashMap<>();
        map.put("mask", Words.of(attention.mask()));
        map.put("window", null);
        attention.window().ifPresent(tokens -> map.put("window", tokens));
        map.put("sinks", attention.sinks());
        map.put("block-sparse", null);
        attention
                .blockSparse()
                .ifPresent(sparse -> map.put(
                        "block-sparse",
                        Map.of("block", sparse.block(), "local", sparse.local(), "stride", sparse.stride())));
        return map;
    }

    private static Map<String, Object> transport(TransportSettings transport) {
        return Map.of(
                "intra-node", Words.of(transport.intraNode()),
                "window", Units.size(transport.windowBytes()),
                "mtu", Units.size(transport.mtuBytes()),
                "term", Units.size(transport.termBytes()),
                "wait-timeout", Units.duration(transport.waitTimeout()),
                "limits",
                        Map.of(
                                "intra-node", limit(transport.limits().intraNode()),
                                "inter-node", limit(transport.limits().interNode())));
    }

    private static Map<String, Object> limit(Limit limit) {
        return Map.of(
                "bandwidth", Units.size(limit.bytesPerSecond()),
                "latency", Units.duration(limit.latency()));
    }

    private static Map<String, Object> model(ModelSettings model) {
        Map<String, Object> map = new HashMap<>();
        model.checkpoint().ifPresent(folder -> map.put("checkpoint", folder.toString()));
        model.parts().ifPresent(parts -> map.put("parts", parts(parts)));
        model.architecture().ifPresent(numbers -> map.put("architecture", architecture(numbers)));
        return map;
    }

    private static Map<String, Object> parts(ModelSettings.Parts parts) {
        Map<String, Object> map = new HashMap<>();
        map.put("llm", parts.llm().toString());
        map.put("vision-tower", parts.visionTower().toString());
        parts.projector().ifPresent(folder -> map.put("projector", folder.toString()));
        return map;
    }

    private static Map<String, Object> architecture(Architecture architecture) {
        ModelSettings.Vision vision = architecture.vision();
        ModelSettings.Llm llm = architecture.llm();
        return Map.of(
                "vision",
                Map.of(
                        "hidden-size", vision.hiddenSize(),
                        "intermediate-size", vision.intermediateSize(),
                        "layers", vision.layers(),
                        "heads", vision.heads(),
                        "image-size", vision.imageSize(),
                        "patch-size", vision.patchSize(),
                        "select-layer", vision.selectLayer()),
                "llm",
                Map.of(
                        "vocabulary-size", llm.vocabularySize(),
                        "hidden-size", llm.hiddenSize(),
                        "intermediate-size", llm.intermediateSize(),
                        "layers", llm.layers(),
                        "heads", llm.heads(),
                        "kv-heads", llm.kvHeads(),
                        "max-positions", llm.maxPositions(),
                        "rope-theta", llm.ropeTheta(),
                        "rms-norm-eps", llm.rmsNormEps(),
                        "tie-embeddings", llm.tieEmbeddings()));
    }

    private static Map<String, Object> data(DataSettings data) {
        DataSettings.GeneratedFootage generated = data.generated();
        return Map.of(
                "footage", data.footage().stream().map(Path::toString).toList(),
                "sampling",
                        Map.of(
                                "frames-max", data.sampling().framesMax(),
                                "frames-per-second-max", data.sampling().framesPerSecondMax()),
                "generated",
                        Map.of(
                                "frames", generated.frames(),
                                "width", generated.width(),
                                "height", generated.height(),
                                "frames-per-second", generated.framesPerSecond()),
                "frame-cache", Units.size(data.frameCacheBytes()),
                "encoded-frame-cache", Units.size(data.encodedFrameCacheBytes()),
                "prefetch-steps", data.prefetchSteps(),
                "datasets", datasets(data.datasets()),
                "damaged", Words.of(data.damaged()),
                "prompt", prompt(data.prompt()));
    }

    private static Map<String, Object> datasets(Map<String, DatasetSettings> datasets) {
        Map<String, Object> all = new HashMap<>();
        datasets.forEach((name, dataset) -> {
            Map<String, Object> map = new HashMap<>();
            map.put("format", Words.of(dataset.format()));
            map.put("files", dataset.files().stream().map(Path::toString).toList());
            dataset.media().ifPresent(folder -> map.put("media", folder.toString()));
            map.put("column", dataset.column());
            Map<String, Object> subsets = new HashMap<>();
            dataset.subsets()
                    .forEach((key, subset) ->
                            subsets.put(key, Map.of("file", subset.file().toString(), "drop", subset.drop())));
            map.put("subsets", subsets);
            all.put(name, map);
        });
        return all;
    }

    private static Map<String, Object> prompt(DataSettings.Prompt prompt) {
        Map<String, Object> map = new HashMap<>();
        prompt.tokenizer().ifPresent(file -> map.put("tokenizer", file.toString()));
        prompt.template().ifPresent(name -> map.put("template", name));
        prompt.system().ifPresent(text -> map.put("system", text));
        prompt.frameEnd().ifPresent(text -> map.put("frame-end", text));
        return map;
    }

    private static Map<String, Object> stage(StageSettings stage) {
        Map<String, Object> map = new HashMap<>();
        map.put("name", stage.name());
        map.put("trainable", stage.trainable().stream().sorted().map(Words::of).toList());
        stage.lora().ifPresent(lora -> map.put("lora", Map.of("rank", lora.rank(), "alpha", lora.alpha())));
        map.put("context-tokens-max", stage.contextTokensMax());
        StageSettings.Optimizer optimizer = stage.optimizer();
        map.put(
                "optimizer",
                Map.of(
                        "beta1", optimizer.beta1(),
                        "beta2", optimizer.beta2(),
                        "epsilon", optimizer.epsilon(),
                        "weight-decay", optimizer.weightDecay(),
                        "clip-norm", optimizer.clipNorm()));
        map.put("export", stage.exports());
        map.put("phases", stage.phases().stream().map(RunConfigWriter::phase).toList());
        stage.evaluation()
                .ifPresent(needle -> map.put(
                        "evaluation",
                        Map.of(
                                "name", needle.name(),
                                "frames", needle.frames(),
                                "depths", needle.depths(),
                                "needles", needle.needles())));
        return map;
    }

    private static Map<String, Object> phase(Phase phase) {
        Map<String, Object> map = new HashMap<>();
        map.put("name", phase.name());
        map.put("steps", phase.steps());
        map.put("samples-per-step", phase.samplesPerStep());
        map.put("learning-rate", phase.learningRates().common());
        Map<String, Object> rates = new HashMap<>();
        phase.learningRates().own().forEach((part, rate) -> rates.put(Words.of(part), rate));
        map.put("learning-rates", rates);
        map.put("schedule", Words.of(phase.schedule()));
        map.put("warmup-steps", phase.warmupSteps());
        map.put("final-fraction", phase.finalFraction());
        phase.rope().theta().ifPresent(theta -> map.put("rope-theta", theta));
        phase.rope().scale().ifPresent(scale -> map.put("rope-scale", scale));
        map.put(
                "source",
                switch (phase.source()) {
                    case Source.Captions captions -> Map.of("kind", "captions");
                    case Source.NeedleQuestions questions ->
                        Map.of("kind", "needle-questions", "frames", questions.frames());
                    case Source.Passkeys passkeys ->
                        Map.of(
                                "kind", "passkeys",
                                "tokens-min", passkeys.tokensMin(),
                                "tokens-max", passkeys.tokensMax());
                    case Source.Dataset dataset ->
                        Map.of(
                                "kind", "dataset",
                                "mixture", dataset.mixture(),
                                "weights", dataset.weights(),
                                "shuffled", dataset.shuffled(),
                                "frames-max", dataset.framesMax(),
                                "frames-per-second-max", dataset.framesPerSecondMax(),
                                "aspect", Words.of(dataset.aspect()),
                                "tiles-max", dataset.tilesMax());
                });
        return map;
    }

    private static Map<String, Object> dashboard(DashboardSettings dashboard) {
        return Map.of(
                "host", dashboard.host(),
                "port", dashboard.isOn() ? dashboard.port() : "off",
                "controls", Words.of(dashboard.controls()),
                "chaos", dashboard.chaos());
    }

    private static Map<String, Object> inference(InferenceSettings inference) {
        return Map.of(
                "cache", Units.size(inference.cacheBytes()),
                "mirror", inference.mirror(),
                "chunk-tokens", inference.chunkTokens(),
                "answers-max", inference.answersMax(),
                "steps-per-tick", inference.stepsPerTick(),
                "frames-max", inference.framesMax());
    }

    private static Map<String, Object> serve(ServeSettings serve) {
        ServeSettings.Media media = serve.media();
        return Map.of(
                "host", serve.host(),
                "port", serve.port(),
                "body-bytes-max", Units.size(serve.bodyBytesMax()),
                "requests-max", serve.requestsMax(),
                "new-tokens-max", serve.newTokensMax(),
                "new-tokens-default", serve.newTokensDefault(),
                "request-timeout", Units.duration(serve.requestTimeout()),
                "stop-timeout", Units.duration(serve.stopTimeout()),
                "api-key-file", serve.apiKeyFile().map(Path::toString).orElse(""),
                "media",
                        Map.of(
                                "roots",
                                        media.roots().stream()
                                                .map(Path::toString)
                                                .toList(),
                                "data-urls", media.dataUrls(),
                                "http", media.http(),
                                "count-max", media.countMax(),
                                "bytes-max", Units.size(media.bytesMax()),
                                "directory-bytes-max", Units.size(media.directoryBytesMax()),
                                "fetch-timeout", Units.duration(media.fetchTimeout())));
    }

    private static Map<String, Object> chaos(ChaosSettings chaos) {
        return Map.of(
                "seed",
                chaos.seed(),
                "orders",
                chaos.takesOrders(),
                "faults",
                chaos.faults().stream().map(RunConfigWriter::fault).toList());
    }

    private static Map<String, Object> fault(ChaosSettings.Fault fault) {
        return Map.of(
                "at", place(fault.at()),
                "do", Words.of(fault.action()),
                "for", Units.duration(fault.lasts()),
                "times", fault.times(),
                "peers", fault.peers(),
                "one-way", fault.isOneWay(),
                "share", fault.share(),
                "frames", fault.framesMax());
    }

    private static Map<String, Object> place(ChaosSettings.At at) {
        Map<String, Object> map = new HashMap<>();
        map.put("rank", ChaosReader.ANY);
        at.rank().ifPresent(rank -> map.put("rank", rank));
        map.put("node", null);
        at.node().ifPresent(node -> map.put("node", node));
        map.put("stage", at.stage());
        map.put("step", at.step());
        map.put("steps", at.steps());
        map.put("phase", Words.of(at.phase()));
        map.put("occurrence", at.occurrence());
        return map;
    }

    /** {@code value} with the reference's comments; of a list of groups only the first gets them. */
    private static ConfigValue commented(ConfigValue value, ConfigValue reference) {
        ConfigValue inner = value;
        if (value instanceof ConfigObject object && reference instanceof ConfigObject known) {
            ConfigObject changed = object;
            for (Map.Entry<String, ConfigValue> entry : object.entrySet()) {
                ConfigValue about = known.get(entry.getKey());
                if (about != null) {
                    changed = changed.withValue(
                            entry.getKey(),
                            commented(
                                    entry.getValue(),
                                    elementsOf(known, entry.getKey()).orElse(about)));
                }
            }
            inner = changed;
        } else if (value instanceof ConfigList list && reference instanceof ConfigObject known && !list.isEmpty()) {
            List<ConfigValue> elements = new ArrayList<>(list);
            elements.set(0, commented(elements.getFirst(), known));
            inner = ConfigValueFactory.fromIterable(elements);
        }
        return inner.withOrigin(inner.origin().withComments(reference.origin().comments()));
    }

    /** What describes the elements of a list of groups. */
    private static Optional<ConfigValue> elementsOf(ConfigObject reference, String key) {
        return switch (key) {
            case "stages" -> Optional.ofNullable(reference.get("stage-defaults"));
            case "faults" -> Optional.ofNullable(reference.get("fault"));
            case "phases" -> Optional.ofNullable(reference.get("phase"));
            default -> Optional.empty();
        };
    }
}
