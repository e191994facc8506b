package io.longreel.chaos.cli;

import io.longreel.chaos.report.Matrix;
import io.longreel.chaos.report.ReportFiles;
import io.longreel.chaos.scenario.Catalogue;
import io.longreel.chaos.scenario.Scenario;
import io.longreel.chaos.scenario.ScenarioResult;
import io.longreel.chaos.scenario.ScenarioResult.Verdict;
import io.longreel.chaos.scenario.Theatre;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code chaos run SCENARIO|all}: plays scenarios as real processes and prints the matrix. */
@Command(
        name = "run",
        description =
                "Plays scenarios with real processes, compares each run with the same one undisturbed, and prints the matrix.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class PlayCommand implements Callable<Integer> {
    private static final int OK = 0;
    private static final int FAILED = 1;

    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Parameters(
            paramLabel = "SCENARIO",
            arity = "1..*",
            description =
                    "Names of scenarios (bin/longreel chaos list), beginnings of names with a star (kill-*), or all.")
    private List<String> names = List.of();

    @Option(
            names = "--out",
            paramLabel = "DIR",
            defaultValue = "runs/chaos",
            description =
                    "New folder for the runs and the reports chaos.json and chaos.html (default: ${DEFAULT-VALUE}).")
    private Path directory = Path.of("runs/chaos");

    @Option(names = "--json", paramLabel = "FILE", description = "Writes the results as JSON there, too.")
    private @Nullable Path json;

    @Override
    public Integer call() {
        List<Scenario> scenarios = Catalogue.named(names);
        PrintWriter out = spec.commandLine().getOut();
        Theatre theatre = Theatre.open(directory, InstantSource.system());
        List<ScenarioResult> results = new ArrayList<>();
        for (Scenario scenario : scenarios) {
            out.printf("%s: %s%n", scenario.name(), scenario.summary());
            out.flush();
            ScenarioResult result = theatre.play(scenario);
            results.add(result);
            out.println("  " + Matrix.sentence(result));
            out.flush();
            ReportFiles.writeJson(directory.resolve("chaos.json"), results);
            ReportFiles.writeHtml(directory.resolve("chaos.html"), results);
        }
        if (json != null) {
            ReportFiles.writeJson(json, results);
        }
        out.printf("%n%s%n%s%n", Matrix.of(results), directory.resolve("chaos.html"));
        out.flush();
        return results.stream().anyMatch(result -> result.verdict() == Verdict.FAILED) ? FAILED : OK;
    }
}
