package io.longreel.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Mesh;
import io.longreel.model.TrainSession.SliceFile;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointContentsTest {

    private static void write(Path directory) {
        try (TensorArena arena = TensorArena.open("test", 1024)) {
            Tensor part = arena.allocate(3);
            int[] shape = {2, 3};
            Map<String, Long> counters = Map.of("optimizer.steps", 9L);
            List<SliceFile> slices = List.of(
                    SliceWriter.write(
                            directory, 0, counters, List.of(new SlicePiece(StateKind.WEIGHT, "w", shape, 0, part))),
                    SliceWriter.write(
                            directory,
                            1,
                            counters,
                            List.of(
                                    new SlicePiece(StateKind.WEIGHT, "w", shape, 3, part),
                                    new SlicePiece(StateKind.M, "b", new int[] {3}, 0, part))));
            SampleLedger ledger = SampleLedger.EMPTY.consume("a", 40).skip("b", 1, "not finite");
            Provenance provenance = new Provenance(1, 6, "1.0", ledger, Map.of("data", "ab"));
            new CheckpointManifest("run", 3, "sft", 9, 19, new Mesh(1, 2, 1), 1e6, 4, slices, Optional.of(provenance))
                    .write(directory);
        }
    }

    @Test
    void shouldListKindsShapesBoxesBytesAndCountersWithoutTheValues(@TempDir Path directory) throws IOException {
        write(directory);
        CheckpointContents contents = CheckpointContents.read(directory);
        assertEquals(Map.of("optimizer.steps", 9L), contents.counters());
        assertEquals(
                List.of(
                        new CheckpointContents.Vector(
                                "weight",
                                "w",
                                List.of(2, 3),
                                6,
                                24,
                                List.of(
                                        new CheckpointContents.Box("rank-00000.slice", 0, 3, 1),
                                        new CheckpointContents.Box("rank-00001.slice", 3, 6, 1))),
                        new CheckpointContents.Vector(
                                "m",
                                "b",
                                List.of(3),
                                3,
                                12,
                                List.of(new CheckpointContents.Box("rank-00001.slice", 0, 3, 1)))),
                contents.tensors());
        assertEquals(24, contents.bytesOf("weight"));
        JsonNode json = new ObjectMapper().readTree(contents.toJson());
        assertEquals(6, json.path("provenance").path("generation").asInt());
        assertEquals(40, json.path("provenance").path("ledger").path("samples").asInt());
        assertEquals(
                3, json.path("tensors").get(0).path("boxes").get(1).path("from").asInt());
        assertTrue(json.path("randomState").asText().contains("seed"));
    }

    @Test
    void shouldReadNoValueAndPointToTheOtherCommandWhenAHeaderIsDamaged(@TempDir Path directory) throws IOException {
        write(directory);
        Path slice = directory.resolve(SliceWriter.fileName(0));
        byte[] bytes = Files.readAllBytes(slice);
        bytes[bytes.length - 1] ^= 1; // a value: not its business
        Files.write(slice, bytes);
        CheckpointContents.read(directory);
        bytes[40] ^= 1;
        Files.write(slice, bytes);
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> CheckpointContents.read(directory));
        assertTrue(failure.getMessage().contains("verify-checkpoint"), failure.getMessage());
    }

    @Test
    void shouldListTheTensorsOfAModel() throws IOException {
        ModelContents contents = ModelContents.read(GoldenFiles.checkpoint(GoldenFiles.GQA_EVEN));
        assertEquals(3, contents.config().llm().layers());
        ModelContents.StoredTensor embedding = contents.tensors().stream()
                .filter(tensor -> tensor.name().equals("llm.model.embed_tokens.weight"))
                .findFirst()
                .orElseThrow();
        assertEquals(List.of(320, 64), embedding.shape());
        assertTrue(embedding.file().startsWith("llm/"), embedding.file());
        JsonNode json = new ObjectMapper().readTree(contents.toJson());
        assertEquals(64, json.path("config").path("llm").path("hiddenSize").asInt());
    }
}
