package io.longreel.model.verify;

import io.longreel.model.verify.VerificationReport.AttentionRow;
import io.longreel.model.verify.VerificationReport.ControlRow;
import io.longreel.model.verify.VerificationReport.Errors;
import io.longreel.model.verify.VerificationReport.MeshRow;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A report as Markdown tables that are legible as they are. */
final class ReportTable {
    private static final int FAILURES_MAX = 40;

    private final VerificationReport report;
    private final List<String> lines = new ArrayList<>();

    ReportTable(VerificationReport report) {
        this.report = report;
    }

    List<String> lines() {
        attention();
        totals();
        coverage();
        controls();
        others();
        meshes();
        failures();
        return lines;
    }

    private void attention() {
        add("| %-30s | %-10s | %-8s | %-25s | %-8s | %-25s | %-6s | %-7s | %-8s | %-6s |"
                .formatted(
                        "mask",
                        "layout",
                        "f32",
                        "out     lse     gradients",
                        "bf16",
                        "out     lse     gradients",
                        "pairs",
                        "bytes",
                        "formula",
                        "uneven"));
        add("|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|"
                .formatted(
                        "-".repeat(32),
                        "-".repeat(12),
                        "-".repeat(9) + ":",
                        "-".repeat(27),
                        "-".repeat(9) + ":",
                        "-".repeat(27),
                        "-".repeat(7) + ":",
                        "-".repeat(8) + ":",
                        "-".repeat(9) + ":",
                        "-".repeat(7) + ":"));
        for (AttentionRow row : report.attention()) {
            add("| %-30s | %-10s | %8d | %-25s | %8d | %-25s | %6.3f | %7.5f | %8s | %6.2f |"
                    .formatted(
                            row.mask(),
                            row.layout(),
                            row.f32().cases(),
                            errors(row.f32()),
                            row.bf16().cases(),
                            errors(row.bf16()),
                            row.pairsRatio(),
                            row.bytesRatio(),
                            row.closedFormCases() == 0 ? "-" : "%.2f%%".formatted(100 * row.closedFormDeviation()),
                            row.imbalance()));
        }
        add("");
    }

    private void totals() {
        VerificationReport.Grid grid = report.grid();
        add("attention: %d of %d cases hold (grid %d, public tests %d); %d combinations of values, %d of them excluded"
                .formatted(
                        grid.passed(),
                        grid.cases(),
                        grid.gridCases(),
                        grid.publicCases(),
                        grid.combinations(),
                        grid.excluded()));
        add("pairs: required %,d executed %,d (ratio %.4f, worst case %.4f)"
                .formatted(
                        grid.requiredPairs(),
                        grid.executedPairs(),
                        (double) grid.executedPairs() / Math.max(1, grid.requiredPairs()),
                        grid.worstPairsRatio()));
        add("bytes: sent %,d formula %,d".formatted(grid.sentBytes(), grid.formulaBytes()));
    }

    private void coverage() {
        VerificationReport.Coverage coverage = report.coverage();
        add(
                "coverage: %,d configurations of %d lengths, %,d pairs, each computed once and no other; wrong configurations %d"
                        .formatted(
                                coverage.configurations(),
                                coverage.lengths(),
                                coverage.pairs(),
                                coverage.wrongConfigurations()));
    }

    private void others() {
        VerificationReport.Redistribution moved = report.redistribution();
        add("redistribution: %d cases, %,d of %,d media rows moved, %,d bytes there and back, %,d labels, %d failures"
                .formatted(
                        moved.cases(),
                        moved.movedRows(),
                        moved.mediaRows(),
                        moved.sentBytes(),
                        moved.labels(),
                        moved.failures()));
        VerificationReport.ArrivalOrder order = report.arrivalOrder();
        add("arrival order: %d cases, %d more runs of them with %,d frames held back, same bits but for %d"
                .formatted(order.cases(), order.runs(), order.heldFrames(), order.failures()));
    }

    /** One line per mistake: under every mask it must be found. */
    private void controls() {
        Map<String, List<ControlRow>> byName = new LinkedHashMap<>();
        for (ControlRow row : report.controls()) {
            byName.computeIfAbsent(row.name(), name -> new ArrayList<>()).add(row);
        }
        for (Map.Entry<String, List<ControlRow>> entry : byName.entrySet()) {
            List<ControlRow> rows = entry.getValue();
            if (entry.getKey().equals(Controls.PUBLISHED)) {
                rows.forEach(row -> add("control: %s %s found, wrong rows %.1f%%"
                        .formatted(row.name(), row.subject(), 100 * row.wrongRows())));
            } else {
                double wrongRows =
                        rows.stream().mapToDouble(ControlRow::wrongRows).max().orElse(0);
                add("control: %-27s found in %d of %d trials, under %d of %d masks%s"
                        .formatted(
                                entry.getKey(),
                                rows.stream().mapToInt(ControlRow::found).sum(),
                                rows.stream().mapToInt(ControlRow::trials).sum(),
                                rows.stream()
                                        .filter(r -> r.found() >= r.needed())
                                        .count(),
                                rows.size(),
                                wrongRows > 0 ? ", wrong rows up to %.1f%%".formatted(100 * wrongRows) : ""));
            }
        }
    }

    private void meshes() {
        add("");
        add("| %-30s | %-8s | %-5s | %-17s | %-25s |"
                .formatted(
                        "same sequence on other meshes",
                        "exchange",
                        "sums",
                        "equal to one rank",
                        "out     lse     gradients"));
        add("|%s|%s|%s|%s|%s|"
                .formatted("-".repeat(32), "-".repeat(10), "-".repeat(7), "-".repeat(18) + ":", "-".repeat(27)));
        for (MeshRow row : report.meshes()) {
            add("| %-30s | %-8s | %-5s | %17s | %-25s |"
                    .formatted(
                            row.mask(),
                            row.exchange().toLowerCase(Locale.ROOT),
                            row.exact() ? "exact" : "fast",
                            row.equal() + " of " + row.results(),
                            errors(row.difference())));
        }
    }

    private void failures() {
        add("");
        report.failures().stream().limit(FAILURES_MAX).forEach(failure -> add("FAILED " + failure));
        if (report.failures().size() > FAILURES_MAX) {
            add("FAILED and %d more".formatted(report.failures().size() - FAILURES_MAX));
        }
        add("device=%s seed=%d all=%b seconds=%.0f failures=%d"
                .formatted(
                        report.device(),
                        report.seed(),
                        report.all(),
                        report.seconds(),
                        report.failures().size()));
    }

    private static String errors(Errors errors) {
        return errors.cases() == 0 ? "-" : "%.1e %.1e %.1e".formatted(errors.out(), errors.lse(), errors.gradients());
    }

    private void add(String line) {
        lines.add(line);
    }
}
