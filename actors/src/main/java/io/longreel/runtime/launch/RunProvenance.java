package io.longreel.runtime.launch;

import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.StageSettings.Phase;
import io.longreel.config.StageSettings.Source;
import io.longreel.curriculum.stage.RunPlan;
import io.longreel.model.checkpoint.CheckpointManifest;
import io.longreel.model.checkpoint.Provenance;
import io.longreel.model.checkpoint.SampleLedger;
import io.longreel.runtime.supervisor.Position;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a run's checkpoints say about where they come from, and whether a configuration may go on from one. What the samples and the model follow
 * from must be unchanged, or the run would be none that anybody could repeat; the rest may change and is only told. Used by one thread.
 */
final class RunProvenance {
    private static final ConfigRenderOptions CANONICAL = ConfigRenderOptions.concise();

    /** Parts of the configuration that must stay, and what the user calls them. */
    private static final Map<String, String> FIXED = new TreeMap<>(Map.of(
            "seed", "seed",
            "data", "data (footage and datasets by name and size, sampling, generated)",
            "model", "model.architecture",
            "attention", "attention"));

    private final RunConfig config;
    private final RunPlan plan;
    private SampleLedger reached = SampleLedger.EMPTY;
    private long reachedSteps;
    private Set<Long> reachedSkipped = Set.of();

    private RunProvenance(RunConfig config) {
        this.config = config;
        this.plan = RunPlan.of(config.stages());
    }

    static RunProvenance of(RunConfig config) {
        return new RunProvenance(config);
    }

    /**
     * For the manifest of a checkpoint.
     *
     * @param skippedSteps steps of the run, from 0, whose samples were left out
     */
    Provenance at(Position position, int generation, Set<Long> skippedSteps) {
        String version = RunProvenance.class.getPackage().getImplementationVersion();
        return new Provenance(
                position.stage(),
                generation,
                version == null ? "unpacked classes" : version,
                ledger(position.globalStep(), skippedSteps),
                digests());
    }

    /**
     * Refuses a configuration that contradicts the checkpoint, with one line.
     *
     * @return what else is different, for the user; empty when nothing is, or an older version wrote the checkpoint
     */
    Optional<String> requireSame(CheckpointManifest manifest) {
        List<String> contradictions = new ArrayList<>();
        List<String> differences = new ArrayList<>();
        if (manifest.seed() != config.seed()) {
            contradictions.add("seed is %d, was %d".formatted(config.seed(), manifest.seed()));
        }
        manifest.provenance().ifPresent(written -> {
            Map<String, String> now = digests();
            written.configDigests().forEach((key, digest) -> {
                String fixed = FIXED.get(key);
                if (!digest.equals(now.get(key)) && !key.equals("seed")) {
                    (fixed == null ? differences : contradictions).add(fixed == null ? key : fixed + " was changed");
                }
            });
            Set<Long> skipped = written.ledger().skipped().stream()
                    .map(SampleLedger.Skipped::globalStep)
                    .collect(Collectors.toSet());
            String consumed = ledger(manifest.globalStep(), skipped).sha256();
            if (!consumed.equals(written.ledger().sha256())) {
                contradictions.add("its first %d steps would draw other samples than the %d that were consumed"
                        .formatted(manifest.globalStep(), written.ledger().samples()));
            }
        });
        if (!contradictions.isEmpty()) {
            throw RuntimeFailure.config(
                    "run.conf contradicts the checkpoint of step %d: %s; undo the change, or start a new run"
                            .formatted(manifest.globalStep(), String.join("; ", contradictions)));
        }
        return differences.isEmpty()
                ? Optional.empty()
                : Optional.of("run.conf is not the one that wrote the checkpoint; it differs in: "
                        + String.join(", ", differences));
    }

    /** Walks on from the last answer where it can: checkpoints are asked for in order. */
    private SampleLedger ledger(long steps, Set<Long> skippedSteps) {
        if (steps < reachedSteps || !skippedSteps.equals(reachedSkipped) || steps > plan.steps()) {
            reached = SampleLedger.EMPTY;
            reachedSteps = 0;
        }
        for (long step = reachedSteps; step < Math.min(steps, plan.steps()); step++) {
            RunPlan.Point point = plan.at(Math.toIntExact(step));
            String identity = identity(point);
            reached = skippedSteps.contains(step)
                    ? reached.skip(identity, step, "quarantined")
                    : reached.consume(identity, point.phase().samplesPerStep());
        }
        reachedSteps = steps;
        reachedSkipped = Set.copyOf(skippedSteps);
        return reached;
    }

    /** All that the samples of a step follow from, besides seed and footage. */
    private static String identity(RunPlan.Point point) {
        return "stage %d step %d %s".formatted(point.stageIndex(), point.step(), source(point.phase()));
    }

    private static String source(Phase phase) {
        return switch (phase.source()) {
            case Source.Captions captions -> "captions";
            case Source.NeedleQuestions questions -> "needle-questions frames=" + questions.frames();
            case Source.Passkeys passkeys ->
                "passkeys tokens=%d..%d".formatted(passkeys.tokensMin(), passkeys.tokensMax());
            case Source.Dataset dataset ->
                "dataset mixture=%s weights=%s shuffled=%s frames=%d fps=%s aspect=%s tiles=%d"
                        .formatted(
                                dataset.mixture(),
                                dataset.weights(),
                                dataset.shuffled(),
                                dataset.framesMax(),
                                dataset.framesPerSecondMax(),
                                dataset.aspect(),
                                dataset.tilesMax());
        };
    }

    private Map<String, String> digests() {
        ConfigObject root = ConfigFactory.parseString(RunConfigLoader.render(config))
                .getConfig("longreel")
                .root();
        Map<String, String> digests = new TreeMap<>();
        root.forEach((key, value) -> {
            if (!key.equals("name") && !key.equals("out")) {
                digests.put(key, sha256(value.render(CANONICAL)));
            }
        });
        digests.put("data", sha256(data()));
        // Where the first weights came from does not matter any more once there is a checkpoint.
        Optional<String> architecture = config.model().architecture().map(Object::toString);
        digests.put("model", sha256(architecture.orElse("checkpoint")));
        return digests;
    }

    /** Footage may be moved, so its folder does not count. */
    private String data() {
        StringBuilder text = new StringBuilder();
        for (Path file : config.data().footage()) {
            text.append(file.getFileName()).append(' ').append(sizeBytes(file)).append('\n');
        }
        config.data().datasets().values().forEach(dataset -> {
            text.append(dataset.name())
                    .append(' ')
                    .append(dataset.format())
                    .append(' ')
                    .append(dataset.column());
            dataset.files()
                    .forEach(file -> text.append(' ')
                            .append(file.getFileName())
                            .append(' ')
                            .append(sizeBytes(file)));
            dataset.subsets()
                    .forEach((name, subset) -> text.append(' ')
                            .append(name)
                            .append(' ')
                            .append(subset.drop())
                            .append(' ')
                            .append(sizeBytes(subset.file())));
            text.append('\n');
        });
        return text.append(config.data().sampling())
                .append(config.data().generated())
                .toString();
    }

    private static long sizeBytes(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.DATA, "footage cannot be read: file=%s reason=%s".formatted(file, e), e);
        }
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
