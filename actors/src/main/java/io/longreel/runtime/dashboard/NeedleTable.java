package io.longreel.runtime.dashboard;

import io.longreel.runtime.supervisor.CellOutcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** A needle test as lines of text: accuracy by depth (rows) and number of frames (columns). */
final class NeedleTable {
    private NeedleTable() {}

    static List<String> of(String name, List<CellOutcome> cells) {
        SortedMap<Double, SortedMap<Integer, CellOutcome>> byDepth = new TreeMap<>();
        cells.forEach(cell ->
                byDepth.computeIfAbsent(cell.depth(), depth -> new TreeMap<>()).put(cell.frames(), cell));
        int correct = cells.stream().mapToInt(CellOutcome::correct).sum();
        int total = cells.stream().mapToInt(CellOutcome::total).sum();
        List<String> lines = new ArrayList<>();
        lines.add(String.format(
                Locale.ROOT,
                "%s: accuracy %.3f (%d of %d)",
                name,
                total == 0 ? 0 : (double) correct / total,
                correct,
                total));
        StringBuilder header = new StringBuilder("  depth \\ frames");
        byDepth.values().stream()
                .findFirst()
                .ifPresent(row -> row.keySet().forEach(frames -> header.append("%7d".formatted(frames))));
        lines.add(header.toString());
        for (Map.Entry<Double, SortedMap<Integer, CellOutcome>> row : byDepth.entrySet()) {
            StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "  %14.2f", row.getKey()));
            row.getValue()
                    .values()
                    .forEach(cell -> line.append(
                            String.format(Locale.ROOT, "%7.2f", (double) cell.correct() / Math.max(1, cell.total()))));
            lines.add(line.toString());
        }
        return lines;
    }
}
