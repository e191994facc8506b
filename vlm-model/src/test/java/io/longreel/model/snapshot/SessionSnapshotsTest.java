package io.longreel.model.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.model.state.ParameterSpec;
import io.longreel.model.state.Unit;
import io.longreel.model.state.WeightStore;
import io.longreel.ops.device.Devices;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.memory.TensorArena;
import io.longreel.transport.Communicator;
import io.longreel.transport.ForwardingCommunicator;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankThreads;
import io.longreel.transport.fault.LinkFault;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What two ranks on two nodes do when a slice arrives that is not the one that was expected. */
class SessionSnapshotsTest {
    private static final Kernels KERNELS = Devices.plain().kernels();
    private static final List<Unit> UNITS =
            List.of(Unit.of("unit", List.of(new ParameterSpec("weights", new int[] {40, 10}))));
    private static final long ARENA_BYTES = 1 << 14;

    /** Flips a bit of what arrives with one all-to-all. */
    private static final class DamagingWire extends ForwardingCommunicator {
        private final int victim;
        private int calls;
        private boolean fired;

        /** @param victim number of the all-to-all that is struck, from 1; 0 for none */
        DamagingWire(Communicator real, int victim) {
            super(real);
            this.victim = victim;
        }

        @Override
        public void allToAllV(List<MemorySegment> send, List<MemorySegment> receive) {
            super.allToAllV(send, receive);
            calls++;
            for (MemorySegment arrived : receive) {
                if (calls == victim && arrived.byteSize() > 0) {
                    long at = arrived.byteSize() - 1;
                    byte value = arrived.get(ValueLayout.JAVA_BYTE, at);
                    arrived.set(ValueLayout.JAVA_BYTE, at, (byte) (value ^ 1));
                    fired = true;
                }
            }
        }
    }

    /** What each rank's vault lists in the end. */
    private final Map<Integer, List<HeldSlice>> held = new ConcurrentHashMap<>();

    /** What a rank does with its snapshots. */
    private interface Work {
        void run(SessionSnapshots snapshots, List<WeightStore> stores, int rank);
    }

    /** The frozen section is exchanged first, then what moves; afterwards only the latter. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void shouldRefuseASliceThatWasDamagedOnItsWay(int victim) {
        int soundSnapshots = Math.max(0, victim - 2);
        RuntimeFailure failure = assertThrows(
                RuntimeFailure.class,
                () -> onTwoNodes(victim, (snapshots, stores, rank) -> {
                    for (int step = 0; step <= soundSnapshots; step++) {
                        snapshots.take(new SnapshotKey(1, 0, step), stores, null);
                    }
                }));
        assertEquals(RuntimeFailure.Category.RETRYABLE, failure.category());
        assertTrue(failure.getMessage().contains("fromRank=0 atRank=1"), failure.getMessage());
        assertTrue(failure.getMessage().contains("step=" + soundSnapshots), failure.getMessage());
        assertEquals(2 * soundSnapshots, held(1), "nothing of the struck snapshot is listed where it was struck");
    }

    @Test
    void shouldRefuseASliceOfAnotherMoment() {
        onTwoNodes(0, (snapshots, stores, rank) -> {
            snapshots.take(new SnapshotKey(1, 0, 0), stores, null);
            SnapshotKey wrong = new SnapshotKey(1, 0, 1 + rank);
            assertThrows(RuntimeFailure.class, () -> snapshots.take(wrong, stores, null));
        });
        assertEquals(2, held(0));
        assertEquals(2, held(1));
    }

    @Test
    void shouldRefusePeersOfAnotherMesh() {
        SnapshotSite site = new SnapshotSite(SnapshotVault.open(), SnapshotPeers.of(List.of("a", "a", "a"), 1));
        try (InProcessTransport transport = InProcessTransport.open(2)) {
            Communicator world = transport.endpoint(0).communicator(List.of(0, 1));
            assertThrows(IllegalArgumentException.class, () -> new SessionSnapshots(site, world, KERNELS));
        }
        site.vault().close();
    }

    private int held(int rank) {
        return held.getOrDefault(rank, List.of()).size();
    }

    /** One rank on each of two nodes; rank 1's all-to-all number {@code victim} is struck, from 1. Fills {@link #held}. */
    private void onTwoNodes(int victim, Work work) {
        Placement placement = Placement.inProcess(new Mesh(2, 1, 1));
        try (InProcessTransport transport =
                InProcessTransport.open(placement, Duration.ofMinutes(1), LinkFault.NONE, System::nanoTime)) {
            RankThreads.run(transport.endpoints(), endpoint -> {
                int rank = endpoint.rank();
                DamagingWire wire = new DamagingWire(endpoint.communicator(List.of(0, 1)), rank == 1 ? victim : 0);
                SnapshotVault vault = SnapshotVault.open();
                SnapshotSite site = new SnapshotSite(vault, SnapshotPeers.of(List.of("a", "b"), 1));
                try (vault;
                        TensorArena arena = TensorArena.open("test", ARENA_BYTES);
                        SessionSnapshots snapshots = new SessionSnapshots(site, wire, KERNELS)) {
                    WeightStore store = WeightStore.allocate(UNITS, WeightStore.Form.WHOLE, rank, 2, arena);
                    try {
                        work.run(snapshots, List.of(store), rank);
                    } finally {
                        held.put(rank, vault.held());
                    }
                } finally {
                    assertEquals(wire.victim > 0, wire.fired);
                }
                return 0;
            });
        }
    }
}
