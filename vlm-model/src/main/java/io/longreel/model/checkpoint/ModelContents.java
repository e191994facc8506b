package io.longreel.model.checkpoint;

import io.longreel.model.ModelConfig;
import java.nio.file.Path;
import java.util.List;

/**
 * What is in a model in VILA's layout, from its configurations and the headers of its files; no value is read. For people, as JSON and in tables.
 */
public record ModelContents(String directory, ModelConfig config, List<StoredTensor> tensors) {

    /**
     * A tensor as it is stored.
     *
     * @param name canonical, with the part in front, such as {@code llm.model.norm.weight}
     */
    public record StoredTensor(
            String name, String dtype, List<Integer> shape, long elements, long bytes, String file) {}

    public ModelContents {
        tensors = List.copyOf(tensors);
    }

    /** Checks and lists a model; a faulty one is a DATA failure of one line. */
    public static ModelContents read(Path directory) {
        try (VilaCheckpoint model = VilaCheckpoint.open(directory)) {
            return new ModelContents(directory.toString(), model.config(), model.tensors());
        }
    }

    public long bytes() {
        return tensors.stream().mapToLong(StoredTensor::bytes).sum();
    }

    public long parameters() {
        return tensors.stream().mapToLong(StoredTensor::elements).sum();
    }

    public String toJson() {
        return CheckpointContents.json(this);
    }
}
