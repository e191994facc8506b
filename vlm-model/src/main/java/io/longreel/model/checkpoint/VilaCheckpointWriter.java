package io.longreel.model.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.RuntimeFailure;
import io.longreel.model.ModelConfig;
import io.longreel.model.checkpoint.SafetensorsWriter.Item;
import io.longreel.model.state.ParameterSpec;
import io.longreel.model.state.Parameters;
import io.longreel.ops.tensor.Tensor;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Writes a model in VILA's layout, so that it opens in VILA and in transformers (specification 1.1). The directory appears under its name when
 * it is complete; inside it, the root config.json is written last, which is how VILA tells a finished model. Adapters that lie in the directory stay.
 */
public final class VilaCheckpointWriter {
    private static final List<String> PARTS =
            List.of(VilaConfigReader.VISION, VilaConfigReader.PROJECTOR, VilaConfigReader.LLM);

    /** Ends of the names of files that hold weights, of any framework: a Hugging Face folder may have several. */
    private static final List<String> WEIGHTS =
            List.of(".safetensors", ".bin", ".index.json", ".h5", ".msgpack", ".pt", ".pth", ".gguf", ".onnx");

    private final ModelConfig config;
    private final Source source;
    private final VilaExport export;
    private final @Nullable VilaCheckpoint origin;

    /** Where the values come from. */
    public interface Source {
        /** The F32 tensor in which a parameter appears. */
        Tensor view(String name);

        /** Makes the values of a parameter appear there, until the next call. */
        void fetch(String name);
    }

    private VilaCheckpointWriter(
            ModelConfig config, Source source, VilaExport export, @Nullable VilaCheckpoint origin) {
        this.config = config;
        this.source = source;
        this.export = export;
        this.origin = origin;
    }

    /**
     * Creates {@code directory}, or replaces it when it is empty or holds a checkpoint; anything else there is an error.
     *
     * @param parameters every parameter of the model; others (adapters) are not written
     */
    public static void write(Path directory, ModelConfig config, Parameters parameters, VilaExport export) {
        Source whole = new Source() {
            @Override
            public Tensor view(String name) {
                return parameters.tensor(name);
            }

            @Override
            public void fetch(String name) {}
        };
        write(directory, config, whole, export);
    }

    /** Likewise, with values that are fetched one parameter after the other, in the order of {@link #order}. */
    public static void write(Path directory, ModelConfig config, Source source, VilaExport export) {
        requireReplaceable(directory);
        Optional<VilaCheckpoint> origin = export.origin().map(VilaCheckpoint::open);
        try {
            VilaCheckpointWriter writer = new VilaCheckpointWriter(config, source, export, origin.orElse(null));
            DurableFile.writeDirectory(directory, aside -> {
                keepAdapter(directory, aside);
                writer.writeInto(aside);
            });
        } finally {
            origin.ifPresent(VilaCheckpoint::close);
        }
    }

    /** Names of all parameters in the order in which they are written. */
    public static List<String> order(ModelConfig config) {
        List<String> names = new ArrayList<>();
        for (String part : PARTS) {
            ParameterSpec.of(config).stream()
                    .map(ParameterSpec::name)
                    .filter(name -> name.startsWith(part + "."))
                    .sorted()
                    .forEach(names::add);
        }
        return names;
    }

    private void writeInto(Path directory) throws IOException {
        for (String part : PARTS) {
            Path folder = Files.createDirectories(directory.resolve(part));
            WeightFiles.write(folder, items(part), export.shardBytesMax());
            copyCompanions(part, folder);
        }
        writeAttachments(directory);
        writeConfigs(directory);
    }

    /** Parameters of one part, sorted by name, and what the origin has beyond them. */
    private List<Item> items(String part) {
        boolean vision = part.equals(VilaConfigReader.VISION);
        String prefix = vision && export.style().oldNames() ? VilaCheckpoint.OLD_VISION_PREFIX : "";
        List<Item> items = new ArrayList<>();
        for (ParameterSpec spec : ParameterSpec.of(config)) {
            if (spec.name().startsWith(part + ".")) {
                String name = prefix + spec.name().substring(part.length() + 1);
                items.add(new Item(name, source.view(spec.name()), export.storage(), () -> source.fetch(spec.name())));
            }
        }
        if (vision) {
            extras().forEach((name, tensor) -> items.add(Item.of(prefix + name, tensor)));
        }
        items.sort(java.util.Comparator.comparing(Item::name));
        return items;
    }

