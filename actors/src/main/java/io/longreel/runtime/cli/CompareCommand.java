package io.longreel.runtime.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.eval.Comparison;
import io.longreel.runtime.launch.RunHistory;
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

/** {@code compare RUN RUN...}: runs beside each other, from their files; they need not be over. */
@Command(
        name = "compare",
        description = "Puts runs beside each other: curves, scores, time, faults, and the keys in which they differ.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class CompareCommand implements Callable<Integer> {
    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "RUN", arity = "2..*", description = "Run directories.")
    private List<Path> runs = List.of();

    @Option(names = "--out", paramLabel = "FILE", description = "Write a page with the curves, HTML.")
    private @Nullable Path out;

    @Option(names = "--json", description = "For programs: one object.")
    private boolean asJson;

    @Override
    public Integer call() {
        Comparison comparison = new Comparison(read());
        PrintWriter writer = spec.commandLine().getOut();
        if (asJson) {
            writer.println(json(comparison).toPrettyString());
        } else {
            table(comparison).forEach(writer::println);
        }
        if (out != null) {
            comparison.write(out.toAbsolutePath());
            if (!asJson) {
                writer.println();
                writer.println("curves: " + out);
            }
        }
        return Main.OK;
    }

    /** What is no run is said of all of them at once. */
    private List<Comparison.Run> read() {
        List<Comparison.Run> read = new ArrayList<>();
        List<String> faults = new ArrayList<>();
        List<String> names = RunHistory.names(runs);
        for (int i = 0; i < runs.size(); i++) {
            try {
                read.add(RunHistory.of(runs.get(i), InstantSource.system()).compared(names.get(i)));
            } catch (RuntimeFailure e) {
                if (e.category() == RuntimeFailure.Category.FATAL) {
                    throw e;
                }
                faults.add(e.getMessage());
            }
        }
        if (!faults.isEmpty()) {
            throw RuntimeFailure.config(String.join("\n", faults));
        }
        return read;
    }

    private static List<String> table(Comparison comparison) {
        List<List<String>> rows = new ArrayList<>();
        List<String> heads = new ArrayList<>(List.of(""));
        comparison.runs().forEach(run -> heads.add(run.name()));
        rows.add(heads);
        rows.addAll(comparison.results());
        int results = rows.size();
        comparison.differences().forEach((key, values) -> {
            List<String> cells = new ArrayList<>(List.of(key));
            cells.addAll(values);
            rows.add(cells);
        });
        int[] widths = new int[heads.size()];
        rows.forEach(cells -> {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], cells.get(i).length());
            }
        });
        List<String> lines = new ArrayList<>();
        for (int row = 0; row < rows.size(); row++) {
            if (row == results) {
                lines.add("");
            }
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                String cell = rows.get(row).get(i);
                line.append(cell).append(" ".repeat(widths[i] - cell.length() + 2));
            }
            lines.add(line.toString().stripTrailing());
        }
        return lines;
    }

    private static ObjectNode json(Comparison comparison) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        ArrayNode runs = json.putArray("runs");
        for (Comparison.Run run : comparison.runs()) {
            ObjectNode node = runs.addObject()
                    .put("name", run.name())
                    .put("outcome", run.facts().outcome())
                    .put("steps", run.steps().size())
                    .put("tokens", run.tokens())
                    .put("stepSeconds", run.stepSeconds())
                    .put("seconds", run.facts().wallSeconds());
            if (Double.isFinite(run.loss())) {
                node.put("loss", run.loss());
            }
            run.facts().goodput().ifPresent(goodput -> node.put("goodput", goodput));
            ObjectNode faults = node.putObject("faults");
            run.facts().faultCounts().forEach(faults::put);
            ObjectNode scores = node.putObject("scores");
            run.needles().forEach(result -> scores.put(result.name(), result.accuracy()));
        }
        ObjectNode differences = json.putObject("differences");
        comparison.differences().forEach((key, values) -> {
            ArrayNode array = differences.putArray(key);
            values.forEach(array::add);
        });
        return json;
    }
}
