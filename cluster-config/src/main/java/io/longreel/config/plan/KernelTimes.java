package io.longreel.config.plan;

/** Seconds of a rank's kernels by what they do. What costs nothing beside a GPU's operations has a factor of zero there ({@link Software.Details}). Pure. */
final class KernelTimes {
    private KernelTimes() {}

    /**
     * Of products.
     *
     * @param numbers of their rows, read and written
     */
    static double products(StepCase step, double operations, double numbers) {
        Hardware hardware = step.cluster().hardware();
        return operations / hardware.productFlops()
                + numbers * step.software().details().operandBytes() / hardware.elementBytesPerSecond();
    }

    /** Of loops over elements. */
    static double loops(StepCase step, double bytes) {
        return bytes
                / (step.cluster().hardware().elementBytesPerSecond()
                        * step.software().details().loopShare());
    }

    /**
     * Of attention, forward.
     *
     * @param operations of its products
     * @param width of a head
     * @param rows of queries, each head's
     */
    static double attention(StepCase step, double operations, int width, double rows) {
        Software.Details details = step.software().details();
        return operations
                        / (step.cluster().hardware().attentionFlops()
                                * step.software().attentionShare())
                        * (1 + details.scoreWidth() / width)
                + rows * details.rowSeconds() / (1 + DecoderWork.ATTENTION_BACKWARD);
    }
}
