package io.longreel.runtime.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.RunConfigLoader;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.TransportSettings;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.config.topology.Placement.RankSite;
import io.longreel.model.bench.ExchangeBench;
import io.longreel.model.bench.ExchangeBench.Result;
import io.longreel.runtime.launch.JvmCommand;
import io.longreel.transport.TransportNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench exchange}: two ranks that send each other blocks of bytes, as threads, as processes of a node, or on two nodes. */
@Command(
        name = "exchange",
        description =
                "Two ranks send each other blocks of bytes at the same time: as fast as memory, as a bare stream?",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class BenchExchangeCommand implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String HOST = "127.0.0.1";
    private static final long END_SECONDS = 15;
    private static final Mesh MESH = new Mesh(1, 1, 2);

    /** Where the two ranks live, which decides what lies between them. */
    enum Between {
        THREADS,
        PROCESSES,
        NODES
    }

    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--between",
            paramLabel = "WHAT",
            description =
                    "threads of a process, as the ranks of a node are; processes that share a media driver (default); or nodes (loopback UDP).")
    private Between between = Between.PROCESSES;

    @Option(
            names = "--mib",
            paramLabel = "N",
            split = ",",
            description = "Sizes of the block that each sends (default: 1,4,16,64).")
    private List<Integer> mib = List.of(1, 4, 16, 64);

    @Option(
            names = "--runs",
            paramLabel = "N",
            description = "Measured; their median counts (default: ${DEFAULT-VALUE}).")
    private int runs = 20;

    @Option(names = "--json", description = "One JSON object.")
    private boolean json;

    @Option(
            names = "--peer-of",
            hidden = true,
            split = ",",
            description = "Data endpoint and driver directory of the first.")
    private @Nullable List<String> peerOf;

    @Override
    public Integer call() throws IOException {
        ExchangeBench.Setting setting = new ExchangeBench.Setting(mib, runs);
        TransportSettings transport = RunConfigLoader.load("tiny", List.of()).transport();
        if (peerOf != null) {
            beSecond(setting, transport, peerOf.get(0), peerOf.get(1));
            return Main.OK;
        }
        try (TransportNode node = TransportNode.open(transport, HOST)) {
            print(between == Between.THREADS ? threads(setting, node) : processes(setting, node));
        }
        return Main.OK;
    }

    private static List<Result> threads(ExchangeBench.Setting setting, TransportNode node) {
        RankSite site = new RankSite(0, "node", "process", node.dataEndpoint(), node.driverDirectory());
        Placement placement =
                placement(site, new RankSite(1, "node", "process", site.dataEndpoint(), site.driverDirectory()));
        CompletableFuture<List<Result>> second = new CompletableFuture<>();
        Thread.ofPlatform().name("rank-1").start(() -> {
            try {
                second.complete(ExchangeBench.run(setting, node, placement, 1, BenchCommand.CLOCK_NS));
            } catch (Throwable e) { // handed to the caller below, whatever it is
                node.abort(placement.generation(), "rank 1 failed: " + e.getMessage());
                second.completeExceptionally(e);
            }
        });
        List<Result> results = ExchangeBench.run(setting, node, placement, 0, BenchCommand.CLOCK_NS);
        second.join();
        return results;
    }

    private List<Result> processes(ExchangeBench.Setting setting, TransportNode node) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("bench", "exchange", "--between", between.name()));
        arguments.addAll(List.of("--runs", String.valueOf(runs), "--mib"));
        arguments.add(mib.stream().map(String::valueOf).collect(Collectors.joining(",")));
        arguments.addAll(List.of("--peer-of", node.dataEndpoint() + "," + node.driverDirectory()));
        Process second = new ProcessBuilder(JvmCommand.program(arguments))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader says = second.inputReader(StandardCharsets.UTF_8)) {
            String at = says.readLine();
            if (at == null) {
                throw new RuntimeFailure(
                        RuntimeFailure.Category.FATAL, "the second process of the exchange ended before it began");
            }
            RankSite first = site(0, node.dataEndpoint(), node.driverDirectory());
            String[] parts = at.split(",");
            return ExchangeBench.run(
                    setting, node, placement(first, site(1, parts[0], parts[1])), 0, BenchCommand.CLOCK_NS);
        } finally {
            ended(second);
        }
    }

    /** Gives it time to close its files. */
    private static void ended(Process second) {
        try {
            if (!second.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                second.destroyForcibly();
            }
        } catch (InterruptedException e) {
            second.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    private void beSecond(ExchangeBench.Setting setting, TransportSettings transport, String endpoint, String driver) {
        try (TransportNode node = between == Between.NODES
                ? TransportNode.open(transport, HOST)
                : TransportNode.attach(transport, HOST, Path.of(driver))) {
            PrintWriter out = spec.commandLine().getOut();
            out.println(node.dataEndpoint() + "," + node.driverDirectory());
            out.flush();
            Placement placement =
                    placement(site(0, endpoint, driver), site(1, node.dataEndpoint(), node.driverDirectory()));
            ExchangeBench.run(setting, node, placement, 1, BenchCommand.CLOCK_NS);
        }
    }

    private RankSite site(int rank, String endpoint, String driver) {
        String node = between == Between.NODES ? "node-" + rank : "node";
        return new RankSite(rank, node, "process-" + rank, endpoint, driver);
    }

    private static Placement placement(RankSite first, RankSite second) {
        return new Placement(1, MESH, List.of(first, second));
    }

    private void print(List<Result> results) {
        PrintWriter out = spec.commandLine().getOut();
        String limit = between == Between.NODES ? "bare Aeron stream" : "copy in memory";
        if (json) {
            ObjectNode all = JSON.createObjectNode()
                    .put("between", between.name().toLowerCase(Locale.ROOT))
                    .put("limit", limit);
            ArrayNode sizes = all.putArray("sizes");
            for (Result result : results) {
                sizes.addObject()
                        .put("mib", result.mib())
                        .put("seconds", result.seconds())
                        .put("gigabytesPerSecond", result.gigabytesPerSecond())
                        .put("limitGigabytesPerSecond", result.limitGigabytesPerSecond())
                        .put("shareOfLimit", result.shareOfLimit());
            }
            out.println(all);
        } else {
            out.printf("%8s %12s %12s %18s %8s%n", "MiB", "ms", "GB/s", limit, "share");
            for (Result result : results) {
                out.printf(
                        Locale.ROOT,
                        "%8d %12.3f %12.2f %13.2f GB/s %7.1f%%%n",
                        result.mib(),
                        1e3 * result.seconds(),
                        result.gigabytesPerSecond(),
                        result.limitGigabytesPerSecond(),
                        100 * result.shareOfLimit());
            }
        }
        out.flush();
    }
}
