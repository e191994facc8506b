package io.longreel.model.verify;

import io.longreel.config.topology.Mesh;
import io.longreel.model.shard.SequenceLayout;
import io.longreel.model.shard.TokenShards;
import io.longreel.model.verify.AttentionRun.Outcome;
import io.longreel.model.verify.AttentionRun.RankWork;
import io.longreel.model.verify.AttentionRun.Sent;
import io.longreel.transport.fault.LinkFault;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Everything that is asserted about one case: numbers, pairs, bytes. Pairs of a plan must be exactly those of the mask; a kernel may compute 5 %
 * more than it needs. Bytes must equal the exact formula, and those of the literature within 2 % where they
 * apply.
 */
final class AttentionCheck {
    private static final double EXECUTED_MAX = 1.05;
    private static final double CLOSED_FORM_TOLERANCE = 0.02;
    /** In the order of {@link #bytes}. */
    private static final String[] PASSES = {"forward,ulysses", "forward,ring", "backward,ulysses", "backward,ring"};

    private final AttentionRun run;

    AttentionCheck(AttentionRun run) {
        this.run = run;
    }

    CaseResult check(AttentionCase c) {
        return checkAll(List.of(c)).getFirst();
    }

    /** Cases that differ in mesh and layout only: the answers in double are found once. */
    List<CaseResult> checkAll(List<AttentionCase> cases) {
        AttentionCase first = cases.getFirst();
        TokenSequence sequence = first.sequence();
        AttentionInputs in = first.inputs();
        PairMatrix visible = PairMatrix.of(sequence, first.mask().rule());
        List<Outcome> outcomes = cases.stream()
                .map(c -> run.run(c, sequence, in, LinkFault.NONE))
                .toList();
        List<AttentionErrors> errors = AttentionErrors.of(first.shape(), outcomes, in, visible);
        return IntStream.range(0, cases.size())
                .mapToObj(i -> result(cases.get(i), sequence, visible.pairs(), outcomes.get(i), errors.get(i)))
                .toList();
    }

    private static CaseResult result(
            AttentionCase c, TokenSequence sequence, long required, Outcome outcome, AttentionErrors errors) {
        List<String> failures = new ArrayList<>();
        checkErrors(c, errors, failures);
        List<RankWork> ringRanks = oneMemberOfEach(c.mesh(), outcome.ranks());
        long planned = ringRanks.stream().mapToLong(RankWork::plannedPairs).sum();
        long executed = ringRanks.stream().mapToLong(RankWork::executedPairs).sum();
        checkPairs(c, required, planned, executed, ringRanks, outcome.ranks(), failures);
        SequenceLayout layout = SequenceLayout.of(sequence.batch(), TokenSequence.TOKENS_PER_FRAME);
        Traffic traffic = traffic(c, c.layout().shards(layout, c.mesh()), outcome.ranks(), failures);
        return new CaseResult(
                c,
                errors,
                required,
                planned,
                executed,
                traffic.sent(),
                traffic.formula(),
                traffic.closedFormRatio(),
                TrafficFormula.holdsOnAverage(c),
                imbalance(ringRanks),
                failures.stream().map(f -> f + " " + c).toList());
    }

    private static void checkErrors(AttentionCase c, AttentionErrors errors, List<String> failures) {
        atMost("out", errors.out(), c.outTolerance(), failures);
        atMost("lse", errors.lse(), c.lseTolerance(), failures);
        atMost("dq", errors.dq(), c.gradientTolerance(), failures);
        atMost("dk", errors.dk(), c.gradientTolerance(), failures);
        atMost("dv", errors.dv(), c.gradientTolerance(), failures);
    }

    private static void atMost(String tensor, double error, double tolerance, List<String> failures) {
        if (!(error <= tolerance)) {
            failures.add("%s differs from attention in double: error=%.3g tolerance=%.3g"
                    .formatted(tensor, error, tolerance));
        }
    }

