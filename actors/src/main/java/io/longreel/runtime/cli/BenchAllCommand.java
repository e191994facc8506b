package io.longreel.runtime.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench all}: steps, attention, decoding, exchanges and videos in several sizes, each in a process of its own. */
@Command(
        name = "all",
        description =
                "Measures steps, attention, decoding, exchanges and videos in several sizes, as tables; takes some minutes.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class BenchAllCommand implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final double MIB = 1 << 20;

    /** What is measured; its arguments are those of {@code bench}. */
    private record Row(String work, String arguments) {}

    private static final List<Row> ROWS = List.of(
            new Row("step, tiny, 64 frames", "step --size tiny --frames 64"),
            new Row("step, small, 64 frames", "step --size small --frames 64"),
            new Row("step, small, 256 frames", "step --size small --frames 256"),
            new Row("step, small, 64 frames, bf16", "step --size small --frames 64 --dtype bf16"),
            new Row("step, small, 256 frames, bf16", "step --size small --frames 256 --dtype bf16"),
            new Row("attention, 8,192 tokens, 1 rank", "attention --world 1 --ring 1"),
            new Row("attention, 8,192 tokens, ring 2", "attention --world 2 --ring 2"),
            new Row("attention, 8,192 tokens, Ulysses 2", "attention --world 2 --ring 1"),
            new Row("attention, 8,192 tokens, 2 x 2", "attention --world 4 --ring 2"),
            new Row("attention, 1,024 tokens, ring 2", "attention --world 2 --ring 2 --tokens 1024"),
            new Row("attention, 1,024 tokens, Ulysses 2", "attention --world 2 --ring 1 --tokens 1024"));

    private static final List<Row> EXCHANGES = List.of(
            new Row("exchange, threads of a process", "exchange --between threads"),
            new Row("exchange, processes of a node", "exchange --between processes"),
            new Row("exchange, nodes over loopback UDP", "exchange --between nodes"));

    private static final Row DECODE = new Row("decode, 65,536 tokens, 1 rank", "decode");

    private static final Row VIDEO = new Row("video, 720p to 384 x 384, 1 thread", "video");

    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Option(names = "--json", description = "One JSON array.")
    private boolean json;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        if (!json) {
            out.printf("%-36s %9s %9s %9s %9s %10s%n", "work", "seconds", "GFLOP/s", "limit", "share", "peak MiB");
            out.flush();
        }
        ArrayNode all = JSON.createArrayNode();
        for (Row row : ROWS) {
            say(out, line(added(all, row)));
        }
        say(out, String.format(Locale.ROOT, "%n%-36s %9s %9s %9s %9s", "work", "seconds", "GB/s", "limit", "share"));
        say(out, decodeLine(added(all, DECODE)));
        say(out, String.format(Locale.ROOT, "%n%-36s %9s %9s %9s %9s", "work", "MiB", "GB/s", "limit", "share"));
        for (Row row : EXCHANGES) {
            JsonNode result = added(all, row);
            result.path("sizes")
                    .forEach(size -> say(out, exchangeLine(result.path("work").asText(), size)));
        }
        say(out, String.format(Locale.ROOT, "%n%-36s %9s %9s %9s %9s", "work", "frames", "frames/s", "limit", "share"));
        say(out, videoLine(added(all, VIDEO)));
        if (json) {
            out.println(all);
            out.flush();
        }
        return Main.OK;
    }

    private static JsonNode added(ArrayNode all, Row row) {
        ObjectNode result = JSON.createObjectNode().put("work", row.work());
        result.setAll((ObjectNode) BenchProcess.measured(row.arguments()));
        all.add(result);
        return result;
    }

    private void say(PrintWriter out, String line) {
        if (!json) {
            out.println(line);
            out.flush();
        }
    }

    private static String line(JsonNode result) {
        String peak = result.has("peakBytes")
                ? String.format(Locale.ROOT, "%.0f", result.path("peakBytes").asDouble() / MIB)
                : "-";
        return String.format(
                Locale.ROOT,
                "%-36s %9.4f %9.1f %9.1f %8.1f%% %10s",
                result.path("work").asText(),
                BenchProcess.seconds(result),
                result.path("gflops").asDouble(),
                result.path("limitGflops").asDouble(),
                100 * result.path("shareOfLimit").asDouble(),
                peak);
    }

    private static String decodeLine(JsonNode result) {
        return String.format(
                Locale.ROOT,
                "%-36s %9.4f %9.2f %9.2f %8.1f%%",
                result.path("work").asText(),
                BenchProcess.seconds(result),
                result.path("gigabytesPerSecond").asDouble(),
                result.path("limitGigabytesPerSecond").asDouble(),
                100 * result.path("shareOfLimit").asDouble());
    }

    private static String exchangeLine(String work, JsonNode size) {
        return String.format(
                Locale.ROOT,
                "%-36s %9d %9.2f %9.2f %8.1f%%",
                work,
                size.path("mib").asInt(),
                size.path("gigabytesPerSecond").asDouble(),
                size.path("limitGigabytesPerSecond").asDouble(),
                100 * size.path("shareOfLimit").asDouble());
    }

    private static String videoLine(JsonNode result) {
        return String.format(
                Locale.ROOT,
                "%-36s %9d %9.0f %9.0f %8.1f%%",
                result.path("work").asText(),
                result.path("frames").asLong(),
                result.path("framesPerSecond").asDouble(),
                result.path("limitFramesPerSecond").asDouble(),
                100 * result.path("shareOfLimit").asDouble());
    }
}
