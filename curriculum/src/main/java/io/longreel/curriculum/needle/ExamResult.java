package io.longreel.curriculum.needle;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.curriculum.eval.NeedleResults;
import io.longreel.model.checkpoint.DurableFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** All cells of a test of needles, by length and then by depth. */
public record ExamResult(ExamSettings settings, List<CellResult> cells) {
    private static final String JSON_NAME = "needle.json";
    private static final String PNG_NAME = "needle.png";

    public ExamResult {
        cells = List.copyOf(cells);
    }

    public int tests() {
        return cells.stream().mapToInt(cell -> cell.tests().size()).sum();
    }

    public int correct() {
        return cells.stream().mapToInt(CellResult::correct).sum();
    }

    public int exact() {
        return cells.stream().mapToInt(CellResult::exact).sum();
    }

    public Path json() {
        return settings.out().resolve(JSON_NAME);
    }

    public Path png() {
        return settings.out().resolve(PNG_NAME);
    }

    /** Writes both files, each whole or not at all. */
    void write() {
        ObjectNode root = new ObjectMapper().createObjectNode();
        root.put("model", settings.model().toString());
        ArrayNode haystack = root.putArray("haystack");
        settings.haystack().forEach(file -> haystack.add(file.toString()));
        root.put("framesPerSecondMax", settings.framesPerSecondMax());
        root.put("needles", settings.needles().map(Path::toString).orElse("cards"));
        root.put("by", settings.by().name().toLowerCase(Locale.ROOT));
        root.put("tests", tests());
        root.put("accuracy", share(correct()));
        root.put("exactAccuracy", share(exact()));
        ArrayNode array = root.putArray("cells");
        cells.forEach(cell -> array.add(CellStore.json(cell)));
        DurableFile.write(json(), (root.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8));
        NeedleResults map = new NeedleResults(
                "needle",
                cells.stream()
                        .map(cell -> new NeedleResults.Cell(
                                cell.frames(),
                                cell.depth(),
                                cell.correct(),
                                cell.tests().size()))
                        .toList());
        map.writePng(png(), "Needles in " + settings.title());
    }

    private double share(int count) {
        return tests() == 0 ? 0 : (double) count / tests();
    }
}
