package io.longreel.model.verify;

import io.longreel.config.topology.Mesh;
import io.longreel.model.shard.SequenceLayout;
import io.longreel.ops.tensor.DType;
import io.longreel.transport.fault.LinkFault;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Mistakes that the checks must find; a check that finds none of them would prove nothing by finding nothing. */
final class Controls {
    /** Name of the controls that come from public code. */
    static final String PUBLISHED = "published zigzag";

    private static final int[] LENGTHS = {24, 65, 130};
    private static final int CHUNK_TOKENS = 8;

    private Controls() {}

    /** The zigzag of the public LongVILA code: with Ulysses 2 the ring takes late rows for early ones, with 4 and more some tokens have no owner. */
    static List<Control> published() {
        List<Control> controls = new ArrayList<>();
        for (int[] mesh : new int[][] {{2, 2}, {4, 2}, {2, 4}, {2, 8}}) {
            Sharding wrong = PublicZigzag.asPublished(mesh[0], mesh[1], CHUNK_TOKENS);
            Coverage.Faults faults = causal(wrong);
            controls.add(new Control(
                    PUBLISHED,
                    "ring=%d,ulysses=%d ownerless tokens=%d/%d"
                            .formatted(mesh[0], mesh[1], faults.ownershipFaults(), wrong.tokens()),
                    1,
                    faults.none() ? 0 : 1,
                    1,
                    (double) faults.wrongRows() / wrong.tokens()));
        }
        return controls;
    }

    /** The same ring over the right rows: the emulation itself must not be what is found wrong. */
    static List<String> publishedCorrected() {
        List<String> failures = new ArrayList<>();
        for (int[] mesh : new int[][] {{1, 1}, {2, 2}, {4, 2}, {2, 4}, {2, 8}, {8, 8}}) {
            Coverage.Faults faults = causal(PublicZigzag.corrected(mesh[0], mesh[1], CHUNK_TOKENS));
            if (!faults.none()) {
                failures.add("the corrected public zigzag must be right: ring=%d ulysses=%d %s"
                        .formatted(mesh[0], mesh[1], faults));
            }
        }
        return failures;
    }

    /** One mistake under one mask, on some meshes, layouts, packings and lengths. */
    static Control coverage(BrokenSharding mistake, MaskCase mask, long seed) {
        int found = 0;
        int trials = 0;
        double worst = 0;
        for (int tokens : LENGTHS) {
            for (PackingCase packing : PackingCase.values()) {
                for (int ring = 2; ring <= 4; ring++) {
                    SplittableRandom random = new SplittableRandom(seed);
                    TokenSequence sequence = TokenSequence.of(packing.documents(tokens, ring, random), random);
                    SequenceLayout layout = SequenceLayout.of(sequence.batch(), TokenSequence.TOKENS_PER_FRAME);
                    PairMatrix allowed = PairMatrix.of(sequence, mask.rule());
                    for (LayoutCase kind : LayoutCase.values()) {
                        Sharding wrong = mistake.of(layout, mask, kind, new Mesh(1, ring, 2));
                        Coverage coverage = new Coverage(wrong);
                        Coverage.Faults faults = coverage.against(allowed.withKeysAt(coverage.place()), new int[ring]);
                        trials++;
                        found += faults.none() ? 0 : 1;
                        worst = Math.max(worst, (double) faults.wrongRows() / tokens);
                    }
                }
            }
        }
        String name = mistake.name().toLowerCase(Locale.ROOT).replace('_', ' ');
        return new Control(name, mask.name(), 1, found, trials, worst);
    }

    /**
     * Right results held against rules that are wrong in one pair: for each of some queries once with a key more and once with one less. The tolerance must
     * be too small for it.
     */
    static Control onePair(AttentionRun run, MaskCase mask, DType exchange, long seed) {
        AttentionShape shape = new AttentionShape(61, 4, 2, 32, 32);
        AttentionCase c = new AttentionCase(
                "control",
                new Mesh(1, 2, 3),
                LayoutCase.ZIGZAG,
                mask,
                exchange,
                shape,
                new int[] {20, 1, 25, 15},
                seed);
        TokenSequence sequence = c.sequence();
        AttentionInputs in = c.inputs();
        PairMatrix visible = PairMatrix.of(sequence, mask.rule());
        AttentionRun.Outcome outcome = run.run(c, sequence, in, LinkFault.NONE);
        int found = 0;
        int trials = 0;
        for (int query = 0; query < shape.tokens(); query += 5) {
            for (boolean more : new boolean[] {true, false}) {
                int key = pairToChange(visible, query, more);
                if (key >= 0) {
                    int at = query;
                    PairRule wrong = (s, q, k) -> mask.rule().visible(s, q, k) ^ (q == at && k == key);
                    AttentionErrors errors = AttentionErrors.of(
                                    shape, List.of(outcome), in, PairMatrix.of(sequence, wrong))
                            .getFirst();
                    trials++;
                    found += errors.out() > c.outTolerance() || errors.gradients() > c.gradientTolerance() ? 1 : 0;
                }
            }
        }
        int needed = trials;
        return new Control(
                "one pair, " + exchange.name().toLowerCase(Locale.ROOT),
                "%s of %d pairs".formatted(mask, visible.pairs()),
                needed,
                found,
                trials,
                0);
    }

    /** A key that the query does not see, or sees beside others; -1 when there is none. */
    private static int pairToChange(PairMatrix visible, int query, boolean more) {
        int[] keys = new int[visible.tokens()];
        int count = visible.keys(query, keys);
        if (more) {
            return IntStream.range(0, visible.tokens())
                    .filter(k -> !visible.get(query, (query + 1 + k) % visible.tokens()))
                    .map(k -> (query + 1 + k) % visible.tokens())
                    .findFirst()
                    .orElse(-1);
        }
        return count < 2 ? -1 : Arrays.stream(keys, 0, count).min().orElse(-1);
    }

    private static Coverage.Faults causal(Sharding sharding) {
        PairMatrix allowed = new PairMatrix(sharding.tokens());
        for (int q = 0; q < sharding.tokens(); q++) {
            for (int k = 0; k <= q; k++) {
                allowed.set(q, k);
            }
        }
        Coverage coverage = new Coverage(sharding);
        return coverage.against(allowed.withKeysAt(coverage.place()), new int[sharding.ringDegree()]);
    }
}
