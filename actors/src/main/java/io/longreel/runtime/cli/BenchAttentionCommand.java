package io.longreel.runtime.cli;

import io.longreel.model.bench.AttentionBench;
import io.longreel.ops.device.Device;
import io.longreel.ops.device.Devices;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench attention}: 2D attention over the ranks of a mesh. */
@Command(
        name = "attention",
        description = "Causal attention over one document, forward and backward, exchanges included.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class BenchAttentionCommand implements Callable<Integer> {
    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Option(names = "--world", paramLabel = "N", description = "Ranks, a thread each (default: ${DEFAULT-VALUE}).")
    private int world = 2;

    @Option(
            names = "--ring",
            paramLabel = "N",
            description = "Ranks in a ring; world / ring of them share the heads (default: ${DEFAULT-VALUE}).")
    private int ring = 2;

    @Option(names = "--tokens", paramLabel = "N", description = "Length of the document (default: ${DEFAULT-VALUE}).")
    private int tokens = 8192;

    @Option(names = "--heads", paramLabel = "N", description = "Query heads (default: ${DEFAULT-VALUE}).")
    private int heads = 8;

    @Option(names = "--kv", paramLabel = "N", description = "Key/value heads (default: ${DEFAULT-VALUE}).")
    private int kv = 2;

    @Option(names = "--dim", paramLabel = "N", description = "Width of a head (default: ${DEFAULT-VALUE}).")
    private int dim = 64;

    @Option(
            names = "--runs",
            paramLabel = "N",
            description = "Measured; their median counts (default: ${DEFAULT-VALUE}).")
    private int runs = 5;

    @Option(names = "--json", description = "One JSON object.")
    private boolean json;

    @Override
    public Integer call() {
        Device device = Devices.cpu();
        AttentionBench.Result result = AttentionBench.run(
                new AttentionBench.Setting(world, ring, tokens, heads, kv, dim, runs), device, BenchCommand.CLOCK_NS);
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("seconds", result.seconds());
        values.put("forwardSeconds", result.forwardSeconds());
        values.put("backwardSeconds", result.backwardSeconds());
        BenchCommand.print(spec.commandLine(), values, result.gflops(), device, world, json);
        return Main.OK;
    }
}
