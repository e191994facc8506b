package io.longreel.config.plan;

import io.longreel.config.topology.Mesh;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/** The right half of the paper's Figure 9: how long a sequence may get with the number of GPUs. Pure. */
public final class LongestSequence {
    private static final int PER_NODE = 8;
    private static final int NODES_MAX = 32;
    private static final long TWO_MILLION = 2L << 20;

    private LongestSequence() {}

    /**
     * @param h100Tokens of 2D attention, {@code a100Tokens} likewise
     * @param ringTokens of a flat ring, {@code ulyssesTokens} of heads alone, at most as many ranks as heads; both on H100
     * @param secondsAt2M of a step of 2M tokens on H100; empty: out of memory
     */
    public record Row(
            int gpus,
            long a100Tokens,
            long h100Tokens,
            long ringTokens,
            long ulyssesTokens,
            OptionalDouble secondsAt2M) {}

    /** From one node to 32, doubling. */
    public static List<Row> of(PaperModel model) {
        return IntStream.iterate(1, nodes -> nodes <= NODES_MAX, nodes -> 2 * nodes)
                .mapToObj(nodes -> row(model, nodes))
                .toList();
    }

    private static Row row(PaperModel model, int nodes) {
        int gpus = nodes * PER_NODE;
        ClusterSpec h100 =
                model.h100().withHardware(model.constants().applied(model.h100().hardware()));
        StepCase both = step(model, h100.withGpus(gpus), Method.TWO_D, new Mesh(1, nodes, PER_NODE));
        StepCase far = both.withTokens(TWO_MILLION);
        int heads = Math.min(gpus, model.model().heads());
        return new Row(
                gpus,
                LengthSearch.largest(
                        step(model, model.a100().withGpus(gpus), Method.TWO_D, new Mesh(1, nodes, PER_NODE))),
                LengthSearch.largest(both),
                LengthSearch.largest(step(model, h100.withGpus(gpus), Method.RING_SUMMED, new Mesh(1, gpus, 1))),
                LengthSearch.largest(step(
                        model,
                        h100.withGpus(gpus),
                        Method.ULYSSES,
                        // More ranks than heads are replicas, each with a sequence of its own.
                        new Mesh(gpus / heads, 1, heads, Mesh.Inner.RING))),
                MemoryModel.of(far).fits() ? OptionalDouble.of(CostModel.of(far).seconds()) : OptionalDouble.empty());
    }

    private static StepCase step(PaperModel model, ClusterSpec cluster, Method method, Mesh mesh) {
        return new StepCase(
                model.model().withoutVision(),
                cluster,
                model.constants().applied(model.paper().column(7, "2d").software(), false),
                Workload.text(1),
                method,
                MeshChoice.of(mesh));
    }
}
