package io.longreel.chaos.scenario;

import io.longreel.chaos.fault.Strike;
import io.longreel.chaos.process.ObservedRun;
import io.longreel.chaos.scenario.Scenario.Check;
import io.longreel.config.RunConfigLoader;
import io.longreel.curriculum.eval.StepMetrics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The checks of scenarios. Each reads files only, and knows nothing of how the run did what it did. */
public final class Checks {
    /** Names the folder of the decoder that it adapts, which is inside its own run. */
    private static final String ADAPTER_CONFIG = "adapter_config.json";

    private Checks() {}

    /** What must hold after any fault that a run survives on its own mesh: nothing lost, nothing doubled, every bit the same. */
    public static List<Check> unharmed() {
        return List.of(struck(), ended(0), sameSteps(), sameModel(), noLeftWorkers());
    }

    /** Every fault of the plan struck: one that did not would prove nothing. */
    public static Check struck() {
        return evidence -> {
            int planned = RunConfigLoader.load(evidence.run().root().resolve("run.conf"), List.of())
                    .chaos()
                    .faults()
                    .size();
            Set<Integer> struck =
                    evidence.run().strikes().stream().map(Strike::fault).collect(Collectors.toSet());
            return IntStream.range(0, planned)
                    .filter(fault -> !struck.contains(fault))
                    .mapToObj("fault %d of the plan never struck"::formatted)
                    .toList();
        };
    }

    public static Check ended(int exitCode) {
        return evidence -> evidence.end().exitCode() == exitCode
                ? List.of()
                : List.of("the run ended with exit code %d instead of %d: %s"
                        .formatted(
                                evidence.end().exitCode(),
                                exitCode,
                                lastLine(evidence.end().err() + evidence.end().out())));
    }

    /** The committed steps are those of the undisturbed run, each once, with the same samples and every bit of every result. */
    public static Check sameSteps() {
        return evidence -> differences(evidence, (expected, actual) -> isSame(expected, actual));
    }

    /** As {@link #sameSteps}, but losses and norms agree only this far: the mesh was another one for some steps. */
    public static Check closeSteps(double relative) {
        return evidence -> differences(
                evidence,
                (expected, actual) ->
                        isSameWork(expected, actual) && isClose(expected.loss(), actual.loss(), relative));
    }

    /** As {@link #sameSteps}, as far as the step that the fault keeps from counting. */
    public static Check sameStepsBefore(int end) {
        return evidence ->
                differences(evidence, (expected, actual) -> expected.globalStep() >= end || isSame(expected, actual));
    }

    /** The journal has an entry of this type whose text has this in it. */
    public static Check journalHas(String type, String regex) {
        Pattern text = Pattern.compile(regex);
        return evidence -> entries(evidence.run(), type)
                        .anyMatch(entry -> text.matcher(entry).find())
                ? List.of()
                : List.of("no %s of the journal has %s: %s"
                        .formatted(type, regex, entries(evidence.run(), type).toList()));
    }

    /** The last mesh incarnation had these nodes. */
    public static Check lastPlacementHas(String regex) {
        return evidence -> {
            String last = entries(evidence.run(), "Placed")
                    .reduce((earlier, later) -> later)
                    .orElse("");
            return Pattern.compile(regex).matcher(last).find()
                    ? List.of()
                    : List.of("the last placement has not %s: %s".formatted(regex, last));
        };
    }

    /** A worker that was started by hand ended, and so. */
    public static Check workerEnded(String nodeId, int exitCode) {
        return evidence -> Integer.valueOf(exitCode).equals(evidence.exitCodes().get(nodeId))
                ? List.of()
                : List.of("the worker of %s did not end with exit code %d: %s"
                        .formatted(nodeId, exitCode, evidence.exitCodes()));
    }

    /** No mesh incarnation but the first was needed. */
    public static Check neverRecovered() {
        return evidence -> entries(evidence.run(), "Recovering")
                .limit(1)
                .map("nothing was to be recovered from, but the journal has %s"::formatted)
                .toList();
    }

    private static Stream<String> entries(ObservedRun run, String type) {
        return run.journal().stream()
                .map(line -> line.entry())
                .filter(entry -> entry.getClass().getSimpleName().equals(type))
                .map(Object::toString);
    }

    private interface Comparison {
        boolean agree(StepMetrics expected, StepMetrics actual);
    }

    private static List<String> differences(Evidence evidence, Comparison comparison) {
        List<String> expectedSteps = lines(evidence.reference());
        List<String> actualSteps = lines(evidence.run());
        List<String> complaints = new ArrayList<>();
        if (actualSteps.size() != expectedSteps.size()) {
            complaints.add("metrics.jsonl has %d lines instead of %d: a step was lost, or committed twice"
                    .formatted(actualSteps.size(), expectedSteps.size()));
        }
        complaints.addAll(
                differences(evidence.reference().steps(), evidence.run().steps(), comparison));
        return complaints;
    }

