package io.longreel.config.plan;

import io.longreel.config.topology.Mesh;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/** The time of a step against the length of its sequence, method by method, on the same ranks. Pure. */
public final class MethodCurves {
    private static final int POINTS_BELOW = 5;
    private static final int POINTS_ABOVE = 2;

    private MethodCurves() {}

    /**
     * @param seconds of a step
     * @param fits whether the rank's memory takes it
     */
    public record Point(long tokens, double seconds, boolean fits) {}

    public record Curve(Method method, List<Point> points) {
        public Curve {
            points = List.copyOf(points);
        }
    }

    /**
     * Lengths around the asked one, each twice the one before.
     *
     * @param megatron how Megatron does its methods' work; the others are done as asked
     */
    public static List<Curve> of(PlanDescription asked, Software megatron) {
        long tokens = asked.work().tokens();
        long[] lengths = LongStream.rangeClosed(-POINTS_BELOW, POINTS_ABOVE)
                .map(i -> i < 0
                        ? tokens >> -i
                        : Math.multiplyExact(Math.min(tokens, Long.MAX_VALUE >> POINTS_ABOVE), 1L << i))
                .filter(length -> length > 0)
                .toArray();
        List<Curve> curves = new ArrayList<>();
        for (Method method : Method.values()) {
            choice(method, asked).ifPresent(choice -> {
                StepCase step = new StepCase(
                        asked.model(),
                        asked.cluster(),
                        method.isMegatron() ? megatron : asked.software(),
                        asked.work(),
                        method,
                        choice);
                curves.add(new Curve(
                        method,
                        LongStream.of(lengths)
                                .mapToObj(step::withTokens)
                                .map(s -> new Point(
                                        s.work().tokens(),
                                        CostModel.of(s).seconds(),
                                        MemoryModel.of(s).fits()))
                                .toList()));
            });
        }
        return List.copyOf(curves);
    }

    /** How a method would use the ranks; empty where it cannot. */
    static Optional<MeshChoice> choice(Method method, PlanDescription asked) {
        int ranks = asked.cluster().gpus();
        int heads = asked.model().heads();
        int zero = asked.zero().orElse(3);
        boolean recompute = asked.recompute().orElse(false);
        int inNode = largestDivisor(asked.cluster().ranksPerNode(), heads);
        return switch (method) {
            case RING_SUMMED, RING_PIPELINED, MEGATRON_CP ->
                ranks == 1 ? Optional.empty() : Optional.of(new MeshChoice(new Mesh(1, ranks, 1), 1, zero, recompute));
            case ULYSSES ->
                ranks > heads
                        ? Optional.empty()
                        : Optional.of(new MeshChoice(new Mesh(1, 1, ranks, Mesh.Inner.RING), 1, zero, recompute));
            case TWO_D -> Optional.of(new MeshChoice(new Mesh(1, ranks / inNode, inNode), 1, zero, recompute));
            case MEGATRON_CP_TP ->
                inNode == 1
                        ? Optional.empty()
                        : Optional.of(new MeshChoice(new Mesh(1, ranks / inNode, 1), inNode, zero, recompute));
        };
    }

    private static int largestDivisor(int number, int most) {
        int largest = 1;
        for (int divisor = 1; divisor <= Math.min(number, most); divisor++) {
            largest = number % divisor == 0 ? divisor : largest;
        }
        return largest;
    }
}
