package io.longreel.model.verify;

import io.longreel.model.verify.VerificationReport.AttentionRow;
import io.longreel.model.verify.VerificationReport.ControlRow;
import io.longreel.model.verify.VerificationReport.Errors;
import io.longreel.model.verify.VerificationReport.MeshRow;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Turns the results of the parts of a verification into a report. One thread. */
final class ReportBuilder {
    /** Fewer tokens per rank cannot be balanced. */
    private static final int BALANCED_TOKENS = 64;

    private final AttentionGrid grid;
    private final int publicCases;
    private final List<String> failures = new ArrayList<>();
    private final List<AttentionRow> rows = new ArrayList<>();
    private final List<ControlRow> controls = new ArrayList<>();
    private final List<MeshRow> meshes = new ArrayList<>();
    private VerificationReport.Grid totals = new VerificationReport.Grid(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    private VerificationReport.Coverage coverage = new VerificationReport.Coverage(0, 0, 0, 0);
    private VerificationReport.Redistribution redistribution = new VerificationReport.Redistribution(0, 0, 0, 0, 0, 0);
    private VerificationReport.ArrivalOrder arrivalOrder = new VerificationReport.ArrivalOrder(0, 0, 0, 0);

    ReportBuilder(AttentionGrid grid, int publicCases) {
        this.grid = grid;
        this.publicCases = publicCases;
    }

    void attention(List<CaseResult> results) {
        Map<String, List<CaseResult>> groups = new LinkedHashMap<>();
        for (MaskCase mask : MaskCase.forGrid()) {
            for (LayoutCase layout : LayoutCase.values()) {
                groups.put(mask.name() + layout, new ArrayList<>());
            }
        }
        for (CaseResult result : results) {
            AttentionCase c = result.attention();
            groups.computeIfAbsent(c.mask().name() + c.layout(), key -> new ArrayList<>())
                    .add(result);
            failures.addAll(result.failures());
        }
        groups.values().stream()
                .filter(g -> !g.isEmpty())
                .map(ReportBuilder::row)
                .forEach(rows::add);
        totals = new VerificationReport.Grid(
                results.size(),
                (int) results.stream().filter(CaseResult::passed).count(),
                results.size() - publicCases,
                publicCases,
                grid.combinations(),
                grid.excludedCombinations(),
                results.stream().mapToLong(CaseResult::requiredPairs).sum(),
                results.stream().mapToLong(CaseResult::executedPairs).sum(),
                results.stream()
                        .filter(r -> r.requiredPairs() > 0)
                        .mapToDouble(r -> (double) r.executedPairs() / r.requiredPairs())
                        .max()
                        .orElse(1),
                results.stream().mapToLong(CaseResult::sentBytes).sum(),
                results.stream().mapToLong(CaseResult::formulaBytes).sum());
    }

    private static AttentionRow row(List<CaseResult> results) {
        AttentionCase first = results.getFirst().attention();
        long required = results.stream().mapToLong(CaseResult::requiredPairs).sum();
        long executed = results.stream().mapToLong(CaseResult::executedPairs).sum();
        long sent = results.stream().mapToLong(CaseResult::sentBytes).sum();
        long formula = results.stream().mapToLong(CaseResult::formulaBytes).sum();
        return new AttentionRow(
                first.mask().name(),
                first.layout().toString(),
                errors(results, false),
                errors(results, true),
                ratio(executed, required),
                ratio(sent, formula),
                results.stream()
                        .filter(CaseResult::closedFormApplies)
                        .mapToDouble(r -> Math.abs(r.closedFormRatio() - 1))
                        .max()
                        .orElse(0),
                (int) results.stream().filter(CaseResult::closedFormApplies).count(),
                results.stream()
                        .filter(r -> r.attention().mesh().ringDegree() > 1)
                        .filter(r -> r.attention().shape().tokens()
                                >= BALANCED_TOKENS * r.attention().mesh().spDegree())
                        .mapToDouble(CaseResult::imbalance)
                        .average()
                        .orElse(1));
    }

    private static double ratio(long part, long whole) {
        return whole == 0 ? 1 : (double) part / whole;
    }

    private static Errors errors(List<CaseResult> results, boolean bf16) {
        AttentionErrors worst = AttentionErrors.NONE;
        int cases = 0;
        for (CaseResult result : results) {
            if (result.attention().bf16() == bf16) {
                worst = worst.max(result.errors());
                cases++;
            }
        }
        return new Errors(cases, worst.out(), worst.lse(), worst.gradients());
    }

    void coverage(List<CoverageProof.Summary> summaries) {
        CoverageProof.Summary sum = CoverageProof.Summary.NONE;
        for (CoverageProof.Summary summary : summaries) {
            sum = sum.plus(summary);
        }
        failures.addAll(sum.examples());
        coverage = new VerificationReport.Coverage(
                summaries.size(), sum.configurations(), sum.pairs(), sum.wrongConfigurations());
    }

    void controls(List<Control> found) {
        failures.addAll(Controls.publishedCorrected());
        for (Control control : found) {
            controls.add(new ControlRow(
                    control.name(),
                    control.subject(),
                    control.needed(),
                    control.found(),
                    control.trials(),
                    control.wrongRows()));
            if (!control.passed()) {
                failures.add("a mistake made on purpose must be found: " + control);
            }
        }
    }

    void redistribution(List<RedistributionCheck.Summary> summaries) {
        RedistributionCheck.Summary sum = RedistributionCheck.Summary.NONE;
        for (RedistributionCheck.Summary summary : summaries) {
            sum = sum.plus(summary);
        }
        failures.addAll(sum.failures());
        redistribution = new VerificationReport.Redistribution(
                sum.cases(),
                sum.mediaRows(),
                sum.movedRows(),
                sum.sentBytes(),
                sum.labels(),
                sum.failures().size());
    }

    void arrivalOrder(List<ArrivalOrderCheck.Summary> summaries) {
        ArrivalOrderCheck.Summary sum = ArrivalOrderCheck.Summary.NONE;
        for (ArrivalOrderCheck.Summary summary : summaries) {
            sum = sum.plus(summary);
        }
        failures.addAll(sum.failures());
        arrivalOrder = new VerificationReport.ArrivalOrder(
                sum.cases(), sum.runs(), sum.heldFrames(), sum.failures().size());
    }

    void meshes(List<MeshDifference.Summary> summaries) {
        for (MeshDifference.Summary summary : summaries) {
            AttentionErrors worst = summary.worst();
            meshes.add(new MeshRow(
                    summary.mask(),
                    summary.exchange(),
                    summary.exact(),
                    summary.results(),
                    summary.equal(),
                    new Errors(summary.results(), worst.out(), worst.lse(), worst.gradients())));
            if (!summary.passed()) {
                failures.add("exact sums must give the same bits on every mesh: mask=%s exchange=%s results=%d equal=%d"
                        .formatted(summary.mask(), summary.exchange(), summary.results(), summary.equal()));
            }
        }
    }

    VerificationReport build(String device, long seed, boolean all, double seconds) {
        return new VerificationReport(
                device,
                seed,
                all,
                seconds,
                List.copyOf(rows),
                totals,
                coverage,
                List.copyOf(controls),
                redistribution,
                arrivalOrder,
                List.copyOf(meshes),
                List.copyOf(failures));
    }
}
