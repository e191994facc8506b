package io.longreel.model.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.RuntimeFailure;
import io.longreel.model.checkpoint.SafetensorsWriter.Item;
import io.longreel.ops.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The tensors of one part of a model: {@code model.safetensors} alone, or several files and {@code model.safetensors.index.json}, which says
 * which tensor is in which. When both are there the single file holds, as in transformers.
 */
final class WeightFiles implements AutoCloseable {
    static final String SINGLE = "model.safetensors";
    static final String INDEX = "model.safetensors.index.json";
    private static final String WEIGHT_MAP = "weight_map";

    private final Path folder;
    private final Map<String, SafetensorsFile> files = new LinkedHashMap<>();
    private final Map<String, SafetensorsFile> fileOfTensor = new LinkedHashMap<>();

    private WeightFiles(Path folder) {
        this.folder = folder;
    }

    static WeightFiles open(Path folder) {
        WeightFiles weights = new WeightFiles(folder);
        try {
            if (Files.exists(folder.resolve(SINGLE))) {
                SafetensorsFile file = weights.file(SINGLE);
                file.entries().keySet().forEach(name -> weights.fileOfTensor.put(name, file));
            } else if (Files.exists(folder.resolve(INDEX))) {
                weights.readIndex(folder.resolve(INDEX));
            } else {
                throw RuntimeFailure.data(
                        "weights must be %s or several files with %s: folder=%s".formatted(SINGLE, INDEX, folder));
            }
        } catch (RuntimeException e) {
            weights.close();
            throw e;
        }
        return weights;
    }

    Path folder() {
        return folder;
    }

    /** Names as stored, and the file that holds each. */
    Map<String, SafetensorsFile> tensors() {
        return Collections.unmodifiableMap(fileOfTensor);
    }

    /**
     * Writes items in their order as one file, or, when they take more than {@code shardBytesMax}, as several with an index. A tensor is
     * never split, so one that is larger than the limit has a file of its own.
     */
    static void write(Path folder, List<Item> items, long shardBytesMax) {
        List<List<Item>> shards = shards(items, shardBytesMax);
        if (shards.size() == 1) {
            SafetensorsWriter.write(folder.resolve(SINGLE), shards.getFirst());
            return;
        }
        ObjectNode index = JsonFile.newObject();
        index.putObject("metadata")
                .put("total_size", items.stream().mapToLong(Item::sizeBytes).sum());
        ObjectNode weightMap = index.putObject(WEIGHT_MAP);
        for (int i = 0; i < shards.size(); i++) {
            String name = "model-%05d-of-%05d.safetensors".formatted(i + 1, shards.size());
            SafetensorsWriter.write(folder.resolve(name), shards.get(i));
            shards.get(i).forEach(item -> weightMap.put(item.name(), name));
        }
        DurableFile.write(folder.resolve(INDEX), JsonFile.prettyBytes(index));
    }

    @Override
    public void close() {
        files.values().forEach(SafetensorsFile::close);
        files.clear();
        fileOfTensor.clear();
    }

    /** A tensor as stored. */
    Tensor tensor(String name) {
        SafetensorsFile file = fileOfTensor.get(name);
        if (file == null) {
            throw new IllegalArgumentException("no such tensor: name=%s folder=%s".formatted(name, folder));
        }
        return file.tensor(name);
    }

    private static List<List<Item>> shards(List<Item> items, long shardBytesMax) {
        List<List<Item>> shards = new ArrayList<>(List.of(new ArrayList<>()));
        long bytes = 0;
        for (Item item : items) {
            if (!shards.getLast().isEmpty() && bytes + item.sizeBytes() > shardBytesMax) {
                shards.add(new ArrayList<>());
                bytes = 0;
            }
            shards.getLast().add(item);
            bytes += item.sizeBytes();
        }
        return shards;
    }

    private void readIndex(Path index) {
        JsonNode map = JsonFile.read(index).path(WEIGHT_MAP);
        if (!map.isObject() || map.isEmpty()) {
            throw RuntimeFailure.data("index must have a %s of tensor names to files: file=%s found=%s"
                    .formatted(WEIGHT_MAP, index, map instanceof ArrayNode ? "a list" : map));
        }
        for (Map.Entry<String, JsonNode> field : map.properties()) {
            String name = field.getKey();
            String fileName = field.getValue().asText();
            if (!fileName.endsWith(".safetensors") || fileName.contains("/") || fileName.contains("\\")) {
                throw RuntimeFailure.data("index must name safetensors files beside it: file=%s tensor=%s found=%s"
                        .formatted(index, name, field.getValue()));
            }
            if (!Files.isRegularFile(folder.resolve(fileName))) {
                throw RuntimeFailure.data("file that the index names is missing: file=%s tensor=%s index=%s"
                        .formatted(folder.resolve(fileName), name, index));
            }
            SafetensorsFile file = file(fileName);
            if (!file.contains(name)) {
                throw RuntimeFailure.data("tensor is not in the file that the index names: tensor=%s file=%s index=%s"
                        .formatted(name, file.file(), index));
            }
            fileOfTensor.put(name, file);
        }
    }

    private SafetensorsFile file(String fileName) {
        return files.computeIfAbsent(fileName, key -> SafetensorsFile.open(folder.resolve(key)));
    }
}
