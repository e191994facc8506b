package io.longreel.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.longreel.config.topology.Mesh;
import io.longreel.model.TrainSession.SliceFile;
import io.longreel.model.checkpoint.CheckpointManifest;
import io.longreel.model.checkpoint.CheckpointStore;
import io.longreel.model.checkpoint.Provenance;
import io.longreel.model.checkpoint.SampleLedger;
import io.longreel.model.checkpoint.SlicePiece;
import io.longreel.model.checkpoint.SliceWriter;
import io.longreel.model.checkpoint.StateKind;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code inspect} and {@code verify-checkpoint} on a run with two checkpoints and an attempt at a third. */
class CheckpointCommandsTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final Path run;
    private final CheckpointStore store;

    CheckpointCommandsTest(@TempDir Path run) throws IOException {
        this.run = run;
        this.store = CheckpointStore.of(run);
        Files.writeString(run.resolve("run.conf"), "");
        save(10);
        save(20);
        store.prepare(30);
    }

    private void save(long step) {
        Path directory = store.prepare(step);
        try (TensorArena arena = TensorArena.open("test", 1024)) {
            Tensor values = arena.allocate(2, 5);
            SlicePiece weight = new SlicePiece(StateKind.WEIGHT, "llm.norm", new int[] {2, 5}, 0, values);
            SliceFile slice = SliceWriter.write(directory, 0, Map.of("optimizer.steps", step), List.of(weight));
            SampleLedger ledger = SampleLedger.EMPTY.consume("a", 1200).skip("b", 7, "not finite");
            Provenance provenance = new Provenance(0, 4, "1.0", ledger, Map.of());
            store.seal(new CheckpointManifest(
                    "mine", 3, "sft", 10, step, Mesh.single(), 1e6, 1, List.of(slice), Optional.of(provenance)));
        }
    }

    private int command(String... args) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return Main.run(new PrintWriter(out), new PrintWriter(err, true), args);
    }

    private void damage(long step) throws IOException {
        Path slice = store.directory(step).resolve(SliceWriter.fileName(0));
        byte[] bytes = Files.readAllBytes(slice);
        bytes[bytes.length - 2] ^= 4;
        Files.write(slice, bytes);
    }

    @Test
    void shouldShowAllCheckpointsOfARunAndTheNewestInFull() throws IOException {
        assertEquals(Main.OK, command("inspect", run.toString(), "--boxes"), err::toString);
        List<String> lines = out.toString().lines().toList();
        assertEquals("step-00000030            incomplete: it has no manifest", lines.get(0));
        assertEquals("step-00000020            stage sft, step 10; step 20 of the run; 1 slices", lines.get(1));
        assertEquals("step-00000010            stage sft, step 10; step 10 of the run; 1 slices", lines.get(2));
        String text = out.toString();
        for (String expected : List.of(
                "run          mine, seed 3",
                "written by   build 1.0, generation 4",
                "samples      1,200 consumed, 1 steps left out",
                "left out     step 7 of the run: not finite",
                "counter      optimizer.steps = 20",
                "weight llm.norm [2, 5]                           40  1",
                "elements [0, 10) in rank-00000.slice, 1 blocks")) {
            assertTrue(text.contains(expected), expected + " in\n" + text);
        }
        assertEquals(Main.OK, command("inspect", store.directory(10).toString(), "--json"));
        assertEquals(
                10,
                new ObjectMapper().readTree(out.toString()).path("globalStep").asInt());
    }

    @Test
    void shouldEndWithOneAndNameFileTensorAndBlockWhenSomethingIsDamaged() throws IOException {
        assertEquals(Main.OK, command("verify-checkpoint", run.toString()), err::toString);
        assertTrue(out.toString().startsWith("sound     " + store.directory(20) + ": 1 slices, "), out::toString);
        damage(10);
        assertEquals(Main.OK, command("verify-checkpoint", run.toString()), "the newest is sound");
        assertEquals(Main.FAILED, command("verify-checkpoint", run.toString(), "--all"));
        assertTrue(out.toString().startsWith("left out  " + store.directory(30)), out::toString);
        assertTrue(out.toString().contains("\nsound     " + store.directory(20)), out::toString);
        assertTrue(out.toString().contains("\ndamaged   " + store.directory(10)), out::toString);
        assertTrue(out.toString().contains("kind=weight tensor=llm.norm block=0"), out::toString);
        assertTrue(out.toString().contains("file=" + store.directory(10).resolve("rank-00000.slice")), out::toString);
        assertEquals("", err.toString());
        Files.delete(store.directory(20).resolve(CheckpointManifest.FILE));
        assertEquals(
                Main.FAILED, command("verify-checkpoint", store.directory(20).toString()));
        assertTrue(out.toString().contains("incomplete"), out::toString);
    }

    @Test
    void shouldEndWithTwoAndALineWhenThereIsNothingOfTheKind(@TempDir Path other) throws IOException {
        for (String name : List.of("inspect", "verify-checkpoint")) {
            assertEquals(Main.MISUSED, command(name, other.toString()));
            assertEquals(1, err.toString().lines().count(), err::toString);
            assertEquals(Main.MISUSED, command(name, other.resolve("missing").toString()));
            Files.writeString(other.resolve("run.conf"), "");
            assertEquals(Main.MISUSED, command(name, other.toString()));
            assertTrue(err.toString().contains("has no checkpoint"), err::toString);
            Files.delete(other.resolve("run.conf"));
        }
        Files.writeString(other.resolve("config.json"), "{}");
        assertEquals(Main.MISUSED, command("verify-checkpoint", other.toString()));
        assertEquals(Main.MISUSED, command("inspect", other.toString()));
        assertEquals("", out.toString());
    }
}
