package io.longreel.model.verify;

import io.longreel.config.topology.Mesh;
import io.longreel.model.shard.SequenceLayout;
import io.longreel.model.shard.TokenShards;
import io.longreel.model.verify.AttentionRun.Outcome;
import io.longreel.model.verify.AttentionRun.RankWork;
import io.longreel.model.verify.AttentionRun.Sent;
import io.longreel.transport.fault.LinkFault;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Everything that is asserted about one case: numbers, pairs, bytes. Pairs of a plan must be exactly those of the mask; a kernel may compute 5 %, or for
 * a few pairs {@link #PAIRS_SLACK} per call, more than it needs. Bytes must equal the exact formula, and those of the literature within 2 % where they
 * apply.
 */
final class AttentionCheck {
    private static final double EXECUTED_MAX = 1.05;
    private static final double CLOSED_FORM_TOLERANCE = 0.02;
    /** Vector lanes at the rim of a tile count as pairs; in calls of a few pairs they are a large part. */
    private static final long PAIRS_SLACK = 1024;

    private final AttentionRun run;

    AttentionCheck(AttentionRun run) {
        this.run = run;
    }

    CaseResult check(AttentionCase c) {
        TokenSequence sequence = c.sequence();
        AttentionInputs in = c.inputs();
        PairMatrix visible = PairMatrix.of(sequence, c.mask().rule());
        Outcome outcome = run.run(c, sequence, in, LinkFault.NONE);
        AttentionErrors errors = AttentionErrors.of(c.shape(), outcome, in, visible);
        List<String> failures = new ArrayList<>();
        checkErrors(c, errors, failures);
        long required = visible.pairs();
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
                TrafficFormula.isEven(c),
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
        int calls = ringRanks.stream().mapToInt(RankWork::kernelCalls).sum();
        long most = Math.max((long) (EXECUTED_MAX * (double) required), required + PAIRS_SLACK * calls);
        if (executed < required || executed > most) {
            failures.add("kernels must compute little more than the mask's pairs: required=%d executed=%d calls=%d"
                    .formatted(required, executed, calls));
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
        long sent = 0;
        long formula = 0;
        double furthest = 1;
        boolean even = TrafficFormula.isEven(c);
        for (int rank = 0; rank < ranks.size(); rank++) {
            TrafficFormula exact = new TrafficFormula(
                    c, shards, c.mesh().ringOf(rank), c.mesh().ulyssesOf(rank));
            RankWork work = ranks.get(rank);
            long[] actual = bytes(work.forward(), work.backward());
            long[] expected = bytes(exact.forward(), exact.backward());
            long[] closed = bytes(exact.closedForward(), exact.closedBackward());
            for (int i = 0; i < actual.length; i++) {
                sent += actual[i];
                formula += expected[i];
                String which = "rank=%d pass=%s axis=%s"
                        .formatted(rank, i < 2 ? "forward" : "backward", i % 2 == 0 ? "ulysses" : "ring");
                if (actual[i] != expected[i]) {
                    failures.add("bytes sent must equal the formula: %s sentBytes=%d formulaBytes=%d"
                            .formatted(which, actual[i], expected[i]));
                }
                if (even && closed[i] > 0) {
                    double ratio = (double) actual[i] / closed[i];
                    furthest = Math.abs(ratio - 1) > Math.abs(furthest - 1) ? ratio : furthest;
                    if (Math.abs(ratio - 1) > CLOSED_FORM_TOLERANCE) {
                        failures.add("bytes sent must be those of the literature: %s sentBytes=%d formulaBytes=%d"
                                .formatted(which, actual[i], closed[i]));
                    }
                }
            }
        }
        return new Traffic(sent, formula, furthest);
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
