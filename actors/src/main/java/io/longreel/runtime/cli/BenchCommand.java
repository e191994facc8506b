package io.longreel.runtime.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.longreel.model.bench.MachineLimits;
import io.longreel.ops.device.Device;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bench}: what a piece of work costs here, beside what the machine could do. */
@Command(
        name = "bench",
        description = "Measures a piece of work on this machine, and the machine's limit for it in the same run.",
        subcommands = {
            BenchAllCommand.class,
            BenchStepCommand.class,
            BenchAttentionCommand.class,
            BenchDecodeCommand.class,
            BenchGenerateCommand.class,
            BenchExchangeCommand.class,
            BenchVideoCommand.class,
            BenchScalingCommand.class,
            BenchLinksCommand.class
        },
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class BenchCommand implements Runnable {
    /** What durations are measured with. */
    static final LongSupplier CLOCK_NS = System::nanoTime;

    private static final ObjectMapper JSON = new ObjectMapper();

    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "name what to measure: all, step, attention, decode, generate, exchange, video, scaling or links");
    }

    /**
     * Measures the machine's limit, and prints it behind values as {@link #print(CommandLine, Map, boolean)} does.
     *
     * @param values what was measured; gets the limit, and the share of it that {@code gflops} is
     */
    static void print(
            CommandLine command, Map<String, Object> values, double gflops, Device device, int ranks, boolean asJson) {
        MachineLimits limits = MachineLimits.measure(device, ranks, CLOCK_NS);
        values.put("gflops", gflops);
        values.put("limitGflops", limits.gflops());
        values.put("shareOfLimit", gflops / limits.gflops());
        print(command, values, asJson);
    }

    /** Prints values under their names, as one JSON object or as words in this order. */
    static void print(CommandLine command, Map<String, Object> values, boolean asJson) {
        PrintWriter out = command.getOut();
        if (asJson) {
            try {
                out.println(JSON.writeValueAsString(values));
            } catch (JsonProcessingException e) {
                throw new IllegalStateException("numbers and words have a form in JSON", e);
            }
        } else {
            values.forEach((name, value) -> out.printf("%-22s %s%n", name, text(value)));
        }
        out.flush();
    }

    private static String text(Object value) {
        return value instanceof Double number ? String.format(Locale.ROOT, "%.4g", number) : value.toString();
    }
}
