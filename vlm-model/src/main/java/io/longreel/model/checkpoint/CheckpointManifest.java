package io.longreel.model.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Mesh;
import io.longreel.model.TrainSession.SliceFile;
import io.longreel.model.disk.Disk;
import io.longreel.model.disk.DiskFailures;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a training checkpoint is: which state of which run, in which files. It is written after all slices, so a checkpoint exists when its
 * manifest does.
 *
 * @param run name of the run
 * @param seed the run's seed: data and masks follow from it and the step
 * @param stage name of the stage
 * @param step steps of the stage that are done
 * @param globalStep steps of the run that are done
 * @param mesh the mesh that wrote it; any mesh can load it
 * @param ropeTheta RoPE base that is in force
 * @param slices one per rank of the mesh, in rank order
 */
public record CheckpointManifest(
        String run,
        long seed,
        String stage,
        int step,
        long globalStep,
        Mesh mesh,
        double ropeTheta,
        List<SliceFile> slices) {

    public static final String FILE = "manifest.json";
    private static final int VERSION = 1;

    public CheckpointManifest {
        slices = List.copyOf(slices);
        if (slices.size() != mesh.worldSize()) {
            throw new IllegalArgumentException("one slice per rank: slices=%d worldSize=%d mesh=%s"
                    .formatted(slices.size(), mesh.worldSize(), mesh));
        }
    }

    /** Makes the slices that lie in {@code directory} a checkpoint; a disk that does not take the manifest is a RETRYABLE failure. */
    public void write(Path directory) {
        write(Disk.system(), directory);
    }

    /** Likewise, on any disk. */
    public void write(Disk disk, Path directory) {
        ObjectNode root = JsonFile.newObject();
        root.put("version", VERSION).put("run", run).put("seed", seed).put("stage", stage);
        root.put("step", step).put("globalStep", globalStep).put("ropeTheta", ropeTheta);
        root.putObject("mesh")
                .put("data", mesh.dataDegree())
                .put("ring", mesh.ringDegree())
                .put("ulysses", mesh.ulyssesDegree())
                .put("inner", mesh.inner().name().toLowerCase(Locale.ROOT));
        ArrayNode list = root.putArray("slices");
        for (SliceFile slice : slices) {
            list.addObject()
                    .put("name", slice.name())
                    .put("sizeBytes", slice.sizeBytes())
                    .put("sha256", slice.sha256());
        }
        Path target = directory.resolve(FILE);
        try {
            DurableFile.write(disk, target, file -> file.write(ByteBuffer.wrap(JsonFile.prettyBytes(root))));
        } catch (IOException e) {
            throw DiskFailures.retryable("manifest of the checkpoint could not be written", target, e);
        }
    }

    public static boolean exists(Path directory) {
        return exists(Disk.system(), directory);
    }

    static boolean exists(Disk disk, Path directory) {
        return disk.isFile(directory.resolve(FILE));
    }

    public static CheckpointManifest read(Path directory) {
        return read(Disk.system(), directory);
    }

    /** Likewise, from any disk. */
    public static CheckpointManifest read(Disk disk, Path directory) {
        Path file = directory.resolve(FILE);
        if (!disk.isFile(file)) {
            throw RuntimeFailure.data("training checkpoint must have a %s, it is incomplete without: directory=%s"
                    .formatted(FILE, directory));
        }
        ObjectNode root = JsonFile.read(disk, file);
        if (root.path("version").asInt() != VERSION) {
            throw RuntimeFailure.data(
                    "manifest must have version %d: found=%s file=%s".formatted(VERSION, root.path("version"), file));
        }
        JsonNode mesh = required(root, "mesh", file);
        List<SliceFile> slices = new ArrayList<>();
        for (JsonNode slice : required(root, "slices", file)) {
            String name = required(slice, "name", file).asText();
            if (name.contains("/") || name.contains("\\") || name.startsWith(".")) {
                throw RuntimeFailure.data("manifest must name files beside it: found=%s file=%s".formatted(name, file));
            }
            slices.add(new SliceFile(
                    name,
                    required(slice, "sizeBytes", file).longValue(),
                    required(slice, "sha256", file).asText()));
        }
        Mesh written = new Mesh(
                required(mesh, "data", file).intValue(),
                required(mesh, "ring", file).intValue(),
                required(mesh, "ulysses", file).intValue(),
                inner(mesh, file));
        if (slices.size() != written.worldSize()) {
            throw RuntimeFailure.data("manifest must have one slice per rank: slices=%d mesh=%s file=%s"
                    .formatted(slices.size(), written, file));
        }
        return new CheckpointManifest(
                required(root, "run", file).asText(),
                required(root, "seed", file).longValue(),
                required(root, "stage", file).asText(),
                required(root, "step", file).intValue(),
                required(root, "globalStep", file).longValue(),
                written,
                required(root, "ropeTheta", file).doubleValue(),
                slices);
    }

    /** Checkpoints from before there was a choice do not say it. */
    private static Mesh.Inner inner(JsonNode mesh, Path file) {
        String written = mesh.path("inner").asText("ulysses");
        for (Mesh.Inner inner : Mesh.Inner.values()) {
            if (inner.name().toLowerCase(Locale.ROOT).equals(written)) {
                return inner;
            }
        }
        throw RuntimeFailure.data(
                "manifest must name ulysses or ring as inner axis: found=%s file=%s".formatted(written, file));
    }

    private static JsonNode required(JsonNode node, String key, Path file) {
        if (!node.hasNonNull(key)) {
            throw RuntimeFailure.data("manifest must have the key: key=%s file=%s".formatted(key, file));
        }
        return node.get(key);
    }
}
