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

/** {@code bench all}: steps, attention, answers, decoding, exchanges and videos in several sizes, each in a process of its own. */
@Command(
        name = "all",
        description =
                "Measures steps, attention, answers, decoding, exchanges and videos in several sizes, as tables; takes some minutes.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
final class BenchAllCommand implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final double MIB = 1 << 20;

    /**
     * What is measured; its arguments are those of {@code bench}.
     *
     * @param peer those of {@code docs/peer/run} for the same work; empty when there is none
     */
    private record Row(String work, String arguments, String peer) {
        Row(String work, String arguments) {
            this(work, arguments, "");
        }
    }

    /** Some hundred steps of a few milliseconds each, for a median that stays. */
    private static final String MANY = " --steps 200";

    private static final String ATTENTION = "attention --tokens 8192 --threads 2";

    private static final List<Row> ROWS = List.of(
            step("tiny", 64, "f32", "", MANY),
            step("small", 64, "f32", "", ""),
            step("small", 256, "f32", "", ""),
            step("small", 256, "f32", " --recompute all", ""),
            step("small", 64, "bf16", "", ""),
            step("small", 256, "bf16", "", ""),
            new Row(
                    "attention, 8,192 tokens, 1 rank",
                    "attention --world 1 --ring 1",
                    "attention --tokens 8192 --threads 1"),
            new Row("attention, 8,192 tokens, ring 2", "attention --world 2 --ring 2", ATTENTION),
            new Row("attention, 8,192 tokens, Ulysses 2", "attention --world 2 --ring 1", ATTENTION),
            new Row("attention, 8,192 tokens, 2 x 2", "attention --world 4 --ring 2", ATTENTION),
            new Row(
                    "attention, 1,024 tokens, ring 2",
                    "attention --world 2 --ring 2 --tokens 1024",
                    "attention --tokens 1024 --threads 2 --iters 20"),
            new Row(
                    "attention, 1,024 tokens, Ulysses 2",
                    "attention --world 2 --ring 1 --tokens 1024",
                    "attention --tokens 1024 --threads 2 --iters 20"));

    /** A step of two ranks beside one of PyTorch's with two threads, which keeps all activations. */
    private static Row step(String size, int frames, String dtype, String recompute, String steps) {
        String common = "step --size %s --frames %d --threads 2".formatted(size, frames);
        boolean isNarrow = dtype.equals("bf16");
        return new Row(
                "step, %s, %d frames%s%s"
                        .formatted(size, frames, isNarrow ? ", bf16" : "", recompute.isEmpty() ? "" : ", recompute"),
                common + (isNarrow ? " --dtype bf16" : "") + recompute + steps,
                common + " --dtype " + dtype + steps);
    }

    private static final List<Row> EXCHANGES = List.of(
            new Row("exchange, threads of a process", "exchange --between threads"),
            new Row("exchange, processes of a node", "exchange --between processes"),
            new Row("exchange, nodes over loopback UDP", "exchange --between nodes"));

    private static final List<Row> ANSWERS = List.of(
            answer("tiny", 64, "1 rank", "", " --threads 1 --runs 20"),
            answer("small", 256, "1 rank", "", " --threads 1"),
            answer("small", 256, "ring 2", " --mesh ring=2", " --threads 2"),
            answer("small", 256, "Ulysses 2", " --mesh ulysses=2", " --threads 2"),
            answer("small", 256, "2 x 2", " --mesh ring=2,ulysses=2", " --threads 2"));

    private static Row answer(String size, int frames, String ranks, String mesh, String peer) {
        String common = "generate --size %s --frames %d".formatted(size, frames);
        return new Row("answer, %s, %d frames, %s".formatted(size, frames, ranks), common + mesh, common + peer);
    }

    private static final Row DECODE = new Row("decode, 65,536 tokens, 1 rank", "decode");

    private static final Row VIDEO = new Row("video, 720p to 384 x 384, 1 thread", "video");

    @Spec
    private final CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--pytorch",
            description = "Beside PyTorch, measured in turns by docs/peer (some hundred MB at the first time).")
    private boolean pytorch;

    @Option(names = "--json", description = "One JSON array.")
    private boolean json;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        say(out, heading());
        ArrayNode all = JSON.createArrayNode();
        for (Row row : ROWS) {
            ObjectNode result = added(all, row);
            if (pytorch && !row.peer().isEmpty()) {
                result.set("pytorch", BenchProcess.measuredByPyTorch(row.peer()));
            }
            say(out, line(result));
        }
        sayAnswers(out, all);
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

    private void sayAnswers(PrintWriter out, ArrayNode all) {
        say(
                out,
                String.format(
                        Locale.ROOT,
                        "%n%-36s %9s %7s %7s %9s %7s %7s%s",
                        "work",
                        "prompt s",
                        "share",
                        "ideal",
                        "token ms",
                        "share",
                        "ideal",
                        pytorch ? "  PyTorch s    time        ms    time" : ""));
        for (Row row : ANSWERS) {
            ObjectNode result = added(all, row);
            if (pytorch) {
                result.set("pytorch", BenchProcess.measuredByPyTorch(row.peer()));
            }
            say(out, answerLine(result));
        }
    }

    /** Work of all ranks over that of one is 1 where there is but one. */
    private static String answerLine(JsonNode result) {
        double prompt = result.path("firstTokenSeconds").asDouble();
        double token = result.path("decodeSeconds").asDouble();
        JsonNode peer = result.path("pytorch");
        double peerPrompt = peer.path("firstTokenSeconds").asDouble();
        double peerToken = peer.path("decodeSeconds").asDouble();
        String own = String.format(
                Locale.ROOT,
                "%-36s %9.4f %6.1f%% %7.2f %9.3f %6.1f%% %7.2f",
                result.path("work").asText(),
                prompt,
                100 * result.path("shareOfLimit").asDouble(),
                result.path("promptToIdeal").asDouble(1),
                1e3 * token,
                100 * result.path("shareOfReadLimit").asDouble(),
                result.path("decodeToIdeal").asDouble(1));
        return peer.isMissingNode()
                ? own
                : own
                        + String.format(
                                Locale.ROOT,
                                "  %9.4f %7.2f %9.3f %7.2f",
                                peerPrompt,
                                prompt / peerPrompt,
                                1e3 * peerToken,
                                token / peerToken);
    }

    private static ObjectNode added(ArrayNode all, Row row) {
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

    private String heading() {
        String own = String.format(
                Locale.ROOT, "%-36s %9s %9s %9s %9s %10s", "work", "seconds", "GFLOP/s", "limit", "share", "peak MiB");
        return pytorch
                ? own + String.format(Locale.ROOT, " %9s %10s %7s %7s", "PyTorch s", "peak MiB", "time", "peak")
                : own;
    }

    private static String line(JsonNode result) {
        JsonNode peer = result.path("pytorch");
        String beside = peer.isMissingNode()
                ? ""
                : String.format(
                        Locale.ROOT,
                        " %9.4f %10s %7.2f %7s",
                        BenchProcess.seconds(peer),
                        peak(peer),
                        BenchProcess.seconds(result) / BenchProcess.seconds(peer),
                        result.has("peakBytes")
                                ? String.format(
                                        Locale.ROOT,
                                        "%.2f",
                                        result.path("peakBytes").asDouble()
                                                / peer.path("peakBytes").asDouble())
                                : "-");
        return own(result) + beside;
    }

    private static String peak(JsonNode result) {
        return result.has("peakBytes")
                ? String.format(Locale.ROOT, "%.0f", result.path("peakBytes").asDouble() / MIB)
                : "-";
    }

    private static String own(JsonNode result) {
        return String.format(
                Locale.ROOT,
                "%-36s %9.4f %9.1f %9.1f %8.1f%% %10s",
                result.path("work").asText(),
                BenchProcess.seconds(result),
                result.path("gflops").asDouble(),
                result.path("limitGflops").asDouble(),
                100 * result.path("shareOfLimit").asDouble(),
                peak(result));
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