    /** The first step whose bits differ, as a sentence; lists of different lengths differ, too. */
    static List<String> differences(List<StepMetrics> expected, List<StepMetrics> actual) {
        List<String> complaints = new ArrayList<>(differences(expected, actual, Checks::isSame));
        if (expected.size() != actual.size()) {
            complaints.add("%d steps instead of %d".formatted(actual.size(), expected.size()));
        }
        return complaints;
    }

    private static List<String> differences(
            List<StepMetrics> expected, List<StepMetrics> actual, Comparison comparison) {
        for (int i = 0; i < Math.min(expected.size(), actual.size()); i++) {
            if (!comparison.agree(expected.get(i), actual.get(i))) {
                return List.of("step %d is not that of the undisturbed run: %s instead of %s"
                        .formatted(i, shown(actual.get(i)), shown(expected.get(i))));
            }
        }
        return List.of();
    }

    private static boolean isSame(StepMetrics a, StepMetrics b) {
        return isSameWork(a, b) && isSameBits(a.loss(), b.loss()) && isSameBits(a.gradientNorm(), b.gradientNorm());
    }

    private static boolean isSameWork(StepMetrics a, StepMetrics b) {
        return a.globalStep() == b.globalStep()
                && a.stageIndex() == b.stageIndex()
                && a.step() == b.step()
                && a.tokens() == b.tokens()
                && a.labelledTokens() == b.labelledTokens()
                && isSameBits(a.learningRate(), b.learningRate());
    }

    private static boolean isSameBits(double a, double b) {
        return Double.doubleToRawLongBits(a) == Double.doubleToRawLongBits(b);
    }

    private static boolean isClose(double expected, double actual, double relative) {
        return Math.abs(actual - expected) <= relative * Math.abs(expected);
    }

    private static String shown(StepMetrics step) {
        return "step=%d tokens=%d loss=%s norm=%s"
                .formatted(step.globalStep(), step.tokens(), step.loss(), step.gradientNorm());
    }

    /** The exported models, of the run and of its stages, have every byte of those of the undisturbed run. */
    public static Check sameModel() {
        return evidence -> Stream.of("model", "models")
                .flatMap(folder -> differences(
                        evidence.reference().root().resolve(folder),
                        evidence.run().root().resolve(folder)))
                .toList();
    }

    private static Stream<String> differences(Path expected, Path actual) {
        Set<Path> names = new TreeSet<>(files(expected));
        if (!names.equals(new TreeSet<>(files(actual)))) {
            return Stream.of("the model has other files: %s instead of %s".formatted(files(actual), names));
        }
        return names.stream()
                .filter(name -> !name.endsWith(ADAPTER_CONFIG))
                .filter(name -> !isSameFile(expected.resolve(name), actual.resolve(name)))
                .map("the model is not that of the undisturbed run: %s differs"::formatted);
    }

    /** No process of the run outlived it. */
    public static Check noLeftWorkers() {
        return evidence -> evidence.leftWorkers().isEmpty()
                ? List.of()
                : List.of("workers outlived the run: " + evidence.leftWorkers());
    }

    /** Some process of the run said so, in its log or to its user. */
    public static Check says(String regex) {
        Pattern line = Pattern.compile(regex);
        return evidence -> evidence.run().logs(line)
                        || line.matcher(evidence.end().out()).find()
                        || line.matcher(evidence.end().err()).find()
                ? List.of()
                : List.of("nobody said: " + regex);
    }

    /** No process of the run said this. */
    public static Check neverSays(String regex) {
        Pattern line = Pattern.compile(regex);
        return evidence -> evidence.run().logLines(line).stream()
                .limit(1)
                .map("somebody said: %s"::formatted)
                .toList();
    }

    private static List<String> lines(ObservedRun run) {
        Path file = run.root().resolve("metrics.jsonl");
        try {
            return Files.exists(file) ? Files.readAllLines(file) : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot be read: " + file, e);
        }
    }

    private static List<Path> files(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile).map(folder::relativize).toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot be listed: " + folder, e);
        }
    }

    private static boolean isSameFile(Path a, Path b) {
        try {
            return Files.mismatch(a, b) < 0;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot be compared: " + a + " " + b, e);
        }
    }

    private static String lastLine(String text) {
        return text.lines().reduce((earlier, later) -> later).orElse("it said nothing");
    }
}
