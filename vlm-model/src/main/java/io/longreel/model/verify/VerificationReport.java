package io.longreel.model.verify;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;

/**
 * What a verification measured and found, for a table or a file. Errors are the largest, relative to {@code max(1, |expected|)}.
 *
 * @param all whether this was the whole grid
 * @param seconds how long it took
 * @param failures what did not hold, a line each
 */
public record VerificationReport(
        String device,
        long seed,
        boolean all,
        double seconds,
        List<AttentionRow> attention,
        Grid grid,
        Coverage coverage,
        List<ControlRow> controls,
        Redistribution redistribution,
        ArrivalOrder arrivalOrder,
        List<MeshRow> meshes,
        List<String> failures) {

    /** Worst errors of the cases of one exchange type. */
    public record Errors(int cases, double out, double lse, double gradients) {}

    /**
     * All cases of one mask in one layout.
     *
     * @param pairsRatio pairs that kernels computed / pairs that the masks allow, all cases together
     * @param bytesRatio bytes sent / bytes of the exact formula
     * @param closedFormDeviation furthest from the formulas of the literature, as a part of them, where they apply
     * @param closedFormCases cases to which they apply
     * @param imbalance work of the busiest ring rank / mean, at least 64 tokens per rank: mean over these cases
     */
    public record AttentionRow(
            String mask,
            String layout,
            Errors f32,
            Errors bf16,
            double pairsRatio,
            double bytesRatio,
            double closedFormDeviation,
            int closedFormCases,
            double imbalance) {}

    /**
     * @param combinations of values of axes that cases were to hold
     * @param excluded those that are too large, or impossible
     */
    public record Grid(
            int cases,
            int passed,
            int gridCases,
            int publicCases,
            int combinations,
            int excluded,
            long requiredPairs,
            long executedPairs,
            double worstPairsRatio,
            long sentBytes,
            long formulaBytes) {}

    /** See {@link CoverageProof.Summary}. */
    public record Coverage(int lengths, long configurations, long pairs, long wrongConfigurations) {}

    /** See {@link Control}. */
    public record ControlRow(String name, String subject, int needed, int found, int trials, double wrongRows) {}

    /** See {@link RedistributionCheck.Summary}. */
    public record Redistribution(
            int cases, long mediaRows, long movedRows, long sentBytes, long labels, int failures) {}

    /** See {@link ArrivalOrderCheck.Summary}. */
    public record ArrivalOrder(int cases, int runs, long heldFrames, int failures) {}

    /** See {@link MeshDifference.Summary}. */
    public record MeshRow(String mask, String exchange, boolean exact, int results, int equal, Errors difference) {}

    @JsonProperty
    public boolean passed() {
        return failures.isEmpty();
    }

    public String toJson() {
        try {
            return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("records of numbers and texts are always JSON", e);
        }
    }

    /** Lines of a table for people. */
    public List<String> toTable() {
        return new ReportTable(this).lines();
    }
}
