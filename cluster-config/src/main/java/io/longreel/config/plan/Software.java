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
 * @param visionScoreBytes that are read and written for each pair of patches, where scores are materialised
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
        int visionScoreBytes) {
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
                visionScoreBytes);
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
                visionScoreBytes);
    }

    /** Those of its constants that are measured or fitted rather than known. */
    public record Times(double fixedSeconds, double ringStepSeconds, double ringHiddenShare, double attentionShare) {}
}
