package io.longreel.runtime.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.plan.LongestSequence;
import io.longreel.config.plan.Paper;
import io.longreel.config.plan.PaperErrors;
import io.longreel.config.plan.PaperModel;
import io.longreel.config.plan.PaperModel.Prediction;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The paper's tables beside the planner, as lines for people or as JSON. */
final class PaperTable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> LATENCY_PARTS = List.of("vision", "products", "attention", "head");

    private PaperTable() {}

    static List<String> of(PaperModel model) {
        List<Prediction> predictions = model.predictions();
        List<String> lines = new ArrayList<>();
        lines.add(
                "Seconds per iteration: the paper's, the planner's, and by how much the latter is too high. OOM: out of memory.");
        lines.add("* fitted to this cell: " + fitted(model.paper()));
        for (int table : List.of(7, 8)) {
            lines.add("");
            lines.add("Table %d: Llama-3-8B, %s H100".formatted(table, table == 7 ? "32" : "64"));
            table(lines, predictions.stream().filter(p -> p.table() == table).toList());
        }
        lines.add("");
        errors(lines, predictions);
        lines.add("");
        latencies(lines, model);
        lines.add("");
        longest(lines, model);
        return lines;
    }

    private static String fitted(Paper paper) {
        return String.join(
                "; ",
                paper.fitted().stream()
                        .map(f -> "%s to table %d, %s, %dK".formatted(f.constant(), f.table(), f.column(), f.tokensK()))
                        .toList());
    }

    private static void table(List<String> lines, List<Prediction> predictions) {
        List<String> columns =
                predictions.stream().map(Prediction::column).distinct().toList();
        Map<Long, Map<String, Prediction>> rows = new TreeMap<>((a, b) -> Long.compare(b, a));
        predictions.forEach(
                p -> rows.computeIfAbsent(p.tokensK(), key -> new TreeMap<>()).put(p.column(), p));
        StringBuilder header = new StringBuilder("%6s".formatted("tokens"));
        columns.forEach(column -> header.append("  |%22s".formatted(column)));
        lines.add(header.toString());
        rows.forEach((length, row) -> {
            StringBuilder line = new StringBuilder("%5dK".formatted(length));
            columns.forEach(column -> line.append("  |").append(cell(row.get(column))));
            lines.add(line.toString());
        });
    }

    private static String cell(@Nullable Prediction p) {
        if (p == null) {
            return " ".repeat(22);
        }
        String error = p.error().isPresent() ? signed(p.error().getAsDouble()) : "";
        return "%7s%7s%8s"
                .formatted(seconds(p.paperSeconds()), seconds(p.predictedSeconds()), error + (p.fitted() ? "*" : " "));
    }

    private static void errors(List<String> lines, List<Prediction> predictions) {
        String row = "%5s  %-15s %6s %8s %8s %12s";
        lines.add("Errors from %dK on; rows by which out of memory comes too early or too late"
                .formatted(PaperErrors.FROM_K));
        lines.add(row.formatted("table", "column", "cells", "median", "worst", "memory rows"));
        for (PaperErrors e : PaperErrors.byColumn(predictions)) {
            lines.add(row.formatted(
                    e.table(), e.column(), e.cells(), percent(e.median()), percent(e.worst()), e.memorySteps()));
        }
        PaperErrors all = PaperErrors.overall(predictions);
        PaperErrors heldOut = PaperErrors.overall(
                predictions.stream().filter(p -> !p.fitted()).toList());
        lines.add(row.formatted(
                "both", "ring, ulysses, 2d", all.cells(), percent(all.median()), percent(all.worst()), ""));
        lines.add(row.formatted(
                "both", "... held out", heldOut.cells(), percent(heldOut.median()), percent(heldOut.worst()), ""));
    }

    private static void latencies(List<String> lines, PaperModel model) {
        lines.add("Table 10: milliseconds of a forward pass on one A100, paper and planner (nothing is fitted to it)");
        StringBuilder header = new StringBuilder("%-11s %6s".formatted("model", "frames"));
        LATENCY_PARTS.forEach(part -> header.append("  |%24s".formatted(part)));
        lines.add(header.toString());
        for (Paper.Latency row : model.paper().latencies()) {
            List<Double> planned = model.latencies(row);
            StringBuilder line =
                    new StringBuilder("%-11s %6d".formatted(row.model().name(), row.frames()));
            for (int i = 0; i < planned.size(); i++) {
                double measured = row.milliseconds().get(i);
                line.append(String.format(
                        Locale.ROOT,
                        "  |%8.1f %8.1f %6s",
                        measured,
                        planned.get(i),
                        signed(planned.get(i) / measured - 1)));
            }
            lines.add(line.toString());
        }
    }

    private static void longest(List<String> lines, PaperModel model) {
        lines.add(
                "Longest sequence of 2D attention (8 x GPUs/8), nothing computed again; the paper: over 2M tokens on 256 GPUs");
        String row = "%5s %14s %14s %14s";
        lines.add(row.formatted("GPUs", "A100-80", "H100-80", "s at 2M, H100"));
        for (LongestSequence.Row r : LongestSequence.of(model)) {
            lines.add(row.formatted(
                    r.gpus(),
                    String.format(Locale.ROOT, "%,d", r.a100Tokens()),
                    String.format(Locale.ROOT, "%,d", r.h100Tokens()),
                    r.secondsAt2M().isPresent()
                            ? PlanAnswerTable.number(r.secondsAt2M().getAsDouble())
                            : "OOM"));
        }
    }

    static ObjectNode json(PaperModel model) {
        List<Prediction> predictions = model.predictions();
        ObjectNode all = JSON.createObjectNode();
        ArrayNode cells = all.putArray("cells");
        for (Prediction p : predictions) {
            ObjectNode cell = cells.addObject()
                    .put("table", p.table())
                    .put("column", p.column())
                    .put("tokensK", p.tokensK());
            put(cell, "paperSeconds", p.paperSeconds());
            put(cell, "predictedSeconds", p.predictedSeconds());
            cell.put("fitted", p.fitted());
        }
        ArrayNode errors = all.putArray("errors");
        PaperErrors.byColumn(predictions)
                .forEach(e -> errors.addObject()
                        .put("table", e.table())
                        .put("column", e.column())
                        .put("cells", e.cells())
                        .put("median", e.median())
                        .put("worst", e.worst())
                        .put("memoryRows", e.memorySteps()));
        ArrayNode fitted = all.putArray("fitted");
        model.paper()
                .fitted()
                .forEach(f -> fitted.addObject()
                        .put("constant", f.constant())
                        .put("table", f.table())
                        .put("column", f.column())
                        .put("tokensK", f.tokensK()));
        ArrayNode latencies = all.putArray("latencies");
        for (Paper.Latency row : model.paper().latencies()) {
            ObjectNode node = latencies
                    .addObject()
                    .put("table", 10)
                    .put("model", row.model().name())
                    .put("frames", row.frames())
                    .put("tokens", row.tokens());
            List<Double> planned = model.latencies(row);
            for (int i = 0; i < planned.size(); i++) {
                node.putObject(LATENCY_PARTS.get(i))
                        .put("paperMs", row.milliseconds().get(i))
                        .put("predictedMs", planned.get(i));
            }
        }
        ArrayNode longest = all.putArray("longest");
        LongestSequence.of(model).forEach(r -> {
            ObjectNode node = longest.addObject()
                    .put("gpus", r.gpus())
                    .put("a100Tokens", r.a100Tokens())
                    .put("h100Tokens", r.h100Tokens());
            put(node, "secondsAt2M", r.secondsAt2M());
        });
        return all;
    }

    private static void put(ObjectNode node, String key, OptionalDouble value) {
        if (value.isPresent()) {
            node.put(key, value.getAsDouble());
        } else {
            node.putNull(key);
        }
    }

    private static String seconds(OptionalDouble seconds) {
        return seconds.isPresent() ? String.format(Locale.ROOT, "%.2f", seconds.getAsDouble()) : "OOM";
    }

    private static String signed(double share) {
        return String.format(Locale.ROOT, "%+.1f%%", 100 * share);
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }
}