    private static void checkPairs(
            AttentionCase c,
            long required,
            long planned,
            long executed,
            List<RankWork> ringRanks,
            List<RankWork> all,
            List<String> failures) {
        if (planned != required) {
            failures.add("plans must hold the mask's pairs: required=%d planned=%d".formatted(required, planned));
        }
        if (executed < required || executed > EXECUTED_MAX * required) {
            failures.add("kernels must compute little more than the mask's pairs: required=%d executed=%d"
                    .formatted(required, executed));
        }
        for (int rank = 0; rank < all.size(); rank++) {
            long own = all.get(rank).plannedPairs();
            long first = ringRanks.get(c.mesh().ringOf(rank)).plannedPairs();
            if (own != first) {
                failures.add("members of a Ulysses group must plan the same pairs: rank=%d pairs=%d firstMember=%d"
                        .formatted(rank, own, first));
            }
        }
    }

    private record Traffic(long sent, long formula, double closedFormRatio) {}

    private static Traffic traffic(AttentionCase c, TokenShards shards, List<RankWork> ranks, List<String> failures) {
        long[] sent = new long[PASSES.length];
        long[] formula = new long[PASSES.length];
        long[] closed = new long[PASSES.length];
        double furthest = 1;
        for (int rank = 0; rank < ranks.size(); rank++) {
            TrafficFormula of = new TrafficFormula(
                    c, shards, c.mesh().ringOf(rank), c.mesh().ulyssesOf(rank));
            RankWork work = ranks.get(rank);
            long[] ownSent = bytes(work.forward(), work.backward());
            long[] ownFormula = bytes(of.forward(), of.backward());
            long[] ownClosed = bytes(of.closedForward(), of.closedBackward());
            for (int i = 0; i < PASSES.length; i++) {
                sent[i] += ownSent[i];
                formula[i] += ownFormula[i];
                closed[i] += ownClosed[i];
                if (ownSent[i] != ownFormula[i]) {
                    failures.add("bytes sent must equal the formula: rank=%d pass=%s sentBytes=%d formulaBytes=%d"
                            .formatted(rank, PASSES[i], ownSent[i], ownFormula[i]));
                }
            }
            if (TrafficFormula.holdsForRanks(c)) {
                furthest = further(furthest, closedForm("rank=" + rank, ownSent, ownClosed, failures));
            }
        }
        if (TrafficFormula.holdsOnAverage(c)) {
            furthest = further(furthest, closedForm("rank=all", sent, closed, failures));
        }
        return new Traffic(Arrays.stream(sent).sum(), Arrays.stream(formula).sum(), furthest);
    }

    /** Sent / formula of the pass that is furthest from it. */
    private static double closedForm(String who, long[] sent, long[] closed, List<String> failures) {
        double furthest = 1;
        for (int i = 0; i < PASSES.length; i++) {
            if (closed[i] > 0 || sent[i] > 0) {
                double ratio = (double) sent[i] / closed[i];
                furthest = further(furthest, ratio);
                if (!(Math.abs(ratio - 1) <= CLOSED_FORM_TOLERANCE)) {
                    failures.add("bytes sent must be those of the literature: %s pass=%s sentBytes=%d formulaBytes=%d"
                            .formatted(who, PASSES[i], sent[i], closed[i]));
                }
            }
        }
        return furthest;
    }

    private static double further(double ratio, double other) {
        return Math.abs(other - 1) > Math.abs(ratio - 1) ? other : ratio;
    }

    private static long[] bytes(Sent forward, Sent backward) {
        return new long[] {forward.ulyssesBytes(), forward.ringBytes(), backward.ulyssesBytes(), backward.ringBytes()};
    }

    private static double imbalance(List<RankWork> ringRanks) {
        double mean =
                ringRanks.stream().mapToLong(RankWork::plannedPairs).average().orElse(0);
        long most = ringRanks.stream().mapToLong(RankWork::plannedPairs).max().orElse(0);
        return mean == 0 ? 1 : most / mean;
    }

    /** The first member of every Ulysses group: the others compute the same pairs for other heads. */
    private static List<RankWork> oneMemberOfEach(Mesh mesh, List<RankWork> ranks) {
        return IntStream.range(0, mesh.ringDegree())
                .mapToObj(ring -> ranks.get(mesh.rankOf(0, ring, 0)))
                .toList();
    }
}
