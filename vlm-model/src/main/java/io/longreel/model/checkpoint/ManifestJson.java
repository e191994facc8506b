package io.longreel.model.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Mesh;
import io.longreel.model.TrainSession.SliceFile;
import io.longreel.model.checkpoint.SampleLedger.Skipped;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The text of a manifest. Version 2 ends with {@code sha256}, which is that of the same object without it, written without white space: no
 * single change of the text goes unseen unless it changes nothing. Version 1 had neither that nor provenance, and is read.
 */
final class ManifestJson {
    private static final int VERSION = 2;
    private static final int OLD_VERSION = 1;
    private static final String DIGEST = "sha256";

    private final Path file;
    private final JsonNode root;

    private ManifestJson(Path file, JsonNode root) {
        this.file = file;
        this.root = root;
    }

    static byte[] format(CheckpointManifest manifest) {
        ObjectNode root = JsonFile.newObject();
        root.put("version", VERSION).put("run", manifest.run()).put("seed", manifest.seed());
        root.put("stage", manifest.stage()).put("step", manifest.step()).put("globalStep", manifest.globalStep());
        root.put("ropeTheta", manifest.ropeTheta()).put("ropeScale", manifest.ropeScale());
        Mesh mesh = manifest.mesh();
        root.putObject("mesh")
                .put("data", mesh.dataDegree())
                .put("ring", mesh.ringDegree())
                .put("ulysses", mesh.ulyssesDegree())
                .put("inner", mesh.inner().name().toLowerCase(Locale.ROOT));
        manifest.provenance().ifPresent(provenance -> put(root, provenance));
        ArrayNode slices = root.putArray("slices");
        for (SliceFile slice : manifest.slices()) {
            slices.addObject()
                    .put("name", slice.name())
                    .put("sizeBytes", slice.sizeBytes())
                    .put("sha256", slice.sha256());
        }
        root.put(DIGEST, digest(root));
        return JsonFile.prettyBytes(root);
    }

    /** Reads and checks what {@link #format} wrote, in this version or the one before. */
    static CheckpointManifest parse(ObjectNode root, Path file) {
        int version = root.path("version").asInt();
        if (version != VERSION && version != OLD_VERSION) {
            throw RuntimeFailure.data("manifest must have version %d or %d: found=%s file=%s"
                    .formatted(OLD_VERSION, VERSION, root.path("version"), file));
        }
        if (version == VERSION) {
            String written = new ManifestJson(file, root).required("sha256").asText();
            ObjectNode signed = root.deepCopy();
            signed.remove(DIGEST);
            if (!digest(signed).equals(written)) {
                throw RuntimeFailure.data("manifest must be undamaged, its SHA-256 is another: file=" + file);
            }
        }
        return new ManifestJson(file, root).manifest();
    }

    private static void put(ObjectNode root, Provenance provenance) {
        root.put("generation", provenance.generation()).put("build", provenance.build());
        root.put("randomState", Provenance.RANDOM_STATE);
        SampleLedger ledger = provenance.ledger();
        root.putObject("data").put("stageIndex", provenance.stageIndex()).put("samples", ledger.samples());
        ObjectNode written = root.putObject("ledger").put("sha256", ledger.sha256());
        ArrayNode skipped = written.putArray("skipped");
        ledger.skipped()
                .forEach(step ->
                        skipped.addObject().put("globalStep", step.globalStep()).put("reason", step.reason()));
        ObjectNode config = root.putObject("config");
        provenance.configDigests().forEach(config::put);
    }

    private static String digest(JsonNode node) {
        try {
            byte[] text = node.toString().getBytes(StandardCharsets.UTF_8);
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private CheckpointManifest manifest() {
        List<SliceFile> slices = new ArrayList<>();
        for (JsonNode node : required("slices")) {
            ManifestJson slice = new ManifestJson(file, node);
            slices.add(new SliceFile(
                    fileName(slice.required("name").asText()),
                    slice.required("sizeBytes").longValue(),
                    slice.required("sha256").asText()));
        }
        ManifestJson mesh = new ManifestJson(file, required("mesh"));
        Mesh written = new Mesh(
                mesh.required("data").intValue(),
                mesh.required("ring").intValue(),
                mesh.required("ulysses").intValue(),
                mesh.inner());
        if (slices.size() != written.worldSize()) {
            throw RuntimeFailure.data("manifest must have one slice per rank: slices=%d mesh=%s file=%s"
                    .formatted(slices.size(), written, file));
        }
        return new CheckpointManifest(
                required("run").asText(),
                required("seed").longValue(),
                required("stage").asText(),
                required("step").intValue(),
                required("globalStep").longValue(),
                written,
                required("ropeTheta").doubleValue(),
                root.path("ropeScale").asDouble(1),
                slices,
                provenance());
    }

    private Optional<Provenance> provenance() {
        if (!root.has("ledger")) {
            return Optional.empty();
        }
        ManifestJson data = new ManifestJson(file, required("data"));
        ManifestJson ledger = new ManifestJson(file, required("ledger"));
        List<Skipped> skipped = new ArrayList<>();
        for (JsonNode node : ledger.required("skipped")) {
            ManifestJson step = new ManifestJson(file, node);
            skipped.add(new Skipped(
                    step.required("globalStep").longValue(),
                    step.required("reason").asText()));
        }
        Map<String, String> config = new TreeMap<>();
        required("config")
                .properties()
                .forEach(field -> config.put(field.getKey(), field.getValue().asText()));
        return Optional.of(new Provenance(
                data.required("stageIndex").intValue(),
                required("generation").intValue(),
                required("build").asText(),
                new SampleLedger(
                        data.required("samples").longValue(),
                        ledger.required("sha256").asText(),
                        skipped),
                config));
    }

    private String fileName(String name) {
        if (name.contains("/") || name.contains("\\") || name.startsWith(".")) {
            throw RuntimeFailure.data("manifest must name files beside it: found=%s file=%s".formatted(name, file));
        }
        return name;
    }

    /** Checkpoints from before there was a choice do not say it. */
    private Mesh.Inner inner() {
        String written = root.path("inner").asText("ulysses");
        for (Mesh.Inner inner : Mesh.Inner.values()) {
            if (inner.name().toLowerCase(Locale.ROOT).equals(written)) {
                return inner;
            }
        }
        throw RuntimeFailure.data(
                "manifest must name ulysses or ring as inner axis: found=%s file=%s".formatted(written, file));
    }

    private JsonNode required(String key) {
        if (!root.hasNonNull(key)) {
            throw RuntimeFailure.data("manifest must have the key: key=%s file=%s".formatted(key, file));
        }
        return root.get(key);
    }
}
