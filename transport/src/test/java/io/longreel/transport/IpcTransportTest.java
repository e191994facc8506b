package io.longreel.transport;

import io.longreel.config.TransportSettings;
import io.longreel.config.TransportSettings.IntraNode;
import io.longreel.config.topology.Mesh;
import io.longreel.transport.fault.LinkFault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;

/** The contract within a node whose payloads go through Aeron IPC: two processes share a driver, and ranks share a process. */
class IpcTransportTest extends TransportContract {
    @TempDir(factory = SharedMemoryFactory.class)
    @SuppressWarnings("NullAway.Init")
    private Path base;

    @Override
    World open(int generation, Mesh mesh, Duration waitTimeout, LinkFault fault) {
        TransportSettings settings = new TransportSettings(IntraNode.IPC, 256 * 1024, 65_504, 1024 * 1024, waitTimeout);
        List<String> layout = List.of("A0", "A1", "A0", "A1", "A0", "A1").subList(0, mesh.worldSize());
        return NodesWorld.open(settings, base, generation, mesh, layout, fault);
    }
}
