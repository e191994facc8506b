package io.longreel.chaos.cli;

import io.longreel.chaos.report.Matrix;
import io.longreel.chaos.report.ReportFiles;
import io.longreel.chaos.report.SoakSummary;
import io.longreel.chaos.scenario.ScenarioResult;
import io.longreel.chaos.scenario.ScenarioResult.Verdict;
import io.longreel.chaos.scenario.ShippedJob;
import io.longreel.chaos.scenario.Soak;
import io.longreel.config.ChaosSettings.Action;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.Words;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code chaos soak [CONF]}: a job, a small one or a user's own, under fault after fault. */
@Command(
        name = "soak",
        description =
                "Trains a job undisturbed for a time, then the same steps under fault after fault, and compares them.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class SoakCommand implements Callable<Integer> {
    private static final int OK = 0;
    private static final int FAILED = 1;
    private static final Pattern TIME = Pattern.compile("(\\d{1,9})\\s*(ms|s|m|h)");

    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Parameters(
            paramLabel = "CONF",
            arity = "0..1",
            description =
                    "HOCON file or preset of a job that takes longer than the time (default: a small one with two spares).")
    private String source = "";

    @Option(
            names = "--kinds",
            paramLabel = "KIND",
            split = ",",
            description = "What may strike, such as kill,stop,nan (default: everything that chaos.faults knows).")
    private List<String> kinds = List.of();

    @Option(
            names = "--every",
            paramLabel = "TIME",
            defaultValue = "15s",
            description = "From fault to fault, such as 15s (default: ${DEFAULT-VALUE}).")
    private String every = "";

    @Option(
            names = "--for",
            paramLabel = "TIME",
            defaultValue = "10m",
            description = "How long the undisturbed run goes on, such as 10m (default: ${DEFAULT-VALUE}).")
    private String lasts = "";

    @Option(
            names = "--seed",
            defaultValue = "1",
            description = "What is drawn: kinds, ranks and phases (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            defaultValue = "runs/soak",
            description = "New folder for both runs and the reports (default: ${DEFAULT-VALUE}).")
    private Path directory = Path.of("runs/soak");

    @Option(names = "--json", paramLabel = "FILE", description = "Writes the result as JSON there, too.")
    private @Nullable Path json;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Replaces a key of the configuration; may be repeated.")
    private final List<String> settings = new ArrayList<>();

    @Override
    public Integer call() {
        Duration between = timeOf("--every", every);
        Duration undisturbed = timeOf("--for", lasts);
        List<Action> drawn = kindsOf(kinds);
        Path root = directory.toAbsolutePath().normalize();
        String job = make(root);
        PrintWriter out = spec.commandLine().getOut();
        out.printf("soaking %s: a fault every %s, %s undisturbed first, seed %d%n", job, every, lasts, seed);
        out.flush();
        Soak.Result result = Soak.run(
                new Soak.Plan(job, settings, root, drawn, between, undisturbed, seed), InstantSource.system(), line -> {
                    out.println(line);
                    out.flush();
                });
        List<ScenarioResult> results = List.of(asScenario(result, root));
        ReportFiles.writeJson(root.resolve("soak.json"), results);
        ReportFiles.writeHtml(root.resolve("soak.html"), results);
        if (json != null) {
            ReportFiles.writeJson(json, results);
        }
        out.println(SoakSummary.of(result));
        result.complaints().forEach(out::println);
        out.printf("%s%n%s%n", Matrix.sum(results), root.resolve("soak.html"));
        out.flush();
        return result.complaints().isEmpty() ? OK : FAILED;
    }

    private ScenarioResult asScenario(Soak.Result result, Path root) {
        return new ScenarioResult(
                "soak",
                "drawn, seed " + seed,
                "drawn",
                SoakSummary.of(result),
                result.complaints().isEmpty() ? Verdict.PASSED : Verdict.FAILED,
                result.complaints(),
                result.incidents(),
                result.disturbedMs(),
                root.resolve("disturbed").toString());
    }

    /** Makes the folder; returns the job to be soaked. */
    private String make(Path root) {
        try {
            if (Files.exists(root.resolve("disturbed")) || Files.exists(root.resolve("undisturbed"))) {
                throw RuntimeFailure.config("%s holds a soak already: name another folder with --out".formatted(root));
            }
            Files.createDirectories(root);
            return source.isEmpty() ? ShippedJob.write(ShippedJob.SOAK, root).toString() : source;
        } catch (IOException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.CONFIG, "%s cannot be made: %s".formatted(root, e.getMessage()), e);
        }
    }

    /** Without names, all kinds. */
    static List<Action> kindsOf(List<String> names) {
        Map<String, Action> known = Words.of(Action.class);
        for (String name : names) {
            if (!known.containsKey(name)) {
                throw RuntimeFailure.config(
                        "--kinds does not know %s; there are %s".formatted(name, String.join(", ", known.keySet())));
            }
        }
        return names.isEmpty()
                ? List.copyOf(known.values())
                : names.stream().distinct().map(known::get).toList();
    }

    static Duration timeOf(String option, String text) {
        Matcher time = TIME.matcher(text.strip());
        if (!time.matches()) {
            throw RuntimeFailure.config("%s must be a time such as 15s, 500ms or 10m, not %s".formatted(option, text));
        }
        long number = Long.parseLong(time.group(1));
        if (number == 0) {
            throw RuntimeFailure.config("%s must be longer than %s".formatted(option, text));
        }
        return switch (time.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            default -> Duration.ofHours(number);
        };
    }
}
