package io.longreel.config.plan;

/**
 * How a program does the work, as far as it costs: what hides behind what, which copies it keeps, what it loses. plan/software.conf has the values and where they come from.
 *
 * @param fixedSeconds of a step that depend on neither length nor mesh: launches, host work, synchronisation
 * @param ringStepSeconds of a step of the ring in one layer, forward and backward, beyond its operations and bytes: more and smaller kernels
 * @param ringHiddenShare of attention's time beneath which a ring of summed hops hides
 * @param ringInFlight steps of such a ring under way at the same time
 * @param attentionShare of what the hardware's attention kernel reaches
 * @param kvGradientBytes of a number of the gradients that travel with keys and values
 * @param gradientBytes of a gradient as it is kept
 * @param optimizerBytes of a weight's state: master and both moments
 * @param isGatheredByTensor whether weights are gathered tensor by tensor, which one port carries, rather than block by block, which all ports of a node share
 * @param lostMemoryShare of memory that lies between allocations and fits none
 * @param logitBytes of the logits, for each token and word of the vocabulary
 * @param visionScoreBytes that are read and written for each pair of patches, where scores are materialised; 0: the attention kernel computes them, in tiles
 * @param details what it costs beyond those
 */
public record Software(
        String name,
        double fixedSeconds,
        double ringStepSeconds,
        double ringHiddenShare,
        int ringInFlight,
        double attentionShare,
        int kvGradientBytes,
        int gradientBytes,
        int optimizerBytes,
        boolean isGatheredByTensor,
        double lostMemoryShare,
        int logitBytes,
        int visionScoreBytes,
        Details details) {
    public Software {
        PlanRules.notNegative("fixed-seconds", fixedSeconds);
        PlanRules.notNegative("ring-step-seconds", ringStepSeconds);
        PlanRules.share("ring-hidden-share", ringHiddenShare);
        PlanRules.positive("ring-in-flight", ringInFlight);
        PlanRules.positive("attention-share", attentionShare);
        PlanRules.share("lost-memory-share", lostMemoryShare);
    }

    public Software with(Software.Times times) {
        return new Software(
                name,
                times.fixedSeconds(),
                times.ringStepSeconds(),
                times.ringHiddenShare(),
                ringInFlight,
                times.attentionShare(),
                kvGradientBytes,
                gradientBytes,
                optimizerBytes,
                isGatheredByTensor,
                lostMemoryShare,
                logitBytes,
                visionScoreBytes,
                details);
    }

    public Software with(Details other) {
        return new Software(
                name,
                fixedSeconds,
                ringStepSeconds,
                ringHiddenShare,
                ringInFlight,
                attentionShare,
                kvGradientBytes,
                gradientBytes,
                optimizerBytes,
                isGatheredByTensor,
                lostMemoryShare,
                logitBytes,
                visionScoreBytes,
                other);
    }

    /** The same where its host's work takes longer. */
    Software slowed(double factor) {
        return with(new Times(fixedSeconds * factor, ringStepSeconds * factor, ringHiddenShare, attentionShare))
                .with(details.slowed(factor));
    }

    public Times times() {
        return new Times(fixedSeconds, ringStepSeconds, ringHiddenShare, attentionShare);
    }

    public Software withLostMemoryShare(double share) {
        return new Software(
                name,
                fixedSeconds,
                ringStepSeconds,
                ringHiddenShare,
                ringInFlight,
                attentionShare,
                kvGradientBytes,
                gradientBytes,
                optimizerBytes,
                isGatheredByTensor,
                share,
                logitBytes,
                visionScoreBytes,
                details);
    }

    /** Those of its constants that are measured or fitted rather than known. */
    public record Times(double fixedSeconds, double ringStepSeconds, double ringHiddenShare, double attentionShare) {}

    /**
     * Costs that vanish beside those of a GPU's large kernels and do not on a core: zero there.
     *
     * @param layerSeconds of a layer, forward and backward, that depend on no size: calls, checks, plans
     * @param operandBytes that a product takes to and from memory for each number of its rows, beyond its operations
     * @param loopShare of the device's rate that its loops over elements reach: those that compute more than they read
     * @param scoreWidth added to the width of a head: what a score costs beside its products (exponentials, sums), in as many operations
     * @param rowSeconds of a row of queries of one head, forward and backward, that depend on no length
     * @param meetingSeconds of an exchange at which ranks wait for each other, beyond its messages
     * @param turnSeconds of each rank that a core goes on with at such an exchange, where ranks share cores: a thread is changed, and finds none of its data in the core's caches
     * @param weightBytes that every rank reads and writes in a step for each weight, its share or not: factors, gradients, checksums
     * @param updateBytes for each trained weight of its own share
     * @param isHeadOfLabels whether the head sees rows with a label alone, which are those of the text
     */
    public record Details(
            double layerSeconds,
            double operandBytes,
            double loopShare,
            double scoreWidth,
            double rowSeconds,
            double meetingSeconds,
            double turnSeconds,
            double weightBytes,
            double updateBytes,
            boolean isHeadOfLabels) {
        public Details {
            PlanRules.notNegative("layer-seconds", layerSeconds);
            PlanRules.notNegative("operand-bytes", operandBytes);
            PlanRules.share("loop-share", loopShare);
            PlanRules.positive("loop-share", loopShare);
            PlanRules.notNegative("score-width", scoreWidth);
            PlanRules.notNegative("row-seconds", rowSeconds);
            PlanRules.notNegative("meeting-seconds", meetingSeconds);
            PlanRules.notNegative("turn-seconds", turnSeconds);
            PlanRules.notNegative("weight-bytes", weightBytes);
            PlanRules.notNegative("update-bytes", updateBytes);
        }

        private Details slowed(double factor) {
            return new Details(
                    layerSeconds * factor,
                    operandBytes,
                    loopShare,
                    scoreWidth,
                    rowSeconds * factor,
                    meetingSeconds,
                    turnSeconds,
                    weightBytes,
                    updateBytes,
                    isHeadOfLabels);
        }
    }
}
