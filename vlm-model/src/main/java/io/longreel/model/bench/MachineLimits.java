package io.longreel.model.bench;

import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.ops.device.Device;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.RankThreads;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * What the machine does at best with so many ranks at work.
 *
 * @param gflops fp32 products of 1024 x 1024 x 1024, all ranks together
 * @param copyGbPerSecond bytes copied (read once, written once, counted once) from memory to memory, all ranks together
 */
public record MachineLimits(double gflops, double copyGbPerSecond) {
    private static final int SIDE = 1024;
    private static final long COPY_BYTES = 64L << 20;
    private static final int LAPS = 9;

    /** Takes about a second. */
    public static MachineLimits measure(Device device, int ranks, LongSupplier clockNs) {
        Mesh mesh = new Mesh(1, ranks, 1);
        try (InProcessTransport transport = InProcessTransport.open(Placement.inProcess(mesh))) {
            List<MachineLimits> each =
                    RankThreads.run(transport.endpoints(), endpoint -> measure(device, clockNs, endpoint, mesh));
            return each.getFirst();
        }
    }

    private static MachineLimits measure(Device device, LongSupplier clockNs, RankEndpoint endpoint, Mesh mesh) {
        device.bindThread();
        var all = endpoint.communicator(mesh.worldGroup());
        try (TensorArena arena = TensorArena.open("limits", 2 * COPY_BYTES + 4L * SIDE * SIDE * Float.BYTES)) {
            Tensor a = arena.zeros(SIDE, SIDE);
            Tensor b = arena.zeros(SIDE, SIDE);
            Tensor c = arena.zeros(SIDE, SIDE);
            a.segment().fill((byte) 1);
            b.segment().fill((byte) 2);
            Laps products = new Laps(clockNs, all);
            for (int lap = 0; lap < LAPS; lap++) {
                products.time(() -> device.kernels().linear().matmul(false, a, false, b, 0f, c));
            }
            int floats = (int) (COPY_BYTES / Float.BYTES);
            Tensor from = arena.zeros(floats);
            Tensor to = arena.zeros(floats);
            Laps copies = new Laps(clockNs, all);
            for (int lap = 0; lap < LAPS; lap++) {
                copies.time(() -> to.copyFrom(from));
            }
            double flop = 2.0 * SIDE * SIDE * SIDE * mesh.worldSize();
            return new MachineLimits(
                    flop / products.median() / 1e9, (double) COPY_BYTES * mesh.worldSize() / copies.median() / 1e9);
        }
    }
}