    private Map<String, Tensor> extras() {
        return origin == null ? Map.of() : origin.extras();
    }

    private void writeConfigs(Path directory) {
        VilaConfigWriter writer = new VilaConfigWriter(config, export.style(), export.storage());
        ObjectNode vision = VilaConfigReader.tower(originConfig(VilaConfigReader.VISION));
        ObjectNode projector = originConfig(VilaConfigReader.PROJECTOR);
        ObjectNode llm = originConfig(VilaConfigReader.LLM);
        ObjectNode root = Optional.ofNullable(origin)
                .map(VilaCheckpoint::origin)
                .flatMap(ModelOrigin::root)
                .map(folder -> JsonFile.read(folder.resolve(VilaConfigReader.CONFIG)))
                .orElseGet(JsonFile::newObject);
        writer.vision(vision, !extras().isEmpty());
        writer.projector(projector);
        writer.llm(llm);
        writer.root(root, vision, projector, llm);
        writeConfig(directory.resolve(VilaConfigReader.VISION), vision);
        writeConfig(directory.resolve(VilaConfigReader.PROJECTOR), projector);
        writeConfig(directory.resolve(VilaConfigReader.LLM), llm);
        writeConfig(directory, root);
    }

    private ObjectNode originConfig(String part) {
        return originFolder(part)
                .map(folder -> JsonFile.read(folder.resolve(VilaConfigReader.CONFIG)))
                .orElseGet(JsonFile::newObject);
    }

    /** Where a part came from; empty when it is new. */
    private Optional<Path> originFolder(String part) {
        return Optional.ofNullable(origin).flatMap(files -> files.origin().folder(part));
    }

    private static void writeConfig(Path folder, ObjectNode json) {
        DurableFile.write(folder.resolve(VilaConfigReader.CONFIG), JsonFile.prettyBytes(json));
    }

    /** Tokenizer, processor and generation files live beside the weights of their part. */
    private void copyCompanions(String part, Path target) throws IOException {
        Optional<Path> source = originFolder(part);
        if (source.isEmpty()) {
            return;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(source.get(), VilaCheckpointWriter::isCompanion)) {
            for (Path file : files) {
                Files.copy(file, target.resolve(file.getFileName().toString()));
            }
        }
    }

    private static boolean isCompanion(Path file) {
        String name = file.getFileName().toString();
        boolean isWeights = WEIGHTS.stream().anyMatch(name::endsWith);
        return Files.isRegularFile(file) && !isWeights && !name.equals(VilaConfigReader.CONFIG);
    }

    private void writeAttachments(Path directory) throws IOException {
        for (Map.Entry<String, byte[]> attachment : export.attachments().entrySet()) {
            Path file = directory.resolve(attachment.getKey()).normalize();
            if (!file.startsWith(directory) || file.equals(directory)) {
                throw new IllegalArgumentException(
                        "attachment must lie in the checkpoint: path=" + attachment.getKey());
            }
            Files.createDirectories(file.resolveSibling(""));
            Files.write(file, attachment.getValue());
        }
    }

    /** A stage's adapters are written before its model, as merging spends them. */
    private static void keepAdapter(Path directory, Path aside) throws IOException {
        Path adapter = directory.resolve(PeftAdapter.FOLDER);
        if (!Files.isRegularFile(adapter.resolve(PeftAdapter.CONFIG))) {
            return;
        }
        Path copy = Files.createDirectory(aside.resolve(PeftAdapter.FOLDER));
        for (String file : List.of(PeftAdapter.WEIGHTS, PeftAdapter.CONFIG)) {
            Files.copy(adapter.resolve(file), copy.resolve(file));
        }
    }

    private static void requireReplaceable(Path directory) {
        if (!Files.exists(directory) || Files.isRegularFile(directory.resolve(VilaConfigReader.CONFIG))) {
            return;
        }
        try (DirectoryStream<Path> children = Files.newDirectoryStream(directory)) {
            for (Path child : children) {
                if (child.getFileName().toString().startsWith(PeftAdapter.FOLDER)) {
                    continue; // or what a crash has left of one
                }
                throw RuntimeFailure.data(
                        "export must go to a new or empty directory or replace a checkpoint: directory=%s holds other files"
                                .formatted(directory));
            }
        } catch (IOException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.DATA,
                    "export must go to a directory: directory=%s reason=%s".formatted(directory, e.getMessage()),
                    e);
        }
    }
}
