package io.longreel.runtime.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.longreel.config.CalibrationFile;
import io.longreel.config.RecomputeSettings;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Mesh;
import io.longreel.model.SessionOptions;
import io.longreel.model.bench.BenchSize;
import io.longreel.model.bench.Median;
import io.longreel.model.bench.StepBench;
import io.longreel.runtime.plan.StepFit;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code plan check}: the planner beside steps of this program, measured here. */
@Command(
        name = "check",
        description = {
            "Measures steps of this program on meshes of 1 to 16 ranks, each in a process of its own, beside what the",
            "planner says of them on this machine as plan calibrate measured it. Takes four minutes a round."
        },
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class PlanCheckCommand implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final double GOAL = 0.1;

    /**
     * A step.
     *
     * @param steps that are measured in a process
     */
    private record Case(BenchSize size, int frames, Mesh mesh, int steps) {
        private StepBench.Setting setting() {
            return new StepBench.Setting(
                    size,
                    size.layers(),
                    frames,
                    mesh,
                    SessionOptions.DEFAULTS.precision(),
                    RecomputeSettings.NONE,
                    steps);
        }

        private String arguments() {
            return "step --size %s --frames %d --data %d --mesh ring=%d,ulysses=%d --steps %d"
                    .formatted(
                            size.name().toLowerCase(Locale.ROOT),
                            frames,
                            mesh.dataDegree(),
                            mesh.ringDegree(),
                            mesh.ulyssesDegree(),
                            steps);
        }
    }

    private static final List<Case> CASES = List.of(
            new Case(BenchSize.TINY, 64, Mesh.single(), 51),
            new Case(BenchSize.TINY, 512, Mesh.single(), 11),
            new Case(BenchSize.TINY, 64, new Mesh(1, 1, 2), 51),
            new Case(BenchSize.TINY, 512, new Mesh(1, 2, 1), 11),
            new Case(BenchSize.TINY, 512, new Mesh(1, 2, 2), 11),
            new Case(BenchSize.TINY, 512, new Mesh(4, 1, 1), 5),
            new Case(BenchSize.TINY, 512, new Mesh(1, 2, 4), 11),
            new Case(BenchSize.TINY, 512, new Mesh(1, 4, 4), 11),
            new Case(BenchSize.SMALL, 16, Mesh.single(), 5),
            new Case(BenchSize.SMALL, 64, Mesh.single(), 3),
            new Case(BenchSize.SMALL, 64, new Mesh(1, 1, 2), 5),
            new Case(BenchSize.SMALL, 64, new Mesh(1, 2, 1), 5),
            new Case(BenchSize.SMALL, 16, new Mesh(2, 1, 1), 5),
            new Case(BenchSize.SMALL, 64, new Mesh(1, 2, 2), 3));

    private final Function<String, JsonNode> measure;

    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--calibration",
            paramLabel = "FILE",
            description = "What plan calibrate wrote (default: where it writes).")
    private Path calibration = Path.of("");

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description =
                    "Times that all are measured, one after the other; medians count (default: ${DEFAULT-VALUE}).")
    private int rounds = 1;

    @Option(names = "--json", description = "One JSON array.")
    private boolean json;

    PlanCheckCommand() {
        this(BenchProcess::measured);
    }

    /** @param measure what {@code bench} prints as JSON for some arguments */
    PlanCheckCommand(Function<String, JsonNode> measure) {
        this.measure = measure;
    }

    @Override
    public Integer call() {
        Path file = calibration.toString().isEmpty() ? PlanCalibrateCommand.place() : calibration;
        if (!Files.isRegularFile(file)) {
            throw RuntimeFailure.config("there is no calibration at %s; \"plan calibrate\" makes it".formatted(file));
        }
        if (rounds < 1) {
            throw RuntimeFailure.config("rounds must be at least 1: rounds=" + rounds);
        }
        CalibrationFile.Measured machine = CalibrationFile.read(file, 1);
        ArrayNode rows = JSON.createArrayNode();
        List<Double> errors = new ArrayList<>();
        double[][] seconds = new double[CASES.size()][rounds];
        say("%-6s %6s %7s %5s %5s %8s %9s %9s %8s"
                .formatted("model", "frames", "tokens", "data", "ring", "ulysses", "measured", "planned", "error"));
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < CASES.size(); i++) {
                seconds[i][round] =
                        BenchProcess.seconds(measure.apply(CASES.get(i).arguments()));
                if (round == rounds - 1) {
                    errors.add(compare(CASES.get(i), Median.of(seconds[i]), machine, rows));
                }
            }
        }
        double[] all = errors.stream().mapToDouble(Double::doubleValue).toArray();
        long met = errors.stream().filter(error -> error <= GOAL).count();
        say("%d of %d within %.0f %%; median of the errors %.1f %%, largest %.1f %%"
                .formatted(
                        met,
                        errors.size(),
                        100 * GOAL,
                        100 * Median.of(all),
                        100 * Arrays.stream(all).max().orElseThrow()));
        if (json) {
            PrintWriter out = spec.commandLine().getOut();
            out.println(rows);
            out.flush();
        }
        return Main.OK;
    }

    /** How far the plan is from what was measured, as a share of it. */
    private double compare(Case step, double measured, CalibrationFile.Measured machine, ArrayNode rows) {
        StepBench.Setting setting = step.setting();
        double planned =
                StepFit.cost(setting, machine.cluster(), machine.software()).seconds();
        rows.addObject()
                .put("size", step.size().name().toLowerCase(Locale.ROOT))
                .put("frames", step.frames())
                .put("tokens", setting.tokens())
                .put("data", step.mesh().dataDegree())
                .put("ring", step.mesh().ringDegree())
                .put("ulysses", step.mesh().ulyssesDegree())
                .put("measuredSeconds", measured)
                .put("predictedSeconds", planned);
        say(line(step, setting.tokens(), measured, planned));
        return Math.abs(planned / measured - 1);
    }

    private static String line(Case step, long tokens, double measured, double planned) {
        return String.format(
                Locale.ROOT,
                "%-6s %6d %7d %5d %5d %8d %9.4f %9.4f %+7.1f%%",
                step.size().name().toLowerCase(Locale.ROOT),
                step.frames(),
                tokens,
                step.mesh().dataDegree(),
                step.mesh().ringDegree(),
                step.mesh().ulyssesDegree(),
                measured,
                planned,
                100 * (planned / measured - 1));
    }

    private void say(String line) {
        if (!json) {
            PrintWriter out = spec.commandLine().getOut();
            out.println(line);
            out.flush();
        }
    }
}
