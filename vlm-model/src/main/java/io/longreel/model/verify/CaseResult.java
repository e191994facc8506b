package io.longreel.model.verify;

import java.util.List;

/**
 * What a case showed.
 *
 * @param requiredPairs query-key pairs per head that the mask allows
 * @param plannedPairs pairs per head that the plans of all ring ranks hold
 * @param executedPairs pairs per head that the kernels compute for them
 * @param sentBytes payload that left the ranks, both passes and both axes together
 * @param formulaBytes the same by the exact formula
 * @param closedFormRatio the rank and pass furthest from the formulas of the literature, sent / formula; 1 where they do not apply
 * @param closedFormApplies whether everything divides, so that those formulas have to hold
 * @param imbalance pairs of the busiest ring rank / mean
 * @param failures what did not hold, one line each; empty when all did
 */
record CaseResult(
        AttentionCase attention,
        AttentionErrors errors,
        long requiredPairs,
        long plannedPairs,
        long executedPairs,
        long sentBytes,
        long formulaBytes,
        double closedFormRatio,
        boolean closedFormApplies,
        double imbalance,
        List<String> failures) {

    CaseResult {
        failures = List.copyOf(failures);
    }

    boolean passed() {
        return failures.isEmpty();
    }
}
