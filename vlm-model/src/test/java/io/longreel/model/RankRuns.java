package io.longreel.model;

import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.model.state.Workspace;
import io.longreel.ops.device.Device;
import io.longreel.ops.device.Devices;
import io.longreel.ops.memory.TensorArena;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankThreads;
import io.longreel.transport.fault.LinkFault;
import java.time.Duration;

/** Runs a piece of a step on all ranks of a mesh inside this process, each with arenas of its own. */
public final class RankRuns {
    private static final long ARENA_BYTES = 1L << 20;
    private static final Duration WAIT_TIMEOUT = Duration.ofMinutes(1);

    /** What every rank does. */
    @FunctionalInterface
    public interface Work {
        void run(Groups groups, Workspace ws) throws Exception;
    }

    private RankRuns() {}

    public static void run(Mesh mesh, Work work) {
        run(mesh, Devices.cpu(), work);
    }

    public static void run(Mesh mesh, Device device, Work work) {
        run(mesh, device, LinkFault.NONE, work);
    }

    public static void run(Mesh mesh, Device device, LinkFault fault, Work work) {
        try (InProcessTransport transport =
                InProcessTransport.open(Placement.inProcess(mesh), WAIT_TIMEOUT, fault, System::nanoTime)) {
            RankThreads.run(transport.endpoints(), endpoint -> {
                try (TensorArena step = TensorArena.open("step", ARENA_BYTES);
                        TensorArena scratch = TensorArena.open("scratch", ARENA_BYTES)) {
                    work.run(Groups.of(mesh, endpoint), new Workspace(device.kernels(), step, scratch));
                }
                return 0;
            });
        }
    }
}
