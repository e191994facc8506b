package io.longreel.model.verify;

import io.longreel.config.topology.Mesh;
import io.longreel.ops.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntUnaryOperator;

/**
 * Cases that hold every value of every axis with every mask in every layout, every pair of values of any two axes, and every mask, layout and exchange type
 * together; but no case that would be too large: rank pairs, heads and dims of a case are bounded by {@link #WORK_MAX} and {@link #ELEMENTS_MAX}, and the
 * Ulysses degree by the query heads. Values of an axis go from cheap to dear, as {@link CoveringDesign} wants them.
 */
final class AttentionGrid {
    /** Pairs times heads times dim: about a second of dense attention in double. */
    private static final double WORK_MAX = 7e8;

    private static final double WORK_MAX_REPRESENTATIVE = 5e7;
    /** Values of the largest tensor. */
    private static final long ELEMENTS_MAX = 4L << 20;

    private static final int WORLD_MAX = 16;
    private static final int[] ULYSSES = {1, 2, 3, 4, 5, 7, 8, 14, 16};
    private static final int RING_MAX = 8;
    private static final int[][] HEADS = {
        {1, 1}, {3, 1}, {5, 5}, {7, 7}, {8, 8}, {12, 2}, {12, 12}, {28, 4}, {32, 4}, {32, 8}, {64, 8}, {128, 128}
    };
    private static final int[][] DIMS = {
        {8, 8}, {16, 16}, {32, 32}, {64, 64}, {96, 96}, {128, 128}, {192, 128}, {256, 256}
    };
    private static final List<LayoutCase> LAYOUTS = List.of(LayoutCase.values());
    private static final List<PackingCase> PACKINGS = List.of(PackingCase.values());
    private static final List<DType> EXCHANGES = List.of(DType.F32, DType.BF16);
    /** Lengths as functions of the number of ranks. */
    private static final List<IntUnaryOperator> LENGTHS = List.of(
            ranks -> 1,
            ranks -> 2,
            ranks -> Math.max(1, ranks - 1),
            ranks -> ranks,
            ranks -> ranks + 1,
            ranks -> 2 * ranks - 1,
            ranks -> 2 * ranks,
            ranks -> 257,
            ranks -> 1000,
            ranks -> 1024,
            ranks -> 3816,
            ranks -> 3824,
            ranks -> 4096,
            ranks -> 4232,
            ranks -> 8192);

    private static final int MASK = 0;
    private static final int LAYOUT = 1;
    private static final int EXCHANGE = 2;
    private static final int MESH = 3;
    private static final int HEAD = 4;
    private static final int DIM = 5;
    private static final int LENGTH = 6;
    private static final int PACKING = 7;
    private static final int AXES = 8;

    private final List<MaskCase> masks = MaskCase.forGrid();
    private final List<Mesh> meshes = meshes();
    private final long seed;
    private final double workMax;
    private final CoveringDesign design;

    private AttentionGrid(long seed, double workMax, List<int[]> tuples) {
        this.seed = seed;
        this.workMax = workMax;
        int[] sizes = {
            masks.size(),
            LAYOUTS.size(),
            EXCHANGES.size(),
            meshes.size(),
            HEADS.length,
            DIMS.length,
            LENGTHS.size(),
            PACKINGS.size()
        };
        this.design = new CoveringDesign(sizes, tuples, this::allowed, this::cost, new SplittableRandom(seed));
    }

    /** The whole grid. */
    static AttentionGrid all(long seed) {
        List<int[]> tuples = new ArrayList<>();
        for (int axis = EXCHANGE; axis < AXES; axis++) {
            tuples.add(new int[] {MASK, LAYOUT, axis});
        }
        tuples.addAll(pairs());
        return new AttentionGrid(seed, WORK_MAX, tuples);
    }

    /** A small part: every mask, layout and exchange type together. */
    static AttentionGrid representative(long seed) {
        return new AttentionGrid(seed, WORK_MAX_REPRESENTATIVE, List.of(new int[] {MASK, LAYOUT, EXCHANGE}));
    }

    List<AttentionCase> cases() {
        List<AttentionCase> cases = new ArrayList<>();
        for (int[] values : design.cases()) {
            cases.add(caseOf(values));
        }
        return cases;
    }

    /** Combinations of values that the cases were to hold. */
    int combinations() {
        return design.tuples();
    }

    /** Those that the bounds exclude. */
    int excludedCombinations() {
        return design.impossibleTuples();
    }

    private AttentionCase caseOf(int[] values) {
        long own = seed * 31 + Arrays.hashCode(values);
        return new AttentionCase(
                "grid",
                meshes.get(values[MESH]),
                LAYOUTS.get(values[LAYOUT]),
                masks.get(values[MASK]),
                EXCHANGES.get(values[EXCHANGE]),
                shape(values),
                documents(values),
                own);
    }

    private AttentionShape shape(int[] values) {
        return new AttentionShape(
                tokens(values),
                HEADS[values[HEAD]][0],
                HEADS[values[HEAD]][1],
                DIMS[values[DIM]][0],
                DIMS[values[DIM]][1]);
    }

    private int tokens(int[] values) {
        return LENGTHS.get(values[LENGTH]).applyAsInt(meshes.get(values[MESH]).spDegree());
    }

    private int[] documents(int[] values) {
        SplittableRandom random = new SplittableRandom(seed ^ Arrays.hashCode(values));
        return PACKINGS.get(values[PACKING])
                .documents(tokens(values), meshes.get(values[MESH]).spDegree(), random);
    }

    private boolean allowed(int[] values) {
        AttentionShape shape = shape(values);
        return meshes.get(values[MESH]).ulyssesDegree() <= shape.heads()
                && shape.elementsMax() <= ELEMENTS_MAX
                && work(values, shape) <= workMax;
    }

    private double work(int[] values, AttentionShape shape) {
        return masks.get(values[MASK]).estimatedPairs(documents(values)) * shape.heads() * shape.keyDim();
    }

    /** Nothing for a case of a tenth of a second, so that not all cases are the smallest that there are. */
    private double cost(int[] values) {
        return Math.max(0, work(values, shape(values)) / 1e8 - 1);
    }

    private static List<int[]> pairs() {
        List<int[]> pairs = new ArrayList<>();
        for (int a = 0; a < AXES; a++) {
            for (int b = a + 1; b < AXES; b++) {
                pairs.add(new int[] {a, b});
            }
        }
        return pairs;
    }

    /** Up to 16 ranks; the innermost axis alternates. */
    static List<Mesh> meshes() {
        List<Mesh> meshes = new ArrayList<>();
        for (int ulysses : ULYSSES) {
            for (int ring = 1; ring <= RING_MAX && ring * ulysses <= WORLD_MAX; ring++) {
                Mesh.Inner inner = meshes.size() % 2 == 0 ? Mesh.Inner.ULYSSES : Mesh.Inner.RING;
                meshes.add(new Mesh(1, ring, ulysses, inner));
            }
        }
        return meshes;
    }
}
