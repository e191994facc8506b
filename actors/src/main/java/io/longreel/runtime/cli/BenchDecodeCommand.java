package io.longreel.runtime.cli;

import io.longreel.model.bench.DecodeBench;
import io.longreel.ops.device.Devices;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench decode}: what generating a token costs in attention. */
@Command(
        name = "decode",
        description = {
            "Attention of one new token in one layer, over a cache of keys and values that is cut over ranks.",
            "The limit is reading keys and values once, by all ranks at the same time."
        },
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class BenchDecodeCommand implements Callable<Integer> {
    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Option(names = "--tokens", paramLabel = "N", description = "In the cache (default: ${DEFAULT-VALUE}).")
    private int tokens = 65_536;

    @Option(names = "--heads", paramLabel = "N", description = "Query heads (default: ${DEFAULT-VALUE}).")
    private int heads = 8;

    @Option(names = "--kv", paramLabel = "N", description = "Key/value heads (default: ${DEFAULT-VALUE}).")
    private int kv = 2;

    @Option(names = "--dim", paramLabel = "N", description = "Width of a head (default: ${DEFAULT-VALUE}).")
    private int dim = 64;

    @Option(
            names = "--world",
            paramLabel = "N",
            description = "Ranks that have a part of the cache each, a thread each (default: ${DEFAULT-VALUE}).")
    private int world = 1;

    @Option(
            names = "--runs",
            paramLabel = "N",
            description = "Measured; their median counts (default: ${DEFAULT-VALUE}).")
    private int runs = 50;

    @Option(names = "--json", description = "One JSON object.")
    private boolean json;

    @Override
    public Integer call() {
        DecodeBench.Result result = DecodeBench.run(
                new DecodeBench.Setting(world, tokens, heads, kv, dim, runs), Devices.cpu(), BenchCommand.CLOCK_NS);
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("seconds", result.seconds());
        values.put("tokensPerSecond", result.tokensPerSecond());
        values.put("gigabytesPerSecond", result.gigabytesPerSecond());
        values.put("limitGigabytesPerSecond", result.limitGigabytesPerSecond());
        values.put("shareOfLimit", result.shareOfLimit());
        BenchCommand.print(spec.commandLine(), values, json);
        return Main.OK;
    }
}
