package io.longreel.curriculum.survey;

import java.util.List;

/**
 * What a phase trains on.
 *
 * @param tokens of each sample that could be made, too long ones as well
 * @param frames likewise; tiles of images count as frames
 * @param learned likewise: tokens that the model has to predict
 */
public record PhaseStats(
        Plan plan,
        Sampled sampled,
        Spread tokens,
        Spread frames,
        Spread learned,
        Histogram histogram,
        Packing packing,
        List<RankLoad> ranks) {

    public PhaseStats {
        ranks = List.copyOf(ranks);
    }

    /**
     * What the configuration asks for.
     *
     * @param epochRecords entries of an epoch of the mixture
     */
    public record Plan(
            String stage,
            String phase,
            String mixture,
            long epochRecords,
            int samplesPerStep,
            int steps,
            int contextTokensMax) {
        /** Steps until every entry has been seen. */
        public long epochSteps() {
            return (epochRecords + samplesPerStep - 1) / samplesPerStep;
        }

        public double epochs() {
            return (double) steps * samplesPerStep / epochRecords;
        }
    }

    /**
     * What was looked at.
     *
     * @param damaged records that no sample could be made of
     * @param first some of those that cannot be used, in the order of the epoch
     */
    public record Sampled(long records, long usable, long tooLong, long damaged, List<Fault> first) {
        public Sampled {
            first = List.copyOf(first);
        }
    }

    /** A record that cannot be used, and why in one line. */
    public record Fault(String dataset, int record, String reason) {}

    /**
     * The first steps of the phase, packed as in the run.
     *
     * @param leftOut samples of them that cannot be used
     */
    public record Packing(int steps, int samples, int leftOut, int sequences, long tokens, int contextTokensMax) {
        /** Share of the sequences' room that is used, 0 to 1. */
        public double fill() {
            return sequences == 0 ? 0 : (double) tokens / ((double) sequences * contextTokensMax);
        }
    }

    /** What a rank gets in these steps: frames that it encodes, tokens that it owns. */
    public record RankLoad(int rank, int replica, long frames, long tokens) {}
}
