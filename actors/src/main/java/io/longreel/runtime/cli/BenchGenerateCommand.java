package io.longreel.runtime.cli;

import io.longreel.config.topology.Mesh;
import io.longreel.model.bench.BenchSize;
import io.longreel.model.bench.GenerateBench;
import io.longreel.ops.device.Device;
import io.longreel.ops.device.Devices;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench generate}: what an answer costs. */
@Command(
        name = "generate",
        description = {
            "An answer to a video of noise: the prompt up to the first token, and each token after it.",
            "Limits: products for the prompt; reading weights and cached keys and values once for a token.",
            "With more than one rank, one rank does the same in turns: ...ToIdeal is the work (time on cores) of all ranks over that of one, "
                    + "...TimeToIdeal the time over one rank's, shared by as many cores as there are."
        },
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class BenchGenerateCommand implements Callable<Integer> {
    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Option(names = "--size", paramLabel = "SIZE", description = "tiny (1 M) or small (38.7 M, default).")
    private BenchSize size = BenchSize.SMALL;

    @Option(names = "--frames", paramLabel = "N", description = "Of the prompt (default: ${DEFAULT-VALUE}).")
    private int frames = 256;

    @Option(
            names = "--text",
            paramLabel = "N",
            description = "Tokens of the prompt around the frames (default: ${DEFAULT-VALUE}).")
    private int text = 64;

    @Option(names = "--new", paramLabel = "N", description = "Tokens of the answer (default: ${DEFAULT-VALUE}).")
    private int newTokens = 33;

    @Option(
            names = "--mesh",
            paramLabel = "ring=R,ulysses=U",
            converter = ForwardCommand.MeshConverter.class,
            description = "Ranks, a thread each (default: one).")
    private Mesh mesh = Mesh.single();

    @Option(
            names = "--chunk",
            paramLabel = "N",
            description = "Tokens of the prompt that go through the model at a time (default: ${DEFAULT-VALUE}).")
    private int chunk = 2048;

    @Option(
            names = "--runs",
            paramLabel = "N",
            description = "Answers that are measured; medians count (default: ${DEFAULT-VALUE}).")
    private int runs = 5;

    @Option(names = "--json", description = "One JSON object.")
    private boolean json;

    @Override
    public Integer call() {
        Device device = Devices.cpu();
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        GenerateBench.Setting setting = new GenerateBench.Setting(size, frames, text, newTokens, mesh, chunk, runs);
        GenerateBench.Result result = GenerateBench.run(
                setting, device, new GenerateBench.Clocks(BenchCommand.CLOCK_NS, threads::getCurrentThreadCpuTime));
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("tokens", result.tokens());
        values.put("firstTokenSeconds", result.times().prompt());
        values.put("promptTokensPerSecond", result.promptTokensPerSecond());
        values.put("decodeSeconds", result.times().token());
        values.put("tokensPerSecond", result.tokensPerSecond());
        values.put("tokenMegabytes", result.tokenBytes() / 1e6);
        values.put("gigabytesPerSecond", result.gigabytesPerSecond());
        values.put("limitGigabytesPerSecond", result.limitGigabytesPerSecond());
        values.put("shareOfReadLimit", result.shareOfReadLimit());
        int ranks = mesh.worldSize();
        if (ranks > 1) {
            int cores = Runtime.getRuntime().availableProcessors();
            values.put("aloneFirstTokenSeconds", result.alone().prompt());
            values.put("aloneDecodeSeconds", result.alone().token());
            values.put("promptToIdeal", result.promptToIdeal());
            values.put("promptTimeToIdeal", result.promptTimeToIdeal(cores));
            values.put("decodeToIdeal", result.tokenToIdeal());
            values.put("decodeTimeToIdeal", result.tokenTimeToIdeal(cores));
        }
        BenchCommand.print(spec.commandLine(), values, result.gflops(), device, ranks, json);
        return Main.OK;
    }
}
