package io.longreel.runtime.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.curriculum.eval.GrowthChart;
import io.longreel.model.bench.Growth;
import io.longreel.model.bench.Growth.Excess;
import io.longreel.model.bench.Growth.Point;
import io.longreel.model.checkpoint.DurableFile;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.IntUnaryOperator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench scaling}: how cost grows with frames, layers, ranks and tokens, each point in a process of its own. */
@Command(
        name = "scaling",
        description = {
            "Seconds of steps against frames, layers and ranks, and of attention against tokens, beside the growth of",
            "the operations that the algorithm needs. Takes some minutes."
        },
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class BenchScalingCommand implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int CORES = Runtime.getRuntime().availableProcessors();
    private static final int QUICK_POINTS = 3;

    /**
     * A curve.
     *
     * @param arguments those of {@code bench} with a place for the size
     * @param cores that share the operations at a size
     */
    private record Sweep(String work, String axis, String arguments, IntUnaryOperator cores, List<Integer> sizes) {}

    private static final List<Sweep> SWEEPS = List.of(
            new Sweep(
                    "step, tiny, 1 rank",
                    "frames",
                    "step --size tiny --threads 1 --steps 21 --frames %d",
                    size -> 1,
                    List.of(16, 32, 64, 128, 256)),
            new Sweep(
                    "step, tiny, 64 frames, 1 rank",
                    "layers",
                    "step --size tiny --threads 1 --steps 21 --frames 64 --layers %d",
                    size -> 1,
                    List.of(2, 4, 8, 16)),
            new Sweep(
                    "step, small, 64 frames",
                    "ranks",
                    "step --size small --frames 64 --threads %d",
                    ranks -> Math.min(ranks, CORES),
                    List.of(1, 2, 4)),
            new Sweep(
                    "attention, 1 rank",
                    "tokens",
                    "attention --world 1 --ring 1 --tokens %d",
                    size -> 1,
                    List.of(1024, 2048, 4096, 8192, 16_384)));

    private final Function<String, JsonNode> measure;

    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Option(names = "--quick", description = "The first three points of each curve.")
    private boolean quick;

    @Option(
            names = "--chart",
            paramLabel = "FILE.png",
            description = "Also draw the curves, on logarithmic axes, beside what the operations would give.")
    private Path chart = Path.of("");

    @Option(names = "--json", description = "One JSON array.")
    private boolean json;

    BenchScalingCommand() {
        this(BenchProcess::measured);
    }

    /**
     * @param measure what {@code bench} prints as JSON for some arguments
     */
    BenchScalingCommand(Function<String, JsonNode> measure) {
        this.measure = measure;
    }

    @Override
    public Integer call() {
        if (!chart.toString().isEmpty()) {
            ResultFile.check(chart, "chart");
        }
        ArrayNode all = JSON.createArrayNode();
        List<Growth> curves = new ArrayList<>();
        for (Sweep sweep : SWEEPS) {
            Growth growth = measured(sweep);
            curves.add(growth);
            all.add(object(growth));
            say(growth);
        }
        if (!chart.toString().isEmpty()) {
            DurableFile.write(chart, GrowthChart.of(curves).png());
        }
        if (json) {
            PrintWriter out = spec.commandLine().getOut();
            out.println(all);
            out.flush();
        }
        return Main.OK;
    }

    private Growth measured(Sweep sweep) {
        List<Point> points = sweep.sizes().stream()
                .limit(quick ? QUICK_POINTS : Long.MAX_VALUE)
                .map(size -> {
                    JsonNode result = measure.apply(sweep.arguments().formatted(size));
                    double seconds = BenchProcess.seconds(result);
                    double flop = 1e9 * result.path("gflops").asDouble() * seconds;
                    return new Point(size, seconds, flop / sweep.cores().applyAsInt(size));
                })
                .toList();
        return new Growth(sweep.work(), sweep.axis(), points);
    }

    /** A table, and what it says. */
    private void say(Growth growth) {
        if (json) {
            return;
        }
        PrintWriter out = spec.commandLine().getOut();
        out.printf(
                "%-30s %8s %10s %9s %12s %9s%n", "work", growth.axis(), "seconds", "exponent", "algorithm's", "excess");
        for (int i = 0; i < growth.points().size(); i++) {
            Point point = growth.points().get(i);
            out.printf(Locale.ROOT, "%-30s %8d %10.4f", growth.work(), point.size(), point.seconds());
            if (i > 0) {
                double excess = growth.excess(i).factor();
                out.printf(Locale.ROOT, " %9.2f %12.2f %9.2f", growth.exponent(i), growth.algorithmExponent(i), excess);
            }
            out.println();
        }
        Excess worst = growth.worst();
        out.printf(
                Locale.ROOT,
                "%s: at most %.2f times the growth of the operations, from %d to %d %s%n%n",
                worst.isMoreThanNoise() ? "a term grows faster than the algorithm's" : "no term grows faster",
                worst.factor(),
                worst.from().size(),
                worst.to().size(),
                growth.axis());
        out.flush();
    }

    private static ObjectNode object(Growth growth) {
        ObjectNode curve = JSON.createObjectNode().put("work", growth.work()).put("axis", growth.axis());
        ArrayNode points = curve.putArray("points");
        for (int i = 0; i < growth.points().size(); i++) {
            Point point = growth.points().get(i);
            ObjectNode node = points.addObject()
                    .put("size", point.size())
                    .put("seconds", point.seconds())
                    .put("idealSeconds", growth.idealSeconds(i));
            if (i > 0) {
                node.put("exponent", growth.exponent(i))
                        .put("algorithmExponent", growth.algorithmExponent(i))
                        .put("excess", growth.excess(i).factor());
            }
        }
        Excess worst = growth.worst();
        curve.putObject("worst")
                .put("from", worst.from().size())
                .put("to", worst.to().size())
                .put("excess", worst.factor());
        return curve.put("growsFaster", worst.isMoreThanNoise());
    }
}
