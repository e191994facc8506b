package io.longreel.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.RuntimeFailure;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each fault that a checkpoint can have is refused with one line that names where it is. */
class VilaCheckpointFaultTest {
    private final Path checkpoint;

    VilaCheckpointFaultTest(@TempDir Path directory) {
        this.checkpoint =
                GoldenFiles.copy(GoldenFiles.checkpoint(GoldenFiles.MHA_ODD_GRID), directory.resolve("checkpoint"));
    }

    static Stream<Arguments> configFaults() {
        return Stream.of(
                fault("config.json", json -> json.remove("mm_vision_select_layer"), "mm_vision_select_layer"),
                fault("config.json", json -> json.put("mm_vision_select_layer", -9), "mm_vision_select_layer"),
                fault("config.json", json -> json.put("mm_vision_select_feature", "patch"), "cls_patch"),
                fault("config.json", json -> json.put("image_token_index", "x"), "image_token_index"),
                fault("config.json", json -> json.put("mm_hidden_size", 99), "expected=32 found=99"),
                fault("config.json", json -> json.put("s2", true), "key=s2"),
                fault("mm_projector/config.json", json -> json.put("mm_projector_type", "resampler"), "resampler"),
                fault("mm_projector/config.json", json -> json.remove("mm_projector_type"), "found=nothing"),
                fault("vision_tower/config.json", json -> json.put("hidden_act", "relu"), "gelu_pytorch_tanh"),
                fault("vision_tower/config.json", json -> json.put("num_attention_heads", 0), "at least 1"),
                fault("vision_tower/config.json", json -> json.put("image_size", "big"), "key=image_size"),
                fault("llm/config.json", json -> json.put("model_type", "llama"), "expected=qwen2"),
                fault("llm/config.json", json -> json.put("num_key_value_heads", 4), "key/value heads"),
                fault("llm/config.json", json -> json.remove("rope_theta"), "rope_theta"),
                fault("llm/config.json", json -> json.put("use_sliding_window", true), "use_sliding_window"),
                fault(
                        "llm/config.json",
                        json -> json.set("rope_scaling", JsonFile.newObject().put("type", "yarn")),
                        "yarn"),
                fault(
                        "llm/config.json",
                        json -> json.set("rope_scaling", JsonFile.newObject().put("type", "linear")),
                        "key=factor"),
                fault("llm/config.json", json -> json.put("tie_word_embeddings", 1), "true or false"));
    }

    @ParameterizedTest
    @MethodSource("configFaults")
    void shouldNameKeyAndFileWhenAConfigIsWrong(String file, Consumer<ObjectNode> change, String expected) {
        edit(file, change);
        assertFault(expected);
    }

    @ParameterizedTest
    @MethodSource("tensorFaults")
    void shouldNameTensorAndShapesWhenWeightsAreWrong(String file, Consumer<ObjectNode> change, String expected) {
        edit(file, change);
        assertFault(expected);
    }

    static Stream<Arguments> tensorFaults() {
        return Stream.of(
                fault(
                        "llm/config.json",
                        json -> json.put("num_hidden_layers", 3),
                        "tensor=model.layers.2.input_layernorm.weight expected=[48] found=nothing"),
                fault(
                        "llm/config.json",
                        json -> json.put("num_hidden_layers", 1),
                        "tensor=model.layers.1.input_layernorm.weight expected=nothing found=F32[48]"),
                fault("llm/config.json", json -> json.put("vocab_size", 258), "expected=[258, 48] found=F32[257, 48]"),
                fault(
                        "vision_tower/config.json",
                        json -> json.put("image_size", 112),
                        "tensor=vision_model.embeddings.position_embedding.weight expected=[64, 32] found=F32[49, 32]"),
                fault(
                        "llm/model.safetensors.index.json",
                        json -> json.withObject("/weight_map").remove("model.norm.weight"),
                        "tensor=model.norm.weight expected=[48] found=nothing"),
                fault(
                        "llm/model.safetensors.index.json",
                        json -> json.withObject("/weight_map")
                                .put("model.norm.weight", "model-00001-of-00002.safetensors"),
                        "tensor is not in the file that the index names"),
                fault(
                        "llm/model.safetensors.index.json",
                        json -> json.withObject("/weight_map").put("model.norm.weight", "model-3.safetensors"),
                        "missing: file="),
                fault(
                        "llm/model.safetensors.index.json",
                        json -> json.withObject("/weight_map").put("model.norm.weight", "../../x.safetensors"),
                        "beside it"),
                fault("llm/model.safetensors.index.json", json -> json.remove("weight_map"), "weight_map"));
    }

