package io.longreel.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code plan}: a table or JSON of a run that is never started. */
class PlanCommandTest {
    private static final List<String> PARTS = List.of(
            "weightsBytes",
            "windowsBytes",
            "gradientsBytes",
            "optimizerBytes",
            "snapshotBytes",
            "activationBytes",
            "scratchBytes",
            "cacheBytes");

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final Path run;

    PlanCommandTest(@TempDir Path directory) {
        this.run = directory.resolve("run");
    }

    private int command(String... args) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return Main.run(new PrintWriter(out), new PrintWriter(err, true), args);
    }

    private JsonNode json(String... args) throws IOException {
        assertEquals(Main.OK, command(args), err::toString);
        return new ObjectMapper().readTree(out.toString());
    }

    @Test
    void shouldPrintALinePerPhaseAndTheLargestAndTouchNothing() throws IOException {
        Path conf = run.resolveSibling("mine.conf");
        Files.writeString(conf, """
                include required(classpath("conf/demo.conf"))
                longreel { out = %s, data.footage = [footage that is not there yet.mp4] }
                """.formatted(run));
        assertEquals(Main.OK, command("plan", conf.toString()), err::toString);
        List<String> lines = out.toString().lines().toList();
        assertTrue(lines.getFirst()
                .matches("memory of rank \\d of 4, which needs most \\(data=1,ring=2,ulysses=2\\), in MiB"));
        assertTrue(lines.get(2).matches("stage +phase +frames +tokens +weights .* total"), lines.get(2));
        assertTrue(lines.get(3).matches("1-align +phase-1 +8 +152( +\\d+\\.\\d\\d){9}"), lines.get(3));
        assertTrue(out.toString().contains("\n5-long-sft   test needle-final    6000 "), out::toString);
        assertTrue(out.toString().contains("\nlargest: "), out::toString);
        assertTrue(out.toString().contains("\nseconds of a step "), out::toString);
        assertEquals("", err.toString());
        assertFalse(Files.exists(run));
    }

    @Test
    void shouldAddUpAndBeLargestForTheRankThatIsChosenWhenNoneIsNamed() throws IOException {
        JsonNode chosen = json("plan", "tiny", "--json");
        assertEquals(4, chosen.path("world").asInt());
        long most = 0;
        for (int rank = 0; rank < 4; rank++) {
            JsonNode plan = json("plan", "tiny", "--json", "--rank", Integer.toString(rank));
            assertEquals(rank, plan.path("rank").asInt());
            most = Math.max(most, plan.path("peakBytes").asLong());
        }
        assertEquals(most, chosen.path("peakBytes").asLong());
        JsonNode stage = chosen.path("stages").path(0);
        assertEquals("1-short-sft", stage.path("stage").asText());
        assertTrue(stage.path("estimatedSeconds").asDouble() > 0);
        assertEquals("phase-1", stage.path("phase").asText());
        assertEquals(12, stage.path("frames").asInt(), "eight and four: the seed draws no two of eight");
        assertEquals(
                stage.path("totalBytes").asLong(),
                PARTS.stream().mapToLong(part -> stage.path(part).asLong()).sum());
        for (String part : PARTS) {
            boolean isNone = part.equals("windowsBytes");
            assertEquals(isNone, stage.path(part).asLong() == 0, part);
        }
    }

    @Test
    void shouldTakeLessWhereStateIsCutFurther() throws IOException {
        String[] line = {"plan", "tiny", "--json", "--rank", "0", "--set", "sharding.state=parameters"};
        JsonNode whole =
                json("plan", "tiny", "--json", "--rank", "0").path("stages").path(0);
        JsonNode cut = json(line).path("stages").path(0);
        for (String part : List.of("weightsBytes", "gradientsBytes")) {
            assertTrue(3 * cut.path(part).asLong() < whole.path(part).asLong(), part);
        }
        assertTrue(cut.path("windowsBytes").asLong() > 0);
    }

    @Test
    void shouldPlanRankZeroWhereThereAreManyAndSayHowToNameAnother() {
        String[] many = {"plan", "tiny", "--set", "mesh.ring=16", "--set", "cluster.nodes=16"};
        assertEquals(Main.OK, command(many), err::toString);
        assertTrue(out.toString().startsWith("memory of rank 0 of 32 (name another with --rank) ("), out::toString);
    }

    @Test
    void shouldEndWithTwoAndALineWhenAskedForWhatIsNotThere() {
        for (String rank : List.of("4", "-1")) {
            assertEquals(Main.MISUSED, command("plan", "tiny", "--rank", rank));
            assertEquals(
                    "longreel: --rank must lie in the mesh: rank=%s worldSize=4 (data=1,ring=2,ulysses=2)\n"
                            .formatted(rank),
                    err.toString());
        }
        assertEquals(Main.MISUSED, command("plan", "tiny", "--set", "model.checkpoint=" + run));
        assertEquals(1, err.toString().lines().count(), err::toString);
        assertEquals(Main.MISUSED, command("plan", "tiny", "--set", "mesh.rng=2"));
        assertEquals(1, err.toString().lines().count(), err::toString);
        assertEquals("", out.toString());
    }
}
