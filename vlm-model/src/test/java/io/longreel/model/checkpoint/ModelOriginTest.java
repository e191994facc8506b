package io.longreel.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.ModelSettings;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.ShardingSettings;
import io.longreel.config.ShardingSettings.State;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.model.MmspSession;
import io.longreel.model.ModelConfig;
import io.longreel.model.SessionOptions;
import io.longreel.model.state.Initializer;
import io.longreel.model.state.ParameterSpec;
import io.longreel.ops.device.Devices;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankThreads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Models made of parts that belong to no checkpoint yet, and embeddings that grow with the tokenizer. */
class ModelOriginTest {
    private static final long SEED = 11;
    private static final String EMBEDDING = ParameterSpec.LLM + "model.embed_tokens.weight";
    private static final String HEAD = ParameterSpec.LLM + "lm_head.weight";

    @TempDir
    Path directory;

    /** A plain Qwen2 and a plain SigLIP in one folder. */
    private Path plain(String golden) throws IOException {
        Path folder = GoldenFiles.copy(GoldenFiles.checkpoint(golden), directory.resolve("plain-" + golden));
        DurableFile.deleteTree(folder.resolve("mm_projector"));
        Files.delete(folder.resolve("config.json"));
        Files.writeString(folder.resolve("llm/tokenizer.json"), "{}");
        return folder;
    }

    @ParameterizedTest
    @ValueSource(strings = {GoldenFiles.GQA_EVEN, GoldenFiles.MHA_ODD_GRID})
    void shouldInitialiseTheProjectorFromTheSeedWhenThereIsNone(String golden) throws IOException {
        ModelOrigin origin = ModelOrigin.of(plain(golden));
        ModelConfig stored = VilaCheckpoint.readConfig(GoldenFiles.checkpoint(golden));
        ModelConfig config = origin.readConfig();
        assertEquals(stored.llm(), config.llm());
        assertEquals(-2, config.vision().selectLayer());
        for (Mesh mesh : new Mesh[] {Mesh.single(), new Mesh(1, 3, 1)}) {
            for (State state : new State[] {State.OPTIMIZER, State.PARAMETERS}) {
                Path export = exported(origin, config, mesh, state);
                assertSameValues(GoldenFiles.checkpoint(golden), export, ParameterSpec.LLM, 0);
                assertSameValues(GoldenFiles.checkpoint(golden), export, ParameterSpec.VISION, 0);
                Initializer initializer = new Initializer(config, SEED);
                try (VilaCheckpoint files = VilaCheckpoint.open(export)) {
                    for (ParameterSpec spec : ParameterSpec.of(config)) {
                        if (spec.name().startsWith(ParameterSpec.PROJECTOR)) {
                            float[] expected = filled(spec, target -> initializer.fill(spec, 0, target));
                            assertArrayEquals(expected, values(files, spec), spec.name());
                        }
                    }
                    assertEquals(config, files.config());
                }
                assertTrue(Files.isRegularFile(export.resolve("llm/tokenizer.json")));
            }
        }
    }

    @Test
    void shouldAssembleAModelFromFoldersAnywhere() throws IOException {
        Path vila = GoldenFiles.checkpoint(GoldenFiles.GQA_EVEN);
        ModelSettings.Parts parts = new ModelSettings.Parts(
                vila.resolve("llm"), vila.resolve("vision_tower"), Optional.of(vila.resolve("mm_projector")));
        ModelOrigin origin = ModelOrigin.of(new ModelSettings(Optional.empty(), Optional.of(parts), Optional.empty()))
                .orElseThrow();
        Path export = exported(origin, origin.readConfig(), Mesh.single(), State.OPTIMIZER);
        assertSameValues(vila, export, "", 0);
    }

    /** What transformers saves of a whole SigLIP: the vision tower's numbers inside, another tower beside it. */
    @Test
    void shouldTakeTheVisionTowerOutOfAWholeSiglip() throws IOException {
        Path folder = plain(GoldenFiles.GQA_EVEN);
        Path tower = folder.resolve("vision_tower");
        ObjectNode whole = JsonFile.newObject();
        whole.put("model_type", "siglip");
        whole.set("vision_config", JsonFile.read(tower.resolve("config.json")));
        Files.write(tower.resolve("config.json"), JsonFile.prettyBytes(whole));
        try (TensorArena arena = TensorArena.open("test", 1 << 10);
                WeightFiles weights = WeightFiles.open(tower)) {
            List<SafetensorsWriter.Item> items = new ArrayList<>();
            weights.tensors().forEach((name, file) -> {
                String old = name.startsWith("vision_model.") ? name : "vision_model." + name;
                items.add(SafetensorsWriter.Item.of(old, file.tensor(name)));
            });
            for (String name : List.of("text_model.final_layer_norm.weight", "logit_scale", "logit_bias")) {
                items.add(SafetensorsWriter.Item.of(name, arena.allocate(1)));
            }
            WeightFiles.write(tower, items, Long.MAX_VALUE);
        }
        ModelOrigin origin = ModelOrigin.of(folder);
        Path export = exported(origin, origin.readConfig(), Mesh.single(), State.OPTIMIZER);
        assertSameValues(GoldenFiles.checkpoint(GoldenFiles.GQA_EVEN), export, ParameterSpec.VISION, 0);
    }

