package io.longreel.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.longreel.config.PrecisionSettings.Weights;
import io.longreel.config.ShardingSettings.State;
import io.longreel.config.StageSettings;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.model.checkpoint.SafetensorsFile;
import io.longreel.model.checkpoint.VilaCheckpoint;
import io.longreel.ops.device.Devices;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankThreads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Adapters as PEFT has them, against the model into which they were merged. */
class AdapterExportTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden/gqa-even/checkpoint");
    private static final String PREFIX = "base_model.model.";
    private static final String LLM = "llm/model.safetensors:";

    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({"1,OPTIMIZER,FP32", "1,PARAMETERS,FP32", "2,GRADIENTS,FP32", "2,PARAMETERS,FP32", "2,PARAMETERS,BF16"})
    void shouldGiveTheMergedWeightsWhenAppliedToThoseThatTheStageBeganWith(int ranks, State state, Weights weights)
            throws IOException {
        Path model = trained(GoldenSteps.ADAPTERS, new Mesh(1, ranks, 1), ShardedStateTest.options(state, weights));
        Map<String, float[]> adapter = tensors(model.resolve("adapter/adapter_model.safetensors"));
        Map<String, float[]> start = GoldenSteps.weights(GOLDEN);
        Map<String, float[]> merged = GoldenSteps.weights(model);
        assertTrue(adapter.keySet().stream().allMatch(name -> name.startsWith(PREFIX)), adapter.keySet()::toString);
        StageSettings.Lora lora = GoldenSteps.ADAPTERS.lora().orElseThrow();
        double tolerance = weights == Weights.BF16 ? 1e-2 : 1e-5;
        int adapted = 0;
        for (Map.Entry<String, float[]> parameter : start.entrySet()) {
            if (!parameter.getKey().startsWith(LLM)) {
                continue;
            }
            String name = parameter.getKey().substring(LLM.length());
            float[] values = parameter.getValue().clone();
            String layer = PREFIX + name.replaceFirst("\\.weight$", "");
            float[] a = adapter.get(layer + ".lora_A.weight");
            float[] saved = adapter.get(PREFIX + name);
            if (a != null) {
                add(values, a, Objects.requireNonNull(adapter.get(layer + ".lora_B.weight")), lora);
                adapted++;
            } else if (saved != null) {
                values = saved;
            }
            assertArrayEquals(values, Objects.requireNonNull(merged.get(LLM + name)), (float) tolerance, name);
        }
        assertEquals(4 * VilaCheckpoint.readConfig(GOLDEN).llm().layers(), adapted);
        assertFalse(Arrays.equals(
                start.get(LLM + "model.layers.0.self_attn.q_proj.weight"),
                merged.get(LLM + "model.layers.0.self_attn.q_proj.weight")));
    }

    @Test
    void shouldDescribeTheAdaptersAsPeftDoes() throws IOException {
        Path model = trained(GoldenSteps.ADAPTERS, Mesh.single(), SessionOptions.DEFAULTS);
        JsonNode json = new ObjectMapper()
                .readTree(model.resolve("adapter/adapter_config.json").toFile());
        assertEquals("LORA", json.path("peft_type").asText());
        assertEquals("CAUSAL_LM", json.path("task_type").asText());
        assertEquals("/base/llm", json.path("base_model_name_or_path").asText());
        assertEquals(4, json.path("r").asInt());
        assertTrue(json.path("lora_alpha").isIntegralNumber());
        assertEquals(8, json.path("lora_alpha").asInt());
        assertEquals("none", json.path("bias").asText());
        assertTrue(json.path("inference_mode").asBoolean());
        assertEquals(List.of("k_proj", "o_proj", "q_proj", "v_proj"), texts(json.path("target_modules")));
        assertEquals(
                List.of("embed_tokens", "input_layernorm", "norm", "post_attention_layernorm"),
                texts(json.path("modules_to_save")));
        assertTrue(new TreeSet<>(tensors(model.resolve("adapter/adapter_model.safetensors"))
                        .keySet())
                .contains("base_model.model.model.norm.weight"));
    }

    @Test
    void shouldWriteNothingWhenTheStageHasNoAdapters() throws IOException {
        Path model = trained(GoldenSteps.FULL, new Mesh(1, 2, 1), SessionOptions.DEFAULTS);
        assertFalse(Files.exists(model.resolve("adapter")));
    }

    /** A recovery goes through the end of a stage again: both are replaced, and both stay whole. */
    @Test
    void shouldReplaceWhatAnEarlierAttemptLeft() throws IOException {
        Path model = trained(GoldenSteps.ADAPTERS, Mesh.single(), SessionOptions.DEFAULTS);
        byte[] before = Files.readAllBytes(model.resolve("adapter/adapter_model.safetensors"));
        trained(GoldenSteps.ADAPTERS, Mesh.single(), SessionOptions.DEFAULTS);
        assertArrayEquals(before, Files.readAllBytes(model.resolve("adapter/adapter_model.safetensors")));
        VilaCheckpoint.open(model).close();
        try (var files = Files.list(directory)) {
            assertEquals(List.of(model), files.toList());
        }
    }

    private Path trained(StageSettings stage, Mesh mesh, SessionOptions options) {
        Path model = directory.resolve("stage");
        int[] ids = IntStream.range(3, 40).toArray();
        ModelConfig config = VilaCheckpoint.readConfig(GOLDEN);
        PackedBatch text = PackedBatch.single(ids, ids.clone(), config.imageToken(), FrameSource.NONE);
        try (InProcessTransport transport = InProcessTransport.open(Placement.inProcess(mesh))) {
            RankThreads.run(transport.endpoints(), endpoint -> {
                try (MmspSession session = MmspSession.open(config, Devices.cpu(), mesh, options, endpoint)) {
                    session.load(GOLDEN);
                    session.beginStage(stage);
                    for (int step = 0; step < 3; step++) {
                        session.step(List.of(text), 1e-2);
                    }
                    session.exportAdapter(model.resolve("adapter"), "/base/llm");
                    session.endStage();
                    session.exportModel(model);
                }
                return true;
            });
        }
        return model;
    }

    /** {@code W += alpha / r B A}, as PEFT merges. */
    private static void add(float[] weights, float[] a, float[] b, StageSettings.Lora lora) {
        int rank = lora.rank();
        int in = a.length / rank;
        for (int row = 0; row < b.length / rank; row++) {
            for (int column = 0; column < in; column++) {
                double sum = 0;
                for (int k = 0; k < rank; k++) {
                    sum += (double) b[row * rank + k] * a[k * in + column];
                }
                weights[row * in + column] += (float) (lora.alpha() / rank * sum);
            }
        }
    }

    private static Map<String, float[]> tensors(Path file) {
        Map<String, float[]> tensors = new TreeMap<>();
        try (SafetensorsFile open = SafetensorsFile.open(file)) {
            open.entries().keySet().forEach(name -> tensors.put(name, open.floats(name)));
        }
        return tensors;
    }

    private static List<String> texts(JsonNode list) {
        return list.valueStream().map(JsonNode::asText).toList();
    }
}
