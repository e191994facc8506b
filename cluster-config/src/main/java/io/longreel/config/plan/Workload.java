package io.longreel.config.plan;

/**
 * What a step computes.
 *
 * @param tokens of each packed sequence, frames included
 * @param frames of each sequence
 * @param batch sequences of a step, over all replicas
 */
public record Workload(long tokens, long frames, int batch, Trains trains) {
    public Workload {
        PlanRules.require(tokens > 0, () -> "a length must be above zero, not %d".formatted(tokens));
        PlanRules.require(frames >= 0, () -> "frames must not be below zero: %d".formatted(frames));
        PlanRules.positive("batch", batch);
    }

    /** Text alone, everything of the decoder trains, one sequence: what the paper's tables 7 and 8 measure. */
    public static Workload text(long tokens) {
        return new Workload(tokens, 0, 1, new Trains(false, false, true));
    }

    public Workload withTokens(long other) {
        // The same share of the sequence is video.
        return new Workload(other, Math.round(frames * ((double) other / tokens)), batch, trains);
    }

    /** What of the model trains in a stage (paper, section 3). */
    public record Trains(boolean vision, boolean projector, boolean decoder) {

        /** Whether gradients go through the decoder: for its own weights, or for what stands before it. */
        boolean passesDecoder(long frames) {
            return decoder || (frames > 0 && (projector || vision));
        }
    }
}
