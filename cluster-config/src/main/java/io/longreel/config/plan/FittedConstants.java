package io.longreel.config.plan;

/**
 * What was fitted to cells of the paper's tables; everything else has a source of its own.
 *
 * @param attentionShare of an H100's peak, {@link Hardware#attentionShare}
 * @param fixedSeconds {@link Software#fixedSeconds}
 * @param ringHiddenShare {@link Software#ringHiddenShare}
 * @param ringStepSeconds {@link Software#ringStepSeconds}
 * @param megatronAttentionShare {@link Software#attentionShare} of Megatron
 * @param zero3LostMemory {@link Software#lostMemoryShare} of ZeRO-3
 */
public record FittedConstants(
        double attentionShare,
        double fixedSeconds,
        double ringHiddenShare,
        double ringStepSeconds,
        double megatronAttentionShare,
        double zero3LostMemory) {

    Hardware applied(Hardware hardware) {
        return hardware.withAttentionShare(attentionShare);
    }

    Software applied(Software software, boolean isMegatron) {
        Software timed = software.with(new Software.Times(
                fixedSeconds,
                ringStepSeconds,
                ringHiddenShare,
                isMegatron ? megatronAttentionShare : software.attentionShare()));
        return software.isGatheredByTensor() ? timed.withLostMemoryShare(zero3LostMemory) : timed;
    }
}
