package io.longreel.model.bench;

import io.longreel.config.plan.CostFit;
import io.longreel.config.plan.CostFit.Sample;
import io.longreel.ops.device.Device;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.RankThreads;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * What a core reaches in the kernels of a step while so many of them are at work, with operands as a step has them: as many of each as a model has layers, so that they come from where
 * a step finds them.
 *
 * @param productFlops operations per second of products, beside what their operands cost
 * @param operandSeconds of a number that a product reads or writes
 * @param attentionFlops of the attention kernel, beside what scores and rows cost
 * @param scoreWidth columns of a head that a score costs
 * @param rowSeconds of a row of queries of a head, forward and backward
 * @param memoryBytesPerSecond that AdamW moves
 * @param loopBytesPerSecond of the loops over elements of a decoder's layer and a tower's block, as {@code plan} counts their bytes
 */
public record KernelRates(
        double productFlops,
        double operandSeconds,
        double attentionFlops,
        double scoreWidth,
        double rowSeconds,
        double memoryBytesPerSecond,
        double loopBytesPerSecond) {

    /** Seconds of an operation below which no core comes. */
    private static final double FASTEST = 1e-14;

    /**
     * How long is measured.
     *
     * @param warmUpSeconds of each kernel: Java's loops are slow until they are compiled
     * @param laps of each kernel, whose median counts
     * @param lapSeconds of one, about
     * @param rows of the largest product
     */
    public record Effort(double warmUpSeconds, int laps, double lapSeconds, int rows) {
        /** Some seconds of each kind of kernel. */
        public static final Effort FULL = new Effort(1.2, 9, 0.04, 544);
    }

    /** Rates of one of so many cores that do the same at the same time. */
    public static KernelRates measure(int cores, Effort effort, Device device, LongSupplier clockNs) {
        try (InProcessTransport transport = InProcessTransport.open(cores)) {
            List<KernelRates> each = RankThreads.run(
                    transport.endpoints(), endpoint -> measure(cores, effort, device, clockNs, endpoint));
            return each.getFirst();
        }
    }

    /** Noise may leave nothing for the operations. */
    private static double rate(double price) {
        return 1 / Math.max(price, FASTEST);
    }

    private static KernelLaps laps(
            int cores, Effort effort, Device device, LongSupplier clockNs, RankEndpoint endpoint) {
        List<Integer> all = new ArrayList<>();
        for (int rank = 0; rank < cores; rank++) {
            all.add(rank);
        }
        return new KernelLaps(effort, device.kernels(), clockNs, endpoint.communicator(all));
    }

    private static KernelRates measure(
            int cores, Effort effort, Device device, LongSupplier clockNs, RankEndpoint endpoint) {
        device.bindThread();
        KernelLaps laps = laps(cores, effort, device, clockNs, endpoint);
        int rows = effort.rows();
        int few = Math.max(1, rows / 4);
        // Decoder and tower of the models that bench knows, long and short.
        double[] products = CostFit.prices(List.of(
                laps.product(rows, 512, 1408, 8),
                laps.product(rows, 1408, 512, 8),
                laps.product(rows, 512, 512, 8),
                laps.product(few, 512, 1408, 8),
                laps.product(rows, 384, 1536, 8),
                laps.product(few, 384, 384, 8),
                laps.product(rows, 128, 384, 4),
                laps.product(few, 128, 128, 4),
                laps.product(rows, 64, 128, 4)));
        double[] attention = CostFit.prices(List.of(
                laps.attention(2 * rows, 2 * rows, 8, 2, 64, true),
                laps.attention(rows, rows, 8, 2, 64, true),
                laps.attention(few, few, 8, 2, 64, true),
                laps.attention(rows, rows, 4, 2, 32, true),
                laps.attention(few, few, 4, 2, 32, true),
                laps.attention(rows / 64 * 64, 64, 6, 6, 64, false),
                laps.attention(rows / 16 * 16, 16, 2, 2, 32, false)));
        Sample memory = laps.optimizer(Math.max(1 << 10, rows << 14));
        Sample decoder = laps.decoderLoops(rows, 512, 1408, 8, 2);
        Sample tower = laps.towerLoops(rows, 384, 1536);
        return new KernelRates(
                rate(products[0]),
                products[1],
                rate(attention[0]),
                attention[1] * rate(attention[0]),
                attention[2],
                memory.counts()[0] / memory.seconds(),
                (decoder.counts()[0] + tower.counts()[0]) / (decoder.seconds() + tower.seconds()));
    }
}
