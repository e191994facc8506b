package io.longreel.model.verify;

import io.longreel.config.topology.Mesh;
import io.longreel.model.shard.SequenceLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Shows that every pair that a mask allows is computed exactly once and no other pair ever: for all meshes up to a degree, all layouts, lengths, packings
 * and masks that it is given, without exception. The mask is evaluated pair by pair; the plans are the product's own. Members of a Ulysses group make the same
 * plan; which member's is looked at goes round with length and ring rank.
 */
final class CoverageProof {
    private static final int EXAMPLES_MAX = 10;

    private final List<MaskCase> masks;
    private final List<PackingCase> packings;
    private final int ringMax;
    private final int ulyssesMax;
    private final long seed;

    /**
     * What was looked at and found.
     *
     * @param configurations mesh, layout, length, packing and mask
     * @param pairs allowed pairs, over all configurations
     * @param wrongConfigurations those with any fault
     * @param examples the first of these
     */
    record Summary(long configurations, long pairs, long wrongConfigurations, List<String> examples) {
        static final Summary NONE = new Summary(0, 0, 0, List.of());

        Summary plus(Summary other) {
            List<String> both = new ArrayList<>(examples);
            both.addAll(other.examples);
            return new Summary(
                    configurations + other.configurations,
                    pairs + other.pairs,
                    wrongConfigurations + other.wrongConfigurations,
                    both.size() > EXAMPLES_MAX ? both.subList(0, EXAMPLES_MAX) : both);
        }
    }

    CoverageProof(List<MaskCase> masks, List<PackingCase> packings, int ringMax, int ulyssesMax, long seed) {
        this.masks = List.copyOf(masks);
        this.packings = List.copyOf(packings);
        this.ringMax = ringMax;
        this.ulyssesMax = ulyssesMax;
        this.seed = seed;
    }

    /** All configurations of one length. */
    Summary ofLength(int tokens) {
        Summary sum = Summary.NONE;
        for (PackingCase packing : packings) {
            for (int ring = 1; ring <= ringMax; ring++) {
                SplittableRandom random = new SplittableRandom((seed * 31 + tokens) * 31 + packings.indexOf(packing));
                TokenSequence sequence = TokenSequence.of(packing.documents(tokens, ring, random), random);
                sum = sum.plus(ofSequence(sequence, packing, ring));
            }
        }
        return sum;
    }

    private Summary ofSequence(TokenSequence sequence, PackingCase packing, int ring) {
        SequenceLayout layout = SequenceLayout.of(sequence.batch(), TokenSequence.TOKENS_PER_FRAME);
        Summary sum = Summary.NONE;
        for (MaskCase mask : masks) {
            PairMatrix allowed = PairMatrix.of(sequence, mask.rule());
            long pairs = allowed.pairs();
            Map<LayoutCase, Placed> placed = new EnumMap<>(LayoutCase.class);
            for (LayoutCase kind : LayoutCase.values()) {
                for (int ulysses = 1; ulysses <= ulyssesMax; ulysses++) {
                    Mesh mesh = new Mesh(1, ring, ulysses);
                    Coverage coverage = new Coverage(new Sharding.Product(layout, mask.mask(), kind, mesh));
                    int[] place = coverage.place();
                    Placed known = placed.get(kind);
                    if (known == null || !Arrays.equals(known.place(), place)) {
                        known = new Placed(place, allowed.withKeysAt(place));
                        placed.put(kind, known);
                    }
                    Coverage.Faults faults =
                            coverage.against(known.allowed(), members(ring, ulysses, sequence.tokens()));
                    sum = sum.plus(new Summary(
                            1,
                            pairs,
                            faults.none() ? 0 : 1,
                            faults.none()
                                    ? List.of()
                                    : List.of(describe(mesh, kind, packing, mask, sequence, faults))));
                }
            }
        }
        return sum;
    }

    /** Allowed pairs with keys where a layout puts them. */
    private record Placed(int[] place, PairMatrix allowed) {}

    private static int[] members(int ring, int ulysses, int tokens) {
        return IntStream.range(0, ring).map(r -> (r + tokens) % ulysses).toArray();
    }

    private String describe(
            Mesh mesh,
            LayoutCase kind,
            PackingCase packing,
            MaskCase mask,
            TokenSequence sequence,
            Coverage.Faults faults) {
        return "coverage must be exact: mesh=[%s] layout=%s packing=%s mask=%s tokens=%d seed=%d %s"
                .formatted(mesh, kind, packing, mask, sequence.tokens(), seed, faults);
    }
}
