package io.longreel.config.plan;

import io.longreel.config.plan.Paper.Cell;
import io.longreel.config.plan.Paper.Column;
import io.longreel.config.plan.Paper.Latency;
import io.longreel.config.topology.Mesh;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The planner's answer to every cell of the paper's tables.
 *
 * @param model Llama-3-8B, text alone (paper, section 5.1.1)
 * @param h100 nodes of eight; the columns say how many GPUs
 * @param a100 for Table 10
 */
public record PaperModel(Paper paper, ModelShape model, ClusterSpec h100, ClusterSpec a100, FittedConstants constants) {

    /** The step behind a cell. */
    public StepCase step(Column column, long tokensK) {
        ClusterSpec cluster =
                h100.withHardware(constants.applied(h100.hardware())).withGpus(column.gpus());
        return new StepCase(
                model.withoutVision(),
                cluster,
                constants.applied(column.software(), column.method().isMegatron()),
                Workload.text(tokensK * Paper.K),
                column.method(),
                column.choice());
    }

    /** Seconds of an iteration, whether or not it fits. */
    public double seconds(Column column, long tokensK) {
        return CostModel.of(step(column, tokensK)).seconds();
    }

    public boolean fits(Column column, long tokensK) {
        return MemoryModel.of(step(column, tokensK)).fits();
    }

    /** All cells of tables 7 and 8, in the order of the file. */
    public List<Prediction> predictions() {
        List<Prediction> all = new ArrayList<>();
        for (Column column : paper.columns()) {
            for (Cell cell : column.cells()) {
                long k = cell.tokensK();
                all.add(new Prediction(
                        column.table(),
                        column.name(),
                        k,
                        cell.seconds(),
                        fits(column, k) ? OptionalDouble.of(seconds(column, k)) : OptionalDouble.empty(),
                        paper.isFitted(column, k)));
            }
        }
        return List.copyOf(all);
    }

    /** Milliseconds of the four parts of Table 10. */
    public List<Double> latencies(Latency row) {
        ModelShape shape = row.model();
        StepCase step = new StepCase(
                shape,
                a100.withGpus(1),
                paper.column(7, "2d").software(),
                new Workload(row.tokens(), row.frames(), 1, new Workload.Trains(false, false, false)),
                Method.TWO_D,
                MeshChoice.of(Mesh.single()));
        Hardware hardware = a100.hardware();
        DecoderWork work = DecoderWork.of(step);
        double head = 2 * shape.headParameters() * row.tokens() / hardware.productFlops();
        return List.of(
                1e3 * VisionWork.of(step).seconds(),
                1e3 * (work.linearForward() - head),
                1e3 * work.attentionForward(),
                1e3 * head);
    }

    /**
     * A cell, and what the planner says.
     *
     * @param paperSeconds empty: out of memory; so with {@code predictedSeconds}
     * @param fitted whether a constant was fitted to it
     */
    public record Prediction(
            int table,
            String column,
            long tokensK,
            OptionalDouble paperSeconds,
            OptionalDouble predictedSeconds,
            boolean fitted) {

        /** Share by which the prediction is too high; empty where one of both is out of memory. */
        public OptionalDouble error() {
            return paperSeconds.isPresent() && predictedSeconds.isPresent()
                    ? OptionalDouble.of(predictedSeconds.getAsDouble() / paperSeconds.getAsDouble() - 1)
                    : OptionalDouble.empty();
        }
    }
}
