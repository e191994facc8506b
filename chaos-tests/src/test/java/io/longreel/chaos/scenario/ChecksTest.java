package io.longreel.chaos.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.chaos.process.ChildJvm;
import io.longreel.chaos.process.ObservedRun;
import io.longreel.chaos.scenario.Scenario.Check;
import io.longreel.config.RunConfigLoader;
import io.longreel.curriculum.eval.StepMetrics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The checks must complain about each thing that they are for: a judge that finds nothing would pass every run. */
final class ChecksTest {
    @TempDir
    Path folder;

    private Path reference = Path.of("");
    private Path run = Path.of("");

    @BeforeEach
    void writeTwoEqualRuns() throws IOException {
        reference = made("reference");
        run = made("run");
    }

    @Test
    void shouldBeContentWithEqualRuns() throws IOException {
        write(run, "faults.jsonl", strike(0));
        for (Check check : Checks.unharmed()) {
            assertEquals(List.of(), check.complaints(evidence(0)));
        }
    }

    @Test
    void shouldComplainWhenAFaultNeverStruck() {
        complains(Checks.struck(), "fault 0 of the plan never struck");
    }

    @Test
    void shouldComplainWhenTheRunFails() {
        assertTrue(Checks.ended(0).complaints(evidence(1)).getFirst().contains("exit code 1 instead of 0: it broke"));
    }

    @Test
    void shouldComplainWhenOneBitOfALossDiffers() throws IOException {
        List<StepMetrics> steps = steps();
        steps.set(2, step(2, Math.nextUp(1.5)));
        metrics(run, steps);
        complains(Checks.sameSteps(), "step 2 is not that of the undisturbed run");
        assertEquals(List.of(), Checks.closeSteps(1e-9).complaints(evidence(0)));
        assertEquals(List.of(), Checks.sameStepsBefore(2).complaints(evidence(0)));
        complains(Checks.sameStepsBefore(3), "step 2 is not");
    }

    @Test
    void shouldComplainWhenAStepIsLostOrDoubled() throws IOException {
        metrics(run, steps().subList(0, 2));
        complains(Checks.sameSteps(), "2 lines instead of 3");
        List<StepMetrics> doubled = steps();
        doubled.add(step(2, 1.5));
        metrics(run, doubled);
        complains(Checks.sameSteps(), "4 lines instead of 3");
        metrics(run, List.of(step(0, 1.5), step(2, 1.5), step(1, 1.5)));
        assertEquals(List.of(), Checks.sameSteps().complaints(evidence(0)), "the order of lines is the recorder's");
    }

    @Test
    void shouldComplainWhenAByteOfTheModelDiffersOrAFileIsMissing() throws IOException {
        write(run, "model/llm/model.safetensors", "weightz");
        complains(Checks.sameModel(), "differs");
        Files.delete(run.resolve("model/llm/model.safetensors"));
        complains(Checks.sameModel(), "other files");
    }

    @Test
    void shouldComplainWhenTheModelOfAStageIsMissing() throws IOException {
        write(reference, "models/align/llm/model.safetensors", "weights");
        complains(Checks.sameModel(), "other files");
    }

    @Test
    void shouldComplainWhenNobodySaidIt() throws IOException {
        complains(Checks.says("rank 7 is slow"), "nobody said");
        write(run, "logs/node-1.log", "2026 WARN rank 7 is slow\n");
        assertEquals(List.of(), Checks.says("rank 7 is slow").complaints(evidence(0)));
        complains(Checks.neverSays("rank 7"), "somebody said: 2026 WARN rank 7");
    }

    @Test
    void shouldComplainWhenAWorkerOutlivesItsRun() {
        complains(Checks.noLeftWorkers(), "workers outlived the run: [node-9]", "node-9");
        complains(Checks.workerEnded("node-1", 0), "did not end with exit code 0");
    }

    private void complains(Check check, String about, String... leftWorkers) {
        List<String> complaints = check.complaints(evidence(0, leftWorkers));
        assertTrue(complaints.stream().anyMatch(complaint -> complaint.contains(about)), complaints::toString);
    }

    private Evidence evidence(int exitCode, String... leftWorkers) {
        return new Evidence(
                Catalogue.all().getFirst(),
                new ObservedRun(reference),
                new ObservedRun(run),
                new ChildJvm.Outcome(exitCode, "", "it broke"),
                List.of(),
                Map.of("node-1", 1),
                List.of(leftWorkers));
    }

    private Path made(String name) throws IOException {
        Path root = folder.resolve(name);
        write(
                root,
                "run.conf",
                RunConfigLoader.render(RunConfigLoader.load("tiny", List.of("chaos.faults=[{at={step=1}}]"))));
        write(root, "model/llm/model.safetensors", "weights");
        write(root, "logs/seed.log", "hello\n");
        metrics(root, steps());
        return root;
    }

    private static List<StepMetrics> steps() {
        return new ArrayList<>(List.of(step(0, 1.5), step(1, 1.5), step(2, 1.5)));
    }

    private static StepMetrics step(int step, double loss) {
        return new StepMetrics("s", 0, step, step, loss, 10, 4, 1, 1e-3, 5, 0.1, 0, 1, 2, 3, Instant.EPOCH);
    }

    private static void metrics(Path root, List<StepMetrics> steps) throws IOException {
        StringBuilder text = new StringBuilder();
        steps.forEach(step -> text.append(step.toJsonLine()).append('\n'));
        write(root, "metrics.jsonl", text.toString());
    }

    private static String strike(int fault) {
        return """
                {"fault":%d,"number":1,"action":"KILL","phase":"RING","rank":2,"nodeId":"node-1","processId":"node-1/1","generation":1,"stage":0,"step":7,"atMs":1}
                """.formatted(fault);
    }

    private static void write(Path root, String name, String text) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}
