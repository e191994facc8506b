package io.longreel.model.verify;

import io.longreel.config.topology.Mesh;
import io.longreel.ops.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The sizes that public sequence-parallel code is tested with, as it gives them: ring-flash-attention (RFA), USP (long-context-attention), TransformerEngine
 * (TE, PyTorch and JAX), Megatron-LM, DeepSpeed with ALST, and LongVILA's degrees. Most of these tests print or assert one tensor; here
 * all of them are held to the tolerances of {@link AttentionCase}. What would take minutes in double keeps documents and masks and gets fewer heads, in the
 * same groups, and then smaller dims, until it fits {@link #WORK_MAX}.
 */
final class PublicCases {
    /** Pairs times heads times dim. */
    private static final double WORK_MAX = 1e9;
    /** Values of the largest tensor; results of all cases of a group are kept side by side. */
    private static final long ELEMENTS_MAX = 3L << 19;
    /** Below this both exchange types are run, above it one of them in turn. */
    private static final double WORK_SMALL = 2e8;

    private static final List<LayoutCase> EVEN = List.of(LayoutCase.CONTIGUOUS, LayoutCase.ZIGZAG, LayoutCase.STRIPED);
    private static final List<Mesh> EIGHT = List.of(mesh(8, 1), mesh(4, 2), mesh(2, 4));
    private static final List<MaskCase> CAUSAL = List.of(MaskCase.causal());

    private final List<List<AttentionCase>> groups = new ArrayList<>();

    private PublicCases() {}

    /** Cases of one list have the same inputs and differ in mesh and layout. */
    static List<List<AttentionCase>> all() {
        PublicCases list = new PublicCases();
        list.ringFlashAttention();
        list.usp();
        list.transformerEngine();
        list.transformerEngineJax();
        list.megatron();
        list.deepSpeed();
        list.longVila();
        return List.copyOf(list.groups);
    }

    private void ringFlashAttention() {
        add("RFA ring", heads(5, 5, 128), CAUSAL, List.of(LayoutCase.CONTIGUOUS), EIGHT, 3816);
        add("RFA zigzag", heads(5, 5, 128), CAUSAL, List.of(LayoutCase.ZIGZAG), EIGHT, 3824);
        add("RFA stripe", heads(5, 5, 128), CAUSAL, List.of(LayoutCase.STRIPED), EIGHT, 3824);
        add("RFA ring varlen", heads(5, 5, 128), CAUSAL, List.of(LayoutCase.CONTIGUOUS), EIGHT, 120, 1128, 2984);
        add("RFA zigzag varlen", heads(5, 5, 128), CAUSAL, List.of(LayoutCase.ZIGZAG), EIGHT, 128, 1120, 2992);
        add("RFA llama3 varlen", heads(5, 5, 8), CAUSAL, EVEN, EIGHT, 120, 1128, 2984);
        add("RFA llama3 prepare", heads(5, 5, 8), CAUSAL, EVEN, EIGHT, 7, 7, 2);
        add("RFA lse flatten", heads(5, 5, 8), CAUSAL, EVEN, EIGHT, 15, 141, 373);
        List<Mesh> one = List.of(mesh(8, 1));
        add("RFA benchmark 1", heads(32, 8, 128), CAUSAL, List.of(LayoutCase.ZIGZAG), one, 8192);
        add("RFA benchmark 2", heads(32, 8, 128), CAUSAL, List.of(LayoutCase.ZIGZAG), one, 256, 7392, 544);
        add("RFA benchmark 3", heads(32, 8, 128), CAUSAL, List.of(LayoutCase.ZIGZAG), one, 4096, 4096);
        add("RFA benchmark 4", heads(32, 8, 128), CAUSAL, List.of(LayoutCase.ZIGZAG), one, 3104, 3200, 1600, 160, 128);
    }

    private void usp() {
        List<MaskCase> both = List.of(MaskCase.causal(), MaskCase.full());
        List<LayoutCase> layouts = List.of(LayoutCase.CONTIGUOUS, LayoutCase.ZIGZAG);
        add("USP hybrid", heads(32, 32, 64), both, layouts, List.of(mesh(4, 2), mesh(2, 4), mesh(1, 8)), 1024);
        add("USP qkvpacked", heads(8, 8, 32), CAUSAL, layouts, List.of(mesh(2, 2), mesh(4, 2)), 1024, 1024);
        add("USP ulysses", heads(8, 8, 128), CAUSAL, layouts, List.of(mesh(1, 8), mesh(1, 4)), 3816, 3816);
        add("USP script, groups of 8", heads(64, 8, 16), CAUSAL, layouts, List.of(mesh(1, 8), mesh(2, 4)), 4096);
    }

    private void transformerEngine() {
        List<Mesh> worlds = List.of(mesh(2, 1), mesh(1, 2), mesh(2, 2));
        List<LayoutCase> zigzag = List.of(LayoutCase.ZIGZAG);
        List<MaskCase> all =
                List.of(MaskCase.causal(), MaskCase.full(), MaskCase.window(512, 0), MaskCase.fullWindow(512, 512));
        add("TE MHA", heads(12, 12, 128), all, zigzag, worlds, 4096, 4096);
        add("TE GQA 32/4", heads(32, 4, 128), CAUSAL, zigzag, worlds, 4096, 4096);
        add(
                "TE GQA 12/2",
                heads(12, 2, 128),
                List.of(MaskCase.full(), MaskCase.window(128, 0), MaskCase.fullWindow(512, 512)),
                zigzag,
                worlds,
                4096,
                4096);
        add("TE MLA 128", new Heads(128, 128, 192, 128), CAUSAL, zigzag, worlds, 4096);
        add(
                "TE MLA 12",
                new Heads(12, 12, 192, 128),
                List.of(MaskCase.full(), MaskCase.window(512, 0), MaskCase.fullWindow(512, 512)),
                zigzag,
                worlds,
                4096);
        add("TE d256", heads(8, 8, 256), CAUSAL, zigzag, worlds, 1024, 1024);
        add("TE 64 heads, 8 groups", heads(64, 8, 64), CAUSAL, zigzag, worlds, 1024, 1024);
        add("TE thd", heads(12, 12, 128), CAUSAL, zigzag, worlds, 1740, 36, 2899, 1, 820, 4096);
    }

    private void transformerEngineJax() {
        List<MaskCase> masks = List.of(MaskCase.causal(), MaskCase.window(5, 0), MaskCase.window(20, 0));
        List<LayoutCase> layouts = List.of(LayoutCase.ZIGZAG, LayoutCase.STRIPED);
        for (int ring : new int[] {1, 2, 4, 8}) {
            List<Mesh> world = List.of(mesh(ring, 1));
            int tokens = 256 * ring;
            add("TE JAX 8x128", heads(8, 8, 128), masks, layouts, world, tokens, tokens);
            add(
                    "TE JAX 16x64",
                    heads(16, 16, 64),
                    masks,
                    layouts,
                    world,
                    2 * tokens,
                    2 * tokens,
                    2 * tokens,
                    2 * tokens);
            add("TE JAX d256", heads(16, 16, 256), masks, layouts, world, tokens, tokens);
            add(
                    "TE JAX 5 segments",
                    heads(8, 8, 128),
                    masks,
                    layouts,
                    world,
                    tokens / 8,
                    tokens / 2,
                    3,
                    tokens / 4,
                    tokens - 3 - tokens / 8 - tokens / 2 - tokens / 4);
        }
        add("TE JAX lengths", heads(8, 8, 16), masks, layouts, EIGHT, 3, 2, 4);
        add("TE JAX lengths", heads(8, 8, 16), masks, layouts, EIGHT, 2, 7, 4, 10);
    }

    private void megatron() {
        List<Mesh> worlds = List.of(mesh(2, 1), mesh(4, 1), mesh(8, 1), mesh(2, 2));
        add("Megatron functional", heads(8, 8, 64), CAUSAL, List.of(LayoutCase.ZIGZAG), worlds, 1024, 1024);
        add("Megatron packed", heads(8, 8, 64), CAUSAL, List.of(LayoutCase.ZIGZAG), worlds, 100, 60, 96);
    }

    private void deepSpeed() {
        for (int heads : new int[] {3, 7}) {
            add("DeepSpeed odd heads", heads(heads, heads, 16), CAUSAL, EVEN, List.of(mesh(1, 2)), 64);
        }
        for (int tokens : new int[] {2048, 8192}) {
            add("DeepSpeed FPDT", heads(8, 8, 32), CAUSAL, EVEN, List.of(mesh(1, 4)), tokens);
            add("DeepSpeed FPDT", heads(4, 4, 32), CAUSAL, EVEN, List.of(mesh(1, 4)), tokens);
        }
        for (int tokens : new int[] {8, 12, 5}) {
            add("DeepSpeed AutoSP", heads(4, 4, 16), List.of(MaskCase.full()), EVEN, List.of(mesh(1, 2)), tokens);
        }
    }

    private void longVila() {
        List<LayoutCase> layouts = List.of(LayoutCase.values());
        List<MaskCase> masks = List.of(MaskCase.causal(), MaskCase.prefix());
        for (int ring = 1; ring <= 8; ring *= 2) {
            for (int ulysses = 1; ulysses <= 8 && ring * ulysses <= 16; ulysses *= 2) {
                add("LongVILA conformance", heads(8, 2, 16), masks, layouts, List.of(mesh(ring, ulysses)), 24, 40);
            }
        }
        add("LongVILA Qwen2-7B", heads(28, 4, 128), masks, layouts, List.of(mesh(1, 14), mesh(2, 8)), 788, 197);
        add("LongVILA Qwen2-1.5B", heads(12, 2, 128), masks, layouts, List.of(mesh(2, 8), mesh(3, 4)), 788, 197);
        add("LongVILA Llama-3-8B", heads(32, 8, 128), masks, layouts, List.of(mesh(2, 8), mesh(4, 4)), 788, 197);
    }

    private record Heads(int query, int keyValue, int keyDim, int valueDim) {
        /** The same groups, fewer of them but enough for the Ulysses degrees, and then smaller dims, until so many pairs and tokens are affordable. */
        Heads fitting(double pairs, int tokens, int ulyssesMax) {
            Heads fit = this;
            int perGroup = query / keyValue;
            while (fit.isTooLarge(pairs, tokens) && fit.keyValue > 1) {
                int groups = (fit.keyValue + 1) / 2;
                if (groups * perGroup < ulyssesMax) {
                    break;
                }
                fit = new Heads(groups * perGroup, groups, keyDim, valueDim);
            }
            while (fit.isTooLarge(pairs, tokens) && fit.keyDim > 8) {
                fit = new Heads(fit.query, fit.keyValue, fit.keyDim / 2, fit.valueDim / 2);
            }
            return fit;
        }

        private boolean isTooLarge(double pairs, int tokens) {
            return pairs * query * keyDim > WORK_MAX || (long) tokens * query * keyDim > ELEMENTS_MAX;
        }
    }

    private static Heads heads(int query, int keyValue, int dim) {
        return new Heads(query, keyValue, dim, dim);
    }

    private static Mesh mesh(int ring, int ulysses) {
        return new Mesh(1, ring, ulysses);
    }

    private void add(
            String origin,
            Heads full,
            List<MaskCase> masks,
            List<LayoutCase> layouts,
            List<Mesh> meshes,
            int... documents) {
        int tokens = Arrays.stream(documents).sum();
        int ulyssesMax = meshes.stream().mapToInt(Mesh::ulyssesDegree).max().orElseThrow();
        for (MaskCase mask : masks) {
            double pairs = mask.estimatedPairs(documents);
            Heads heads = full.fitting(pairs, tokens, ulyssesMax);
            AttentionShape shape =
                    new AttentionShape(tokens, heads.query, heads.keyValue, heads.keyDim, heads.valueDim);
            boolean small = pairs * heads.query * heads.keyDim <= WORK_SMALL;
            List<DType> types = List.of(DType.F32, DType.BF16);
            for (DType exchange : small ? types : List.of(types.get(groups.size() % 2))) {
                long seed = groups.size();
                List<AttentionCase> group = new ArrayList<>();
                for (LayoutCase layout : layouts) {
                    for (Mesh mesh : meshes) {
                        group.add(new AttentionCase(origin, mesh, layout, mask, exchange, shape, documents, seed));
                    }
                }
                groups.add(group);
            }
        }
    }
}
