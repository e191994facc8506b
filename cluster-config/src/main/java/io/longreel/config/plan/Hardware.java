package io.longreel.config.plan;

/**
 * What one rank computes with.
 *
 * @param peakFlops operations per second on the data sheet, dense, in the precision of the products; MFU is told against it
 * @param productShare share of them that large products reach
 * @param attentionShare share that the attention kernel reaches, by the operations that it executes: its backward pass computes the scores again
 * @param memoryBytesPerSecond on the data sheet
 * @param memoryShare share of it that loops over elements reach
 * @param memoryBytes of the device
 * @param reservedBytes that context, libraries and buffers of collectives take of it
 * @param elementBytes of an activation, and of a number on the wire
 */
public record Hardware(
        String name,
        double peakFlops,
        double productShare,
        double attentionShare,
        double memoryBytesPerSecond,
        double memoryShare,
        long memoryBytes,
        long reservedBytes,
        int elementBytes) {
    public Hardware {
        PlanRules.positive("peak-flops", peakFlops);
        PlanRules.share("product-share", productShare);
        PlanRules.positive("product-share", productShare);
        PlanRules.share("attention-share", attentionShare);
        PlanRules.positive("attention-share", attentionShare);
        PlanRules.positive("memory-bandwidth", memoryBytesPerSecond);
        PlanRules.share("memory-share", memoryShare);
        PlanRules.positive("memory-share", memoryShare);
        PlanRules.positive("memory", (double) memoryBytes);
        PlanRules.notNegative("reserved-memory", (double) reservedBytes);
        PlanRules.require(
                reservedBytes < memoryBytes,
                () -> "a device must have memory beyond what is reserved: memory=%d reserved=%d"
                        .formatted(memoryBytes, reservedBytes));
        PlanRules.require(
                elementBytes == 2 || elementBytes == 4,
                () -> "an element must have 2 or 4 bytes, not %d".formatted(elementBytes));
    }

    /** Operations per second of products. */
    public double productFlops() {
        return peakFlops * productShare;
    }

    /** Operations per second of attention, executed ones. */
    public double attentionFlops() {
        return peakFlops * attentionShare;
    }

    /** Bytes per second of loops over elements. */
    public double elementBytesPerSecond() {
        return memoryBytesPerSecond * memoryShare;
    }

    public long usableBytes() {
        return memoryBytes - reservedBytes;
    }

    /** A rank that gets its device for a part of the time. */
    Hardware slowed(double factor) {
        return new Hardware(
                name,
                peakFlops / factor,
                productShare,
                attentionShare,
                memoryBytesPerSecond / factor,
                memoryShare,
                memoryBytes,
                reservedBytes,
                elementBytes);
    }

    public Hardware withAttentionShare(double share) {
        return new Hardware(
                name,
                peakFlops,
                productShare,
                share,
                memoryBytesPerSecond,
                memoryShare,
                memoryBytes,
                reservedBytes,
                elementBytes);
    }
}
