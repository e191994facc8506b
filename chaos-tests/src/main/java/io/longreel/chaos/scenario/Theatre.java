package io.longreel.chaos.scenario;

import io.longreel.chaos.process.Job;
import io.longreel.chaos.process.ObservedRun;
import io.longreel.chaos.scenario.Scenario.Check;
import io.longreel.chaos.scenario.Scenario.Launch;
import io.longreel.chaos.scenario.ScenarioResult.Verdict;
import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Plays scenarios, one after the other, in a directory of its own: each in {@code DIR/NAME}, the undisturbed runs that they are compared with in
 * {@code DIR/undisturbed-N}. One thread.
 */
public final class Theatre {
    private static final Duration RUN_LIMIT = Duration.ofMinutes(4);

    private final Path directory;
    private final InstantSource wallClock;
    private final Map<List<String>, ObservedRun> undisturbed = new HashMap<>();

    private Theatre(Path directory, InstantSource wallClock) {
        this.directory = directory;
        this.wallClock = wallClock;
    }

    /** Opens a directory for runs; it must be new or empty. */
    public static Theatre open(Path directory, InstantSource wallClock) {
        Path root = directory.toAbsolutePath().normalize();
        try {
            Files.createDirectories(root);
            try (var present = Files.list(root)) {
                if (present.findAny().isPresent()) {
                    throw RuntimeFailure.config("%s is not empty: name another folder with --out".formatted(root));
                }
            }
            ShippedJob.write(ShippedJob.SCENARIOS, root);
        } catch (IOException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.CONFIG, "%s cannot be used: %s".formatted(root, e.getMessage()), e);
        }
        return new Theatre(root, wallClock);
    }

    /** Plays one scenario to its end, whatever happens in it. */
    public ScenarioResult play(Scenario scenario) {
        Optional<String> obstacle = scenario.obstacle().get();
        if (obstacle.isPresent()) {
            return result(scenario, Verdict.SKIPPED, List.of(obstacle.get()), List.of(), 0);
        }
        ObservedRun reference = reference(scenario.training());
        long startMs = wallClock.millis();
        List<String> complaints = new ArrayList<>();
        List<Incident> incidents = List.of();
        try (Job job = start(scenario)) {
            try {
                Evidence evidence = perform(scenario, reference, job);
                incidents = Timeline.of(job.run(), job.interventions());
                for (Check check : scenario.checks()) {
                    complaints.addAll(check.complaints(evidence));
                }
            } catch (RuntimeException e) { // the next scenario can still be played
                complaints.add("broke off: " + e.getMessage());
            }
            if (!complaints.isEmpty()) {
                keep(scenario, job.story());
            }
        }
        return result(
                scenario,
                complaints.isEmpty() ? Verdict.PASSED : Verdict.FAILED,
                complaints,
                incidents,
                wallClock.millis() - startMs);
    }

    private Job start(Scenario scenario) {
        List<String> arguments = arguments(scenario.training());
        scenario.settings().forEach(setting -> arguments.addAll(List.of("--set", setting)));
        return scenario.launch() == Launch.FORKED
                ? Job.train(directory, scenario.name(), wallClock, scenario.prefix(), arguments)
                : Job.byHand(directory, scenario.name(), wallClock, scenario.prefix(), arguments);
    }

    private static Evidence perform(Scenario scenario, ObservedRun reference, Job job) {
        scenario.script().play(job);
        var end = job.outcome(RUN_LIMIT);
        List<String> left = job.outliving(Duration.ofSeconds(20));
        return new Evidence(scenario, reference, job.run(), end, job.interventions(), job.exitCodes(), left);
    }

    private List<String> arguments(List<String> training) {
        List<String> arguments =
                new ArrayList<>(List.of(directory.resolve(ShippedJob.SCENARIOS).toString()));
        training.forEach(setting -> arguments.addAll(List.of("--set", setting)));
        return arguments;
    }

    /** The same training without a fault; trained once. */
    private ObservedRun reference(List<String> training) {
        return undisturbed.computeIfAbsent(training, key -> {
            String name = "undisturbed-" + (undisturbed.size() + 1);
            try (Job job = Job.train(directory, name, wallClock, List.of(), arguments(training))) {
                if (job.outcome(RUN_LIMIT).exitCode() != 0) {
                    throw new RuntimeFailure(
                            RuntimeFailure.Category.FATAL, "the undisturbed run failed\n" + job.story());
                }
                return job.run();
            }
        });
    }

    /** What failed is to be understood without playing it again. */
    private void keep(Scenario scenario, String story) {
        try {
            Files.writeString(directory.resolve(scenario.name() + ".story.txt"), story);
        } catch (IOException e) {
            throw new UncheckedIOException("the story of a scenario cannot be kept", e);
        }
    }

    private ScenarioResult result(
            Scenario scenario, Verdict verdict, List<String> complaints, List<Incident> incidents, long durationMs) {
        return new ScenarioResult(
                scenario.name(),
                scenario.fault(),
                scenario.phase(),
                scenario.summary(),
                verdict,
                complaints,
                incidents,
                durationMs,
                directory.resolve(scenario.name()).toString());
    }
}