    @Test
    void shouldRefuseACheckpointThatHasLostItsProjector() throws IOException {
        Path folder = GoldenFiles.copy(GoldenFiles.checkpoint(GoldenFiles.GQA_EVEN), directory.resolve("lost"));
        DurableFile.deleteTree(folder.resolve("mm_projector"));
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> VilaCheckpoint.open(folder));
        assertTrue(Objects.requireNonNull(failure.getMessage()).contains("missing=mm_projector/config.json"));
    }

    /** Rows of tokens that the tokenizer has and the table has not: the mean of the others, wherever they are kept. */
    @ParameterizedTest
    @ValueSource(strings = {GoldenFiles.GQA_EVEN, GoldenFiles.MHA_ODD_GRID})
    void shouldAddMeanRowsWhenTheVocabularyIsLarger(String golden) {
        Path checkpoint = GoldenFiles.checkpoint(golden);
        ModelConfig stored = VilaCheckpoint.readConfig(checkpoint);
        int rows = stored.llm().vocabularySize();
        assertEquals(stored, ModelOrigin.of(checkpoint).withVocabulary(rows - 1).readConfig());
        ModelOrigin origin = ModelOrigin.of(checkpoint).withVocabulary(rows + 7);
        ModelConfig config = origin.readConfig();
        assertEquals(rows + 7, config.llm().vocabularySize());
        assertEquals(stored.imageToken(), config.imageToken());
        for (Mesh mesh : new Mesh[] {Mesh.single(), new Mesh(1, 3, 1)}) {
            for (State state : new State[] {State.OPTIMIZER, State.PARAMETERS}) {
                Path export = exported(origin, config, mesh, state);
                assertSameValues(checkpoint, export, "", 7);
                assertEquals(config, VilaCheckpoint.readConfig(export));
                assertEquals(
                        rows + 7,
                        JsonFile.read(export.resolve("llm/config.json"))
                                .path("vocab_size")
                                .asInt());
            }
        }
    }

    private Path exported(ModelOrigin origin, ModelConfig config, Mesh mesh, State state) {
        SessionOptions options = SessionOptions.DEFAULTS.withSharding(
                new ShardingSettings(ShardingSettings.Layout.ZIGZAG, ShardingSettings.Stages.TWO, state));
        Path target = directory.resolve("export-%s-%s".formatted(mesh, state));
        try (InProcessTransport transport = InProcessTransport.open(Placement.inProcess(mesh))) {
            RankThreads.run(transport.endpoints(), endpoint -> {
                try (MmspSession session = MmspSession.open(config, Devices.cpu(), mesh, options, endpoint)) {
                    session.initialize(SEED);
                    session.load(origin);
                    session.exportModel(target);
                }
                return true;
            });
        }
        return target;
    }

    /** Same bits of all parameters with a prefix; tables have {@code more} rows in the second, each their mean. */
    private static void assertSameValues(Path first, Path second, String prefix, int more) {
        try (VilaCheckpoint expected = VilaCheckpoint.open(first);
                VilaCheckpoint actual = VilaCheckpoint.open(second)) {
            for (ParameterSpec spec : ParameterSpec.of(expected.config())) {
                if (!spec.name().startsWith(prefix)) {
                    continue;
                }
                float[] values = values(expected, spec);
                boolean isTable = spec.name().equals(EMBEDDING) || spec.name().equals(HEAD);
                if (isTable) {
                    values = withMeans(values, spec.shape()[1], more);
                }
                ParameterSpec longer = isTable
                        ? new ParameterSpec(spec.name(), new int[] {spec.shape()[0] + more, spec.shape()[1]})
                        : spec;
                assertArrayEquals(values, values(actual, longer), spec.name());
            }
        }
    }

    private static float[] withMeans(float[] table, int width, int more) {
        int rows = table.length / width;
        float[] longer = Arrays.copyOf(table, table.length + more * width);
        for (int column = 0; column < width; column++) {
            double sum = 0;
            for (int i = column; i < table.length; i += width) {
                sum += table[i];
            }
            for (int row = 0; row < more; row++) {
                longer[table.length + row * width + column] = (float) (sum / rows);
            }
        }
        return longer;
    }

    private static float[] values(VilaCheckpoint files, ParameterSpec spec) {
        return filled(spec, target -> files.load(spec.name(), target));
    }

    private interface Fill {
        void into(Tensor target);
    }

    private static float[] filled(ParameterSpec spec, Fill fill) {
        int elements = Math.toIntExact(spec.elements());
        try (TensorArena arena = TensorArena.open("test", TensorArena.sizeBytes(DType.F32, elements))) {
            Tensor target = arena.allocate(elements);
            fill.into(target);
            return target.toFloats();
        }
    }
}
