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
import java.util.SplittableRandom;
import java.util.function.LongSupplier;

/**
 * What the machine does at best.
 *
 * @param gflops fp32 products of 1024 x 1024 x 1024 matrices, one after the other on each rank, all ranks together
 */
public record MachineLimits(double gflops) {
    private static final int SIDE = 1024;
    private static final int LAPS = 20;

    /** With so many ranks at work, or as many as there are cores if those are fewer. Takes a fraction of a second. */
    public static MachineLimits measure(Device device, int ranks, LongSupplier clockNs) {
        Mesh mesh = new Mesh(1, Math.min(ranks, Runtime.getRuntime().availableProcessors()), 1);
        try (InProcessTransport transport = InProcessTransport.open(Placement.inProcess(mesh))) {
            List<MachineLimits> each =
                    RankThreads.run(transport.endpoints(), endpoint -> measure(device, clockNs, endpoint, mesh));
            return each.getFirst();
        }
    }

    private static MachineLimits measure(Device device, LongSupplier clockNs, RankEndpoint endpoint, Mesh mesh) {
        device.bindThread();
        try (TensorArena arena = TensorArena.open("limits", 4L * SIDE * SIDE * Float.BYTES)) {
            Tensor a = noise(arena, 1);
            Tensor b = noise(arena, 2);
            Tensor c = arena.zeros(SIDE, SIDE);
            Laps products = new Laps(clockNs, endpoint.communicator(mesh.worldGroup()));
            for (int lap = 0; lap < LAPS; lap++) {
                products.time(() -> device.kernels().linear().matmul(false, a, false, b, 0f, c));
            }
            double flop = 2.0 * SIDE * SIDE * SIDE * mesh.worldSize();
            return new MachineLimits(flop / products.fastest() / 1e9);
        }
    }

    private static Tensor noise(TensorArena arena, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Tensor tensor = arena.zeros(SIDE, SIDE);
        for (long i = 0; i < tensor.elements(); i++) {
            tensor.setFloat(i, (float) random.nextDouble(-1, 1));
        }
        return tensor;
    }
}
