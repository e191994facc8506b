package io.longreel.config;

import com.typesafe.config.Config;
import io.longreel.config.plan.MeshChoice;
import io.longreel.config.plan.Method;
import io.longreel.config.plan.Paper;
import io.longreel.config.plan.Paper.Cell;
import io.longreel.config.plan.Paper.Column;
import io.longreel.config.plan.Paper.Fitted;
import io.longreel.config.plan.Paper.Latency;
import io.longreel.config.plan.PaperModel;
import io.longreel.config.topology.Mesh;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;

/** Reads {@code plan/paper.conf}, which comes with the program: a fault in it is a bug. */
public final class PaperReader {
    private static final int ZERO_STAGE = 3;

    private PaperReader() {}

    /** The paper beside the planner, with the constants that are in force. */
    public static PaperModel model() {
        return new PaperModel(
                paper(),
                PlanPresets.model("llama3-8b"),
                PlanPresets.cluster("h100-80", 8),
                PlanPresets.cluster("a100-80", 8),
                PlanPresets.fitted());
    }

    static Paper paper() {
        Config root = PlanPresets.resource("paper");
        return new Paper(
                root.getConfigList("columns").stream().map(PaperReader::column).toList(),
                root.getConfigList("fitted").stream()
                        .map(cell -> new Fitted(
                                cell.getString("constant"),
                                cell.getInt("table"),
                                cell.getString("column"),
                                cell.getLong("length")))
                        .toList(),
                root.getConfigList("latencies").stream()
                        .map(row -> new Latency(
                                PlanPresets.model(row.getString("model")),
                                row.getInt("frames"),
                                row.getLong("tokens"),
                                row.getDoubleList("milliseconds")))
                        .toList());
    }

    private static Column column(Config column) {
        Config seconds = column.getConfig("seconds");
        List<Cell> cells = seconds.root().keySet().stream()
                .map(length -> new Cell(
                        Long.parseLong(length),
                        seconds.getIsNull(length)
                                ? OptionalDouble.empty()
                                : OptionalDouble.of(seconds.getDouble(length))))
                .sorted(Comparator.comparingLong(Cell::tokensK).reversed())
                .toList();
        return new Column(
                column.getInt("table"),
                column.getString("column"),
                method(column.getString("method")),
                PlanPresets.software(column.getString("software")),
                column.getInt("gpus"),
                new MeshChoice(
                        new Mesh(1, column.getInt("ring"), column.getInt("ulysses")),
                        column.getInt("tensor"),
                        ZERO_STAGE,
                        false),
                cells);
    }

    private static Method method(String word) {
        return Arrays.stream(Method.values())
                .filter(method -> method.word().equals(word))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no such method: " + word));
    }
}
