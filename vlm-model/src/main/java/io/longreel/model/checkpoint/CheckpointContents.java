package io.longreel.model.checkpoint;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.longreel.config.RuntimeFailure;
import io.longreel.model.TrainSession.SliceFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is in a training checkpoint, from its manifest and the headers of its slices; no value is read. For people, as JSON and in tables.
 *
 * @param provenance null where an older version wrote the checkpoint
 * @param counters numbers that all ranks wrote, such as the optimizer's steps
 */
public record CheckpointContents(
        String directory,
        String run,
        long seed,
        String stage,
        int step,
        long globalStep,
        double ropeTheta,
        double ropeScale,
        String mesh,
        @Nullable Provenance provenance,
        Map<String, Long> counters,
        List<SliceFile> slices,
        List<Vector> tensors) {

    /**
     * A vector of the training state, all its parts together.
     *
     * @param kind {@code weight}, {@code m} or {@code v}
     * @param shape of the tensor that it belongs to
     */
    public record Vector(String kind, String name, List<Integer> shape, long elements, long bytes, List<Box> boxes) {}

    /**
     * Where a part of a vector lies.
     *
     * @param from first element, flattened row-major
     * @param to behind the last one
     * @param blocks with a checksum each
     */
    public record Box(String file, long from, long to, int blocks) {}

    public CheckpointContents {
        counters = Map.copyOf(counters);
        slices = List.copyOf(slices);
        tensors = List.copyOf(tensors);
    }

    /** Reads manifest and headers; what is damaged there is a DATA failure of one line. */
    public static CheckpointContents read(Path directory) {
        try (TrainingCheckpoint checkpoint = TrainingCheckpoint.open(directory)) {
            CheckpointManifest manifest = checkpoint.manifest();
            return new CheckpointContents(
                    directory.toString(),
                    manifest.run(),
                    manifest.seed(),
                    manifest.stage(),
                    manifest.step(),
                    manifest.globalStep(),
                    manifest.ropeTheta(),
                    manifest.ropeScale(),
                    manifest.mesh().toString(),
                    manifest.provenance().orElse(null),
                    checkpoint.counters(),
                    manifest.slices(),
                    checkpoint.vectors());
        } catch (RuntimeFailure e) {
            throw new RuntimeFailure(
                    e.category(), e.getMessage() + "; bin/longreel verify-checkpoint tells what else is damaged", e);
        }
    }

    /** Bytes of all values of a kind. */
    public long bytesOf(String kind) {
        return tensors.stream()
                .filter(tensor -> tensor.kind().equals(kind))
                .mapToLong(Vector::bytes)
                .sum();
    }

    /** Where its random numbers stand. */
    @JsonProperty
    public String randomState() {
        return Provenance.RANDOM_STATE;
    }

    public String toJson() {
        return json(this);
    }

    static String json(Object contents) {
        try {
            return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(contents);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("records of numbers and texts are always JSON", e);
        }
    }
}
