package io.longreel.runtime.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.LinkLimits.Limit;
import io.longreel.model.bench.AttentionBench.Links;
import io.longreel.model.bench.LinksBench;
import io.longreel.model.bench.MachineLimits;
import io.longreel.ops.device.Device;
import io.longreel.ops.device.Devices;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.LongSupplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench links}: 2D attention beside a ring and beside Ulysses where nodes are further apart than ranks. */
@Command(
        name = "links",
        description = {
            "2D attention beside a ring and beside Ulysses alone: 4 ranks in 2 nodes, forward and backward.",
            "Links are slowed down to the proportions of H100 nodes, 900 to 50 GB/s, beside what a rank computes here."
        },
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class BenchLinksCommand implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final double MIB = 1 << 20;

    private final LongSupplier clockNs;

    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--tokens",
            paramLabel = "N",
            split = ",",
            description = "Lengths of the document (default: 1024,2048,4096,8192).")
    private List<Integer> tokens = List.of(1024, 2048, 4096, 8192);

    @Option(names = "--heads", paramLabel = "N", description = "Query heads (default: ${DEFAULT-VALUE}).")
    private int heads = 16;

    @Option(
            names = "--kv",
            paramLabel = "N",
            description = "Key/value heads; fewer than 4 have to be sent to several ranks (default: ${DEFAULT-VALUE}).")
    private int kv = 4;

    @Option(names = "--dim", paramLabel = "N", description = "Width of a head (default: ${DEFAULT-VALUE}).")
    private int dim = 64;

    @Option(
            names = "--runs",
            paramLabel = "N",
            description = "Measured of each; their median counts (default: ${DEFAULT-VALUE}).")
    private int runs = 5;

    @Option(names = "--json", description = "One JSON object.")
    private boolean json;

    BenchLinksCommand() {
        this(BenchCommand.CLOCK_NS);
    }

    BenchLinksCommand(LongSupplier clockNs) {
        this.clockNs = clockNs;
    }

    @Override
    public Integer call() {
        List<LinksBench.Setting> settings = tokens.stream()
                .map(length -> new LinksBench.Setting(length, heads, kv, dim, runs))
                .toList();
        Device device = Devices.cpu();
        double gflopsPerRank =
                MachineLimits.measure(device, LinksBench.RANKS, clockNs).gflops() / LinksBench.RANKS;
        Links links = LinksBench.links(gflopsPerRank);
        ObjectNode all = JSON.createObjectNode()
                .put("gflopsPerRank", gflopsPerRank)
                .put("intraMib", mib(links.limits().intraNode()))
                .put("interMib", mib(links.limits().interNode()));
        ArrayNode rows = all.putArray("rows");
        say(header(gflopsPerRank, links));
        for (LinksBench.Setting setting : settings) {
            LinksBench.Row row = LinksBench.run(setting, links, device, clockNs);
            rows.add(object(row));
            say(line(row));
        }
        if (json) {
            PrintWriter out = spec.commandLine().getOut();
            out.println(all);
            out.flush();
        }
        return Main.OK;
    }

    private void say(String line) {
        if (!json) {
            PrintWriter out = spec.commandLine().getOut();
            out.println(line);
            out.flush();
        }
    }

    private static double mib(Limit limit) {
        return limit.bytesPerSecond() / MIB;
    }

    private static String header(double gflopsPerRank, Links links) {
        return String.format(
                Locale.ROOT,
                """
                4 ranks in 2 nodes, %.1f GFLOP/s a rank; each sends %.1f MiB/s inside its node and %.1f to the other one.
                Ranks beyond the cores share them: all ways compute the same in the same time, and differ in what they send.

                %8s %12s %12s %12s %12s %10s %13s""",
                gflopsPerRank,
                mib(links.limits().intraNode()),
                mib(links.limits().interNode()),
                "tokens",
                "ring 4 (s)",
                "Ulysses 4",
                "2D 2 x 2",
                "2D unslowed",
                "ring / 2D",
                "Ulysses / 2D");
    }

    private static String line(LinksBench.Row row) {
        return String.format(
                Locale.ROOT,
                "%8d %12.4f %12.4f %12.4f %12.4f %10.2f %13.2f",
                row.setting().tokens(),
                row.ringSeconds(),
                row.ulyssesSeconds(),
                row.bothSeconds(),
                row.unslowedSeconds(),
                row.ringToBoth(),
                row.ulyssesToBoth());
    }

    private static ObjectNode object(LinksBench.Row row) {
        return JSON.createObjectNode()
                .put("tokens", row.setting().tokens())
                .put("ringSeconds", row.ringSeconds())
                .put("ulyssesSeconds", row.ulyssesSeconds())
                .put("bothSeconds", row.bothSeconds())
                .put("unslowedSeconds", row.unslowedSeconds())
                .put("ringToBoth", row.ringToBoth())
                .put("ulyssesToBoth", row.ulyssesToBoth());
    }
}
