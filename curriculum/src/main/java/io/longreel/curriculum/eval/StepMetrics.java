package io.longreel.curriculum.eval;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One committed step of a run, as one line of {@code metrics.jsonl}. The fields are:
 *
 * <pre>
 *   stage          name of the stage                    stageIndex     its position in the run, from 0
 *   step           step in the stage, from 0            globalStep     step in the run, from 0
 *   loss           mean over the labelled tokens        labelledTokens how many those were, over the global batch
 *   tokens         after expansion of the frames        gradientNorm   global, before clipping
 *   learningRate   that was applied                     durationMs     wall time of the step
 *   waitedShare    of the ranks' time, 0 to 1: waiting for each other, which no computation hid
 *   snapshotMs     longest of a rank in this step, 0 when none was taken
 *   localBytes     sent by all ranks within processes   intraNodeBytes between processes of a node
 *   interNodeBytes between nodes; all payload
 *   documents      of all packed sequences              sequences      of all replicas
 *   fill           tokens / (sequences * context-tokens-max), 0 to 1
 *   frames         of all sequences                     framesEncoded  by vision towers
 *   framesReused   from what a frozen tower had made of them; with framesEncoded all frames
 *   decodeMs       longest of a rank: a decoding thread drew, packed and decoded its share of this step, mostly during earlier ones
 *   dataWaitMs     longest of a rank: its compute thread waited for its share
 *   tflops, mfu(%), memory/max_active(GiB), memory/max_arenas(GiB), sp/wait_local(s), sp/wait_intra_node(s), sp/wait_inter_node(s)
 *                  as docs/dashboard.md has them; a field that nobody knew is not there
 *   timestamp      when the step was committed: ISO 8601 (read also as milliseconds since 1970)
 * </pre>
 *
 * <p>All from waitedShare on are 0 in files of versions that did not measure them. Readers ignore other fields. A run that went back to a checkpoint has lines for a step twice: the later one holds.
 */
