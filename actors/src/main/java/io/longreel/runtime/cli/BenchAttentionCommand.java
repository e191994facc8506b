package io.longreel.runtime.cli;

import io.longreel.config.LinkLimits;
import io.longreel.config.LinkLimits.Limit;
import io.longreel.config.RuntimeFailure;
import io.longreel.model.bench.AttentionBench;
import io.longreel.model.bench.AttentionBench.Links;
import io.longreel.ops.device.Device;
import io.longreel.ops.device.Devices;
import java.time.Duration;
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
    private static final long MIB_MAX = 1 << 20;

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
            names = "--per-node",
            paramLabel = "N",
            description = "Ranks that count as one node, for the limits below (default: all).")
    private int perNode = Integer.MAX_VALUE;

    @Option(
            names = "--intra",
            paramLabel = "MiB/s",
            description = "Slows each link inside a node down to so much; 0 = not at all (default).")
    private long intraMib;

    @Option(
            names = "--inter",
            paramLabel = "MiB/s",
            description = "Slows each link between nodes down to so much; 0 = not at all (default).")
    private long interMib;

    @Option(
            names = "--runs",
            paramLabel = "N",
            description = "Measured; their median counts (default: ${DEFAULT-VALUE}).")
    private int runs = 5;

    @Option(names = "--json", description = "One JSON object.")
    private boolean json;

    private Links links() {
        if (interMib > 0 && perNode >= world) {
            throw RuntimeFailure.config(
                    "--inter slows links between nodes down, and all %d ranks are one node: name the ranks of one with --per-node"
                            .formatted(world));
        }
        if (intraMib < 0 || interMib < 0 || Math.max(intraMib, interMib) > MIB_MAX) {
            throw RuntimeFailure.config("--intra and --inter must be 0 to %d MiB/s: intra=%d inter=%d"
                    .formatted(MIB_MAX, intraMib, interMib));
        }
        return new Links(perNode, new LinkLimits(limit(intraMib), limit(interMib)));
    }

    private static Limit limit(long mib) {
        return new Limit(mib << 20, Duration.ZERO);
    }

    @Override
    public Integer call() {
        Device device = Devices.cpu();
        AttentionBench.Result result = AttentionBench.run(
                new AttentionBench.Setting(world, ring, tokens, heads, kv, dim, runs, links()),
                device,
                BenchCommand.CLOCK_NS);
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("seconds", result.seconds());
        values.put("forwardSeconds", result.forwardSeconds());
        values.put("backwardSeconds", result.backwardSeconds());
        BenchCommand.print(spec.commandLine(), values, result.gflops(), device, world, json);
        return Main.OK;
    }
}
