package io.longreel.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.plan.PlanDescription;
import io.longreel.config.topology.Mesh;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Questions to the planner: files, options, and what is wrong with them. */
class PlanReaderTest {
    private final Path folder;

    PlanReaderTest(@TempDir Path folder) {
        this.folder = folder;
    }

    private static PlanDescription options(String... keysAndValues) {
        Map<String, String> options = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            options.put(keysAndValues[i], keysAndValues[i + 1]);
        }
        return PlanReader.read(Optional.empty(), options);
    }

    private static String fault(String... keysAndValues) {
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> options(keysAndValues));
        assertEquals(RuntimeFailure.Category.CONFIG, failure.category());
        assertEquals(1, failure.getMessage().lines().count(), failure::getMessage);
        return failure.getMessage();
    }

    private Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    @Test
    void shouldTellAQuestionFromARun() throws IOException {
        assertTrue(PlanReader.isDescription(file("question.conf", "plan { length = 64K }")));
        assertFalse(PlanReader.isDescription(file("run.conf", "longreel { name = mine }")));
        assertFalse(PlanReader.isDescription(folder.resolve("demo")));
    }

    @Test
    void shouldTakeOptionsBeforeTheFileAndTheFileBeforeDefaults() throws IOException {
        Path file = file("question.conf", """
                plan {
                  model = qwen2-7b, length = 64K
                  cluster { gpus = 64, gpus-per-node = 4, between.bandwidth = 25e9 }
                  mesh { ring = 16, ulysses = 4 }
                }
                """);
        PlanDescription asked = PlanReader.read(Optional.of(file), Map.of("length", "2M", "stage", "5-long-sft"));
        assertEquals("qwen2-7b", asked.model().name());
        assertEquals(2L << 20, asked.work().tokens());
        assertEquals(((2L << 20) - 111) / 197, asked.work().frames(), "as many frames as have room");
        assertEquals(16, asked.cluster().nodes());
        assertEquals(25e9, asked.cluster().between().bytesPerSecond());
        assertEquals(450e9, asked.cluster().inside().bytesPerSecond(), "the preset's");
        assertEquals(Optional.of(new Mesh(1, 16, 4)), asked.mesh());
    }

    @Test
    void shouldCountTheTokensOfFramesAndTheGpusOfNodes() {
        PlanDescription asked = options("frames", "512", "stage", "5-long-sft", "cluster.nodes", "3");
        assertEquals(512 * 197 + 111, asked.work().tokens(), "the paper's Table 10: 100,975");
        assertEquals(24, asked.cluster().gpus());
    }

    @Test
    void shouldReadACheckpointInVilasLayout() throws IOException {
        Files.createDirectories(folder.resolve("mine/llm"));
        file("mine/llm/config.json", """
                {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
                 "intermediate_size": 128, "vocab_size": 100, "torch_dtype": "bfloat16"}
                """);
        PlanDescription asked = options("model", folder.resolve("mine").toString(), "length", "1K");
        assertEquals(16, asked.model().headDim());
        assertEquals(Optional.empty(), asked.model().vision());
        file("mine/llm/config.json", "{\"hidden_size\": 64, \"num_attention_heads\": 4}");
        String line = fault("model", folder.resolve("mine").toString(), "length", "1K");
        assertTrue(line.endsWith("num_hidden_layers is missing; a model's configuration must have it"), line);
    }

    @Test
    void shouldSayInOneLineWhatIsWrong() throws IOException {
        assertTrue(fault("length", "99999999999999999999").contains("within 64 bits"));
        assertTrue(fault("length", "9007199254740993M").contains("within 64 bits"));
        assertTrue(fault("length", "-1").contains("plan.length must be tokens"));
        assertTrue(fault().contains("plan.length or frames must be given"));
        assertTrue(fault("length", "1K", "cluster.gpus", "12")
                .contains("plan.cluster.gpus must fill nodes: gpus=12 gpus-per-node=8"));
        assertTrue(fault("length", "1K", "cluster.gpus", "32", "cluster.nodes", "3")
                .contains("so nodes=4"));
        assertTrue(fault("length", "1K", "cluster.gpus", "0").contains("plan.cluster.gpus must be a whole number"));
        assertTrue(fault("length", "1K", "mesh", "ring=3,ulysses=3").contains("as many ranks as there are GPUs"));
        assertTrue(fault("length", "1K", "mesh", "ring=2,ulises=4").contains("ulises"));
        assertTrue(fault("length", "1K", "mesh", "ring").contains("plan.mesh must be auto, or degrees"));
        assertTrue(fault("length", "1K", "model", "lama3-8b").contains("did you mean llama3-8b?"));
        assertTrue(fault("length", "1K", "cluster.gpu", "h100").contains("gpu must be one of a100-80, b200, h100-80"));
        assertTrue(fault("length", "1K", "stage", "long-sft").contains("5-long-sft"));
        assertTrue(fault("length", "1K", "frames", "512").contains("plan.length must have room for the frames"));
        assertTrue(fault("length", "1K", "zero", "4").contains("plan.zero must be a whole number from 1 to 3"));
        assertTrue(fault("length", "1K", "cluster.memory", "1 GiB").contains("must be less than memory"));
    }

    @Test
    void shouldNameTheKeysThatAModelLacks() throws IOException {
        Path file = file("question.conf", """
                plan {
                  length = 1K
                  model { hidden = 64, layers = 2, heads = 4, kv-heads = 2, intermediate = 128, vocabulary = 100, tied = false, vision = null }
                }
                """);
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> PlanReader.read(Optional.of(file), Map.of()));
        assertTrue(
                failure.getMessage().endsWith("plan.model.head-dim is missing and has no default; give it a value"),
                failure::getMessage);
        assertEquals(1, failure.getMessage().lines().count());
    }
}
