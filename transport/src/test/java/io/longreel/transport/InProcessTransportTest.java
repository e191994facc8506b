package io.longreel.transport;

import io.longreel.config.topology.Mesh;
import io.longreel.transport.fault.LinkFault;
import java.time.Duration;
import java.util.List;

/** The contract between threads of one process. */
class InProcessTransportTest extends TransportContract {

    @Override
    World open(int generation, Mesh mesh, Duration waitTimeout, LinkFault fault) {
        InProcessTransport transport =
                InProcessTransport.open(Placements.local(generation, mesh), waitTimeout, fault, System::nanoTime);
        return new World() {
            @Override
            public List<RankEndpoint> endpoints() {
                return transport.endpoints();
            }

            @Override
            public void close() {
                transport.close();
            }
        };
    }
}
