package io.longreel.config.plan;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** LongVILA's published measurements, as plan/paper.conf has them. */
public record Paper(List<Column> columns, List<Fitted> fitted, List<Latency> latencies) {
    /** The paper's K. */
    public static final long K = 1024;

    public Paper {
        columns = List.copyOf(columns);
        fitted = List.copyOf(fitted);
        latencies = List.copyOf(latencies);
    }

    public Column column(int table, String name) {
        return columns.stream()
                .filter(column -> column.table() == table && column.name().equals(name))
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException("no such column: table=%d column=%s".formatted(table, name)));
    }

    public boolean isFitted(Column column, long tokensK) {
        return fitted.stream()
                .anyMatch(cell -> cell.table() == column.table()
                        && cell.column().equals(column.name())
                        && cell.tokensK() == tokensK);
    }

    /**
     * A way of training, and what its iterations took.
     *
     * @param cells longest first
     */
    public record Column(
            int table, String name, Method method, Software software, int gpus, MeshChoice choice, List<Cell> cells) {
        public Column {
            cells = List.copyOf(cells);
        }
    }

    /**
     * @param tokensK length in K tokens
     * @param seconds of an iteration; empty: out of memory
     */
    public record Cell(long tokensK, OptionalDouble seconds) {}

    /** A cell that a constant was fitted to. */
    public record Fitted(String constant, int table, String column, long tokensK) {}

    /**
     * Table 10: a forward pass on one GPU.
     *
     * @param milliseconds of vision tower and projector, products, attention, head
     */
    public record Latency(ModelShape model, int frames, long tokens, List<Double> milliseconds) {
        public Latency {
            milliseconds = List.copyOf(milliseconds);
        }
    }

    Optional<Fitted> fittedFor(String constant) {
        return fitted.stream().filter(cell -> cell.constant().equals(constant)).findFirst();
    }
}
