package io.longreel.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.RuntimeFailure;
import io.longreel.model.ModelConfig;
import io.longreel.model.state.ParameterSpec;
import io.longreel.model.state.Parameters;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VilaCheckpointTest {
    private final Path directory;
    private final TensorArena arena = TensorArena.open("test", 32 << 20);

    VilaCheckpointTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @AfterEach
    void closeArena() {
        arena.close();
    }

    @Test
    void shouldReadTheNumbersWhenWrittenByTransformers5() {
        ModelConfig config = VilaCheckpoint.readConfig(GoldenFiles.checkpoint(GoldenFiles.GQA_EVEN));
        assertEquals(new ModelConfig.Vision(48, 96, 3, 3, 56, 14, 1e-6f, -2), config.vision());
        assertEquals(new ModelConfig.Llm(320, 64, 160, 3, 4, 2, 4096, 1e6, 1.0, 1e-6f, true), config.llm());
        assertEquals(ModelConfig.MLP_DOWNSAMPLE, config.projectorType());
        assertEquals(319, config.imageToken());
    }

    @Test
    void shouldReadTheNumbersWhenWrittenByTransformers4() {
        ModelConfig config = VilaCheckpoint.readConfig(GoldenFiles.checkpoint(GoldenFiles.MHA_ODD_GRID));
        assertEquals(new ModelConfig.Vision(32, 80, 2, 2, 98, 14, 1e-6f, -2), config.vision());
        assertEquals(new ModelConfig.Llm(257, 48, 112, 2, 6, 6, 4096, 1e4, 1.0, 1e-6f, false), config.llm());
        assertEquals(256, config.imageToken());
    }

    @Test
    void shouldLoadEveryStoredValueWhenFilesAreSingleOrSharded() {
        for (String name : GoldenFiles.ALL) {
            Path checkpoint = GoldenFiles.checkpoint(name);
            Parameters parameters = load(checkpoint);
            int tensors = 0;
            for (String part : List.of("vision_tower", "mm_projector", "llm")) {
                try (WeightFiles weights = WeightFiles.open(checkpoint.resolve(part))) {
                    for (Map.Entry<String, SafetensorsFile> stored :
                            weights.tensors().entrySet()) {
                        String canonical = part + "." + stored.getKey().replace("vision_model.", "");
                        assertArrayEquals(
                                stored.getValue().floats(stored.getKey()),
                                parameters.tensor(canonical).toFloats(),
                                name + " " + canonical);
                        tensors++;
                    }
                }
            }
            assertEquals(parameters.names().size(), tensors);
        }
    }

    @Test
    void shouldReadBackBitForBitWhenWrittenInAnyStyleAndNumberOfShards() {
        for (String name : GoldenFiles.ALL) {
            ModelConfig config = VilaCheckpoint.readConfig(GoldenFiles.checkpoint(name));
            Parameters original = load(GoldenFiles.checkpoint(name));
            for (VilaExport.Style style : VilaExport.Style.values()) {
                for (long shardBytesMax : new long[] {Long.MAX_VALUE, 100_000, 1}) {
                    Path target = directory.resolve(name + style + shardBytesMax);
                    VilaExport export = VilaExport.standard().withStyle(style).withShardBytesMax(shardBytesMax);
                    VilaCheckpointWriter.write(target, config, original, export);
                    assertEquals(config, VilaCheckpoint.readConfig(target), target.toString());
                    Parameters back = load(target);
                    assertEquals(
                            -1, original.flat().segment().mismatch(back.flat().segment()), target.toString());
                    arena.rewind(originalEnd(original));
                    assertEquals(shardBytesMax == 1, Files.exists(target.resolve("mm_projector/" + WeightFiles.INDEX)));
                }
            }
            arena.reset();
        }
    }

    @Test
    void shouldRoundOnceWhenStoredInHalfPrecision() {
        ModelConfig config = VilaCheckpoint.readConfig(GoldenFiles.checkpoint(GoldenFiles.GQA_EVEN));
        Parameters original = load(GoldenFiles.checkpoint(GoldenFiles.GQA_EVEN));
        for (DType dtype : List.of(DType.BF16, DType.F16)) {
            Path target = directory.resolve(dtype.name());
            VilaCheckpointWriter.write(
                    target, config, original, VilaExport.standard().withStorage(dtype));
            Parameters back = load(target);
            float[] values = original.flat().toFloats();
            MemorySegment stored = MemorySegment.ofArray(new short[values.length]);
            StorageFloats.encode(MemorySegment.ofArray(values), dtype, stored);
            StorageFloats.decode(stored, dtype, MemorySegment.ofArray(values));
            assertArrayEquals(values, back.flat().toFloats());
            Path again = directory.resolve(dtype + "-again");
            VilaCheckpointWriter.write(
                    again, config, back, VilaExport.standard().withStorage(dtype));
            assertEquals(-1, back.flat().segment().mismatch(load(again).flat().segment()));
        }
    }

    @Test
    void shouldWriteTheKeysOfBothVersionsWhenPortable() {
        ModelConfig config = scaled(VilaCheckpoint.readConfig(GoldenFiles.checkpoint(GoldenFiles.GQA_EVEN)), 4.0);
        Parameters parameters = load(GoldenFiles.checkpoint(GoldenFiles.GQA_EVEN));
        Path target = directory.resolve("model");
        VilaCheckpointWriter.write(target, config, parameters, VilaExport.standard());
        ObjectNode llm = JsonFile.read(target.resolve("llm/config.json"));
        assertEquals(1e6, llm.get("rope_theta").doubleValue());
        assertEquals("linear", llm.get("rope_scaling").get("type").textValue());
        assertEquals(4.0, llm.get("rope_parameters").get("factor").doubleValue());
        assertEquals("float32", llm.get("torch_dtype").textValue());
        assertEquals("float32", llm.get("dtype").textValue());
        assertEquals(1e-6, llm.get("rms_norm_eps").doubleValue());
        assertEquals(config, VilaCheckpoint.readConfig(target));
        assertTrue(JsonFile.read(target.resolve("config.json")).get("llm_cfg").isObject());
    }

    @Test
    void shouldReadLinearScalingWhenSpelledInTheOldWay() {
        Path checkpoint = copyOfGolden(GoldenFiles.MHA_ODD_GRID);
        ObjectNode scaling = JsonFile.newObject().put("type", "linear").put("factor", 4.0);
        edit(checkpoint.resolve("llm/config.json"), json -> json.set("rope_scaling", scaling));
        assertEquals(4.0, VilaCheckpoint.readConfig(checkpoint).llm().ropeScale());
    }

    @Test
    void shouldKeepWhatItDoesNotKnowWhenTheOriginIsGiven() throws IOException {
        Path origin = copyOfGolden(GoldenFiles.GQA_EVEN);
        Files.writeString(origin.resolve("llm/tokenizer.json"), "{\"a\":1}");
        Files.writeString(origin.resolve("vision_tower/preprocessor_config.json"), "{}");
        edit(origin.resolve("config.json"), json -> json.put("chat_template", "qwen2"));
        edit(origin.resolve("llm/config.json"), json -> json.put("bos_token_id", 7));
        addPoolingHead(origin);
        ModelConfig config = VilaCheckpoint.readConfig(origin);
        Parameters parameters = load(origin);
        Path target = directory.resolve("model");
        VilaExport export = VilaExport.standard()
                .withOrigin(Optional.of(ModelOrigin.of(origin)))
                .withStorage(DType.BF16)
                .withAttachments(Map.of("llm/vocab.json", "{}".getBytes(StandardCharsets.UTF_8)));
        VilaCheckpointWriter.write(target, config, parameters, export);
        assertEquals("{\"a\":1}", Files.readString(target.resolve("llm/tokenizer.json")));
        assertEquals("{}", Files.readString(target.resolve("llm/vocab.json")));
        assertTrue(Files.exists(target.resolve("vision_tower/preprocessor_config.json")));
        assertEquals(
                "qwen2",
                JsonFile.read(target.resolve("config.json"))
                        .get("chat_template")
                        .textValue());
        assertEquals(
                7,
                JsonFile.read(target.resolve("llm/config.json"))
                        .get("bos_token_id")
                        .intValue());
        try (VilaCheckpoint before = VilaCheckpoint.open(origin);
                VilaCheckpoint after = VilaCheckpoint.open(target)) {
            assertEquals(List.of("head.probe"), List.copyOf(after.extras().keySet()));
            Tensor expected = Objects.requireNonNull(before.extras().get("head.probe"));
            Tensor copied = Objects.requireNonNull(after.extras().get("head.probe"));
            assertEquals(-1, expected.segment().mismatch(copied.segment()));
        }
        assertTrue(JsonFile.read(target.resolve("vision_tower/config.json"))
                .get("vision_use_head")
                .booleanValue());
    }

    @Test
    void shouldReplaceItsOwnOriginWhenWrittenInPlace() {
        Path origin = copyOfGolden(GoldenFiles.MHA_ODD_GRID);
        Parameters parameters = load(origin);
        ModelConfig config = VilaCheckpoint.readConfig(origin);
        VilaCheckpointWriter.write(
                origin, config, parameters, VilaExport.standard().withOrigin(Optional.of(ModelOrigin.of(origin))));
        assertEquals(
                -1, parameters.flat().segment().mismatch(load(origin).flat().segment()));
        assertFalse(Files.exists(origin.resolve("llm/" + WeightFiles.INDEX)));
    }

    @Test
    void shouldRefuseToReplaceWhenTheDirectoryHoldsSomethingElse() throws IOException {
        Path checkpoint = GoldenFiles.checkpoint(GoldenFiles.GQA_EVEN);
        Path target = Files.createDirectory(directory.resolve("home"));
        Path file = Files.writeString(target.resolve("thesis.txt"), "unique");
        ModelConfig config = VilaCheckpoint.readConfig(checkpoint);
        Parameters parameters = load(checkpoint);
        assertThrows(
                RuntimeFailure.class,
                () -> VilaCheckpointWriter.write(target, config, parameters, VilaExport.standard()));
        assertEquals("unique", Files.readString(file));
    }

    @Test
    void shouldReadBlocksThatAreNeverRunAsIdentityWhenTheyAreMissing() {
        Path checkpoint = copyOfGolden(GoldenFiles.GQA_EVEN);
        rewriteVision(
                checkpoint,
                item -> !item.name().contains("layers.2.") && !item.name().contains("post_"),
                null);
        Parameters parameters = load(checkpoint);
        for (String name : parameters.names()) {
            if (name.startsWith(ParameterSpec.visionLayer(2))) {
                float expected = name.contains("norm") && name.endsWith("weight") ? 1 : 0;
                for (float value : parameters.tensor(name).toFloats()) {
                    assertEquals(expected, value, name);
                }
            }
        }
    }

    private void addPoolingHead(Path checkpoint) {
        Tensor probe = arena.allocate(1, 1, 48);
        for (int i = 0; i < 48; i++) {
            probe.setFloat(i, i * 0.1f);
        }
        rewriteVision(checkpoint, item -> true, SafetensorsWriter.Item.of("head.probe", probe));
    }

    private static void rewriteVision(
            Path checkpoint, Predicate<SafetensorsWriter.Item> kept, SafetensorsWriter.@Nullable Item added) {
        Path folder = checkpoint.resolve("vision_tower");
        try (WeightFiles weights = WeightFiles.open(folder)) {
            List<SafetensorsWriter.Item> items = new ArrayList<>();
            weights.tensors().forEach((name, file) -> items.add(SafetensorsWriter.Item.of(name, file.tensor(name))));
            items.removeIf(kept.negate());
            if (added != null) {
                items.add(added);
            }
            WeightFiles.write(folder, items, Long.MAX_VALUE);
        }
    }

    private static ModelConfig scaled(ModelConfig config, double scale) {
        ModelConfig.Llm l = config.llm();
        return new ModelConfig(
                config.vision(),
                new ModelConfig.Llm(
                        l.vocabularySize(),
                        l.hiddenSize(),
                        l.intermediateSize(),
                        l.layers(),
                        l.heads(),
                        l.kvHeads(),
                        l.maxPositions(),
                        l.ropeTheta(),
                        scale,
                        l.rmsNormEps(),
                        l.tieEmbeddings()),
                config.projectorType(),
                config.imageToken());
    }

    private Path copyOfGolden(String name) {
        return GoldenFiles.copy(GoldenFiles.checkpoint(name), directory.resolve("copy-" + name));
    }

    private static void edit(Path file, Consumer<ObjectNode> change) {
        ObjectNode json = JsonFile.read(file);
        change.accept(json);
        DurableFile.write(file, JsonFile.prettyBytes(json));
    }

    private long originalEnd(Parameters original) {
        return Math.ceilDiv(original.flat().sizeBytes(), 64L) * 64;
    }

    private Parameters load(Path path) {
        try (VilaCheckpoint checkpoint = VilaCheckpoint.open(path)) {
            Parameters parameters = Parameters.allocate(ParameterSpec.of(checkpoint.config()), arena);
            checkpoint.load(parameters);
            return parameters;
        }
    }
}
