package io.longreel.transport;

import io.longreel.config.TransportSettings;
import io.longreel.config.TransportSettings.IntraNode;
import io.longreel.config.topology.Mesh;
import io.longreel.transport.fault.LinkFault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;

/** The contract between nodes: every rank on its own, over real UDP on the loopback interface. */
class UdpTransportTest extends TransportContract {
    @TempDir(factory = SharedMemoryFactory.class)
    @SuppressWarnings("NullAway.Init")
    private Path base;

    @Override
    World open(int generation, Mesh mesh, Duration waitTimeout, LinkFault fault) {
        TransportSettings settings =
                new TransportSettings(IntraNode.WINDOWS, 256 * 1024, 65_504, 1024 * 1024, waitTimeout);
        List<String> layout = List.of("A", "B", "C", "D", "E", "F").subList(0, mesh.worldSize());
        return NodesWorld.open(settings, base, generation, mesh, layout, fault);
    }
}
