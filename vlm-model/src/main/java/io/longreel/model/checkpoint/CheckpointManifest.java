package io.longreel.model.checkpoint;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Mesh;
import io.longreel.model.TrainSession.SliceFile;
import io.longreel.model.disk.Disk;
import io.longreel.model.disk.DiskFailures;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

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
 * @param ropeScale linear scaling of positions that is in force; 1 = none, also where an older version wrote it
 * @param slices one per rank of the mesh, in rank order
 * @param provenance empty where an older version wrote it
 */
public record CheckpointManifest(
        String run,
        long seed,
        String stage,
        int step,
        long globalStep,
        Mesh mesh,
        double ropeTheta,
        double ropeScale,
        List<SliceFile> slices,
        Optional<Provenance> provenance) {

    public static final String FILE = "manifest.json";

    public CheckpointManifest {
        slices = List.copyOf(slices);
        if (slices.size() != mesh.worldSize()) {
            throw new IllegalArgumentException("one slice per rank: slices=%d worldSize=%d mesh=%s"
                    .formatted(slices.size(), mesh.worldSize(), mesh));
        }
    }

    /** Without scaling and provenance. */
    public CheckpointManifest(
            String run,
            long seed,
            String stage,
            int step,
            long globalStep,
            Mesh mesh,
            double ropeTheta,
            List<SliceFile> slices) {
        this(run, seed, stage, step, globalStep, mesh, ropeTheta, 1, slices, Optional.empty());
    }

    /** Makes the slices that lie in {@code directory} a checkpoint; a disk that does not take the manifest is a RETRYABLE failure. */
    public void write(Path directory) {
        write(Disk.system(), directory);
    }

    /** Likewise, on any disk. */
    public void write(Disk disk, Path directory) {
        Path target = directory.resolve(FILE);
        try {
            DurableFile.write(disk, target, file -> file.write(ByteBuffer.wrap(ManifestJson.format(this))));
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

    /** Reads a manifest; one that is missing, damaged or of an unknown version is a DATA failure. The slices are not looked at. */
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
        return ManifestJson.parse(JsonFile.read(disk, file), file);
    }
}