    @Test
    void shouldNameWhatIsMissingWhenAFileIsGone() throws IOException {
        for (String file : List.of(
                "llm/model-00002-of-00002.safetensors",
                "llm/model.safetensors.index.json",
                "mm_projector/model.safetensors",
                "vision_tower/config.json",
                "config.json")) {
            Path gone = checkpoint.resolve(file);
            byte[] bytes = Files.readAllBytes(gone);
            Files.delete(gone);
            assertFault("");
            Files.write(gone, bytes);
        }
        VilaCheckpoint.open(checkpoint).close();
    }

    @Test
    void shouldNameTheFileWhenAConfigIsNoJson() throws IOException {
        Files.writeString(checkpoint.resolve("llm/config.json"), "{\"hidden_size\": 48,\n]");
        assertFault("llm/config.json");
        Files.writeString(checkpoint.resolve("llm/config.json"), "");
        assertFault("llm/config.json");
    }

    @Test
    void shouldNameTheFileWhenWeightsAreTruncated() throws IOException {
        Path file = checkpoint.resolve("mm_projector/model.safetensors");
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length - 1));
        assertFault("truncated");
    }

    @Test
    void shouldRefuseATensorOfIntegers() {
        rewriteProjector(item ->
                item.name().equals("layers.4.bias") ? SafetensorsWriter.Item.of(item.name(), asIntegers(item)) : item);
        assertFault("tensor=layers.4.bias expected=[48] found=I32[48]");
    }

    @Test
    void shouldRefuseATensorThatIsThereTwice() {
        Path folder = checkpoint.resolve("vision_tower");
        try (WeightFiles weights = WeightFiles.open(folder)) {
            List<SafetensorsWriter.Item> items = new ArrayList<>();
            weights.tensors().forEach((name, file) -> {
                items.add(SafetensorsWriter.Item.of(name, file.tensor(name)));
                items.add(SafetensorsWriter.Item.of(name.replace("vision_model.", ""), file.tensor(name)));
            });
            WeightFiles.write(folder, items, Long.MAX_VALUE);
        }
        assertFault("twice");
    }

    private void rewriteProjector(UnaryOperator<SafetensorsWriter.Item> change) {
        Path folder = checkpoint.resolve("mm_projector");
        try (WeightFiles weights = WeightFiles.open(folder)) {
            List<SafetensorsWriter.Item> items = new ArrayList<>();
            weights.tensors()
                    .forEach((name, file) ->
                            items.add(change.apply(SafetensorsWriter.Item.of(name, file.tensor(name)))));
            WeightFiles.write(folder, items, Long.MAX_VALUE);
        }
    }

    private static Tensor asIntegers(SafetensorsWriter.Item item) {
        return Tensor.of(item.tensor().segment(), DType.I32, item.tensor().shape());
    }

    private static Arguments fault(String file, Consumer<ObjectNode> change, String expected) {
        return Arguments.of(file, change, expected);
    }

    private void edit(String file, Consumer<ObjectNode> change) {
        ObjectNode json = JsonFile.read(checkpoint.resolve(file));
        change.accept(json);
        try {
            Files.write(checkpoint.resolve(file), JsonFile.prettyBytes(json));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void assertFault(String expected) {
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> VilaCheckpoint.open(checkpoint));
        String text = Objects.requireNonNull(failure.getMessage());
        assertEquals(RuntimeFailure.Category.DATA, failure.category());
        assertTrue(text.contains(expected), text);
        assertEquals(1, text.lines().count(), text);
    }
}