public record StepMetrics(
        String stage,
        int stageIndex,
        int step,
        int globalStep,
        double loss,
        long tokens,
        long labelledTokens,
        double gradientNorm,
        double learningRate,
        double durationMs,
        double waitedShare,
        double snapshotMs,
        long localBytes,
        long intraNodeBytes,
        long interNodeBytes,
        Instant timestamp,
        Data data,
        Map<String, Double> figures) {
    /** Figures that a step may have; what nobody knew has no field. */
    private static final List<String> FIGURES = List.of(
            "tflops",
            "mfu(%)",
            "memory/max_active(GiB)",
            "memory/max_arenas(GiB)",
            "sp/wait_local(s)",
            "sp/wait_intra_node(s)",
            "sp/wait_inter_node(s)");

    private static final JsonMapper JSON = new JsonMapper();

    /** What a step learned from, and what getting it took. */
    public record Data(
            long documents,
            long sequences,
            double fill,
            long frames,
            long framesEncoded,
            long framesReused,
            double decodeMs,
            double dataWaitMs) {
        /** Of a step of which nobody knows. */
        public static final Data UNKNOWN = new Data(0, 0, 0, 0, 0, 0, 0, 0);
    }

    public StepMetrics {
        figures = Collections.unmodifiableSortedMap(new TreeMap<>(figures));
    }

    /** A step of which nobody knows what its ranks used. */
    public StepMetrics(
            String stage,
            int stageIndex,
            int step,
            int globalStep,
            double loss,
            long tokens,
            long labelledTokens,
            double gradientNorm,
            double learningRate,
            double durationMs,
            double waitedShare,
            double snapshotMs,
            long localBytes,
            long intraNodeBytes,
            long interNodeBytes,
            Instant timestamp,
            Data data) {
        this(
                stage,
                stageIndex,
                step,
                globalStep,
                loss,
                tokens,
                labelledTokens,
                gradientNorm,
                learningRate,
                durationMs,
                waitedShare,
                snapshotMs,
                localBytes,
                intraNodeBytes,
                interNodeBytes,
                timestamp,
                data,
                Map.of());
    }

    /** A step of which nobody knows what it learned from. */
    public StepMetrics(
            String stage,
            int stageIndex,
            int step,
            int globalStep,
            double loss,
            long tokens,
            long labelledTokens,
            double gradientNorm,
            double learningRate,
            double durationMs,
            double waitedShare,
            double snapshotMs,
            long localBytes,
            long intraNodeBytes,
            long interNodeBytes,
            Instant timestamp) {
        this(
                stage,
                stageIndex,
                step,
                globalStep,
                loss,
                tokens,
                labelledTokens,
                gradientNorm,
                learningRate,
                durationMs,
                waitedShare,
                snapshotMs,
                localBytes,
                intraNodeBytes,
                interNodeBytes,
                timestamp,
                Data.UNKNOWN);
    }

    /** The step as one line of JSON, without a line break. */
    public String toJsonLine() {
        ObjectNode node = JSON.createObjectNode();
        node.put("stage", stage);
        node.put("stageIndex", stageIndex);
        node.put("step", step);
        node.put("globalStep", globalStep);
        node.put("loss", loss);
        node.put("tokens", tokens);
        node.put("labelledTokens", labelledTokens);
        node.put("gradientNorm", gradientNorm);
        node.put("learningRate", learningRate);
        node.put("durationMs", durationMs);
        node.put("waitedShare", waitedShare);
        node.put("snapshotMs", snapshotMs);
        node.put("localBytes", localBytes);
        node.put("intraNodeBytes", intraNodeBytes);
        node.put("interNodeBytes", interNodeBytes);
        node.put("documents", data.documents());
        node.put("sequences", data.sequences());
        node.put("fill", data.fill());
        node.put("frames", data.frames());
        node.put("framesEncoded", data.framesEncoded());
        node.put("framesReused", data.framesReused());
        node.put("decodeMs", data.decodeMs());
        node.put("dataWaitMs", data.dataWaitMs());
        figures.forEach(node::put);
        node.put("timestamp", timestamp.toString());
        return node.toString();
    }

    /** The step of one whole line. */
    public static StepMetrics fromJsonLine(String line) {
        try {
            return parse(JSON.readTree(line));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("not the line of a step: " + line, e);
        }
    }

    /** All steps of a file in order of {@code globalStep}, each once. A last line that was cut off by a crash does not count. */
    public static List<StepMetrics> read(Path file) {
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (IOException e) {
            throw RuntimeFailure.data("metrics %s cannot be read (%s); check the run directory".formatted(file, e));
        }
        TreeMap<Integer, StepMetrics> steps = new TreeMap<>();
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).isBlank()) {
                continue;
            }
            try {
                StepMetrics metrics = parse(JSON.readTree(lines.get(i)));
                steps.put(metrics.globalStep(), metrics);
            } catch (JsonProcessingException | IllegalArgumentException | java.time.DateTimeException e) {
                if (i < lines.size() - 1) {
                    throw RuntimeFailure.data(
                            "metrics %s, line %d is no step of a run; delete or mend the line".formatted(file, i + 1));
                }
            }
        }
        return List.copyOf(steps.values());
    }

    private static StepMetrics parse(JsonNode node) {
        if (!node.path("globalStep").isInt() || !node.path("stage").isTextual()) {
            throw new IllegalArgumentException("a step needs a stage and a number");
        }
        return new StepMetrics(
                node.path("stage").asText(),
                node.path("stageIndex").asInt(),
                node.path("step").asInt(),
                node.path("globalStep").asInt(),
                node.path("loss").asDouble(Double.NaN),
                node.path("tokens").asLong(),
                node.path("labelledTokens").asLong(),
                node.path("gradientNorm").asDouble(Double.NaN),
                node.path("learningRate").asDouble(),
                node.path("durationMs").asDouble(),
                node.path("waitedShare").asDouble(),
                node.path("snapshotMs").asDouble(),
                node.path("localBytes").asLong(),
                node.path("intraNodeBytes").asLong(),
                node.path("interNodeBytes").asLong(),
                timestamp(node.path("timestamp")),
                new Data(
                        node.path("documents").asLong(),
                        node.path("sequences").asLong(),
                        node.path("fill").asDouble(),
                        node.path("frames").asLong(),
                        node.path("framesEncoded").asLong(),
                        node.path("framesReused").asLong(),
                        node.path("decodeMs").asDouble(),
                        node.path("dataWaitMs").asDouble()),
                figures(node));
    }

    private static Map<String, Double> figures(JsonNode node) {
        Map<String, Double> figures = new TreeMap<>();
        FIGURES.stream()
                .filter(name -> node.path(name).isNumber())
                .forEach(name -> figures.put(name, node.path(name).asDouble()));
        return figures;
    }

    private static Instant timestamp(JsonNode node) {
        return node.isNumber() ? Instant.ofEpochMilli(node.asLong()) : Instant.parse(node.asText());
    }
}
