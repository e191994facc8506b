package io.longreel.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RunConfigLoader;
import io.longreel.config.topology.Placement;
import io.longreel.ops.device.Device;
import io.longreel.ops.device.Devices;
import io.longreel.ops.memory.TensorArena;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.TransportNode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

class WarmUpTest {
    /** Of a process that is a node of its own. */
    private static final class Home implements WarmUp.Ground {
        final TransportNode transport;
        final List<RankEndpoint> opened = new ArrayList<>();

        Home(TransportNode transport) {
            this.transport = transport;
        }

        int run(BooleanSupplier isNeeded) {
            return WarmUp.run(transport.dataEndpoint(), transport.driverDirectory(), this, isNeeded);
        }

        @Override
        public RankEndpoint open(Placement placement, int rank) {
            RankEndpoint endpoint = transport.openUnconnected(placement, rank);
            opened.add(endpoint);
            return endpoint;
        }

        @Override
        public Device device(Placement placement, int rank) {
            return Devices.cpu();
        }
    }

    @Test
    void shouldGiveWayBetweenTwoStepsAndLeaveNothingBehind() {
        long arenas = TensorArena.liveArenas();
        AtomicInteger asked = new AtomicInteger();
        try (TransportNode transport =
                TransportNode.open(RunConfigLoader.load("tiny", List.of()).transport(), "127.0.0.1")) {
            Home home = new Home(transport);
            assertEquals(3, home.run(() -> asked.incrementAndGet() > 3));
            for (RankEndpoint endpoint : home.opened) {
                assertTrue(endpoint.counters().interNodeBytes() > 0, "the ring must leave the node");
            }
            assertEquals(0, home.run(() -> true));
        }
        assertEquals(arenas, TensorArena.liveArenas());
    }

    @Test
    void shouldGiveWayBetweenTwoCallsOfAKernel() {
        AtomicInteger asked = new AtomicInteger();
        KernelWarmUp.run(Devices.cpu().kernels(), () -> asked.incrementAndGet() > 7);
        AtomicInteger toTheEnd = new AtomicInteger();
        KernelWarmUp.run(Devices.cpu().kernels(), () -> toTheEnd.incrementAndGet() < 0);
        assertTrue(asked.get() < toTheEnd.get() / 10, () -> asked + " of " + toTheEnd);
    }
}
