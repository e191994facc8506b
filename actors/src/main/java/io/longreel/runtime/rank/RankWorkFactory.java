package io.longreel.runtime.rank;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Placement;
import io.longreel.runtime.protocol.HeldSlice;
import io.longreel.runtime.protocol.SnapshotId;
import io.longreel.runtime.protocol.WrittenSlice;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * What a process shares among its ranks: the transport, the decoded data, and the snapshots, which outlive ranks and mesh incarnations. Opened by the node when it has the run's
 * configuration, closed when the last rank has stopped. The seam behind which tests replace model, data and transport.
 */
public interface RankWorkFactory extends AutoCloseable {

    /** Opens what a process needs for a run; may take seconds. */
    @FunctionalInterface
    interface Opener {
        /**
         * @param configText the run's configuration as HOCON
         * @param host address of this process that other nodes reach
         */
        RankWorkFactory open(String configText, String host);
    }

    /** {@code host:port} on which other nodes send data to this process. */
    String dataEndpoint();

    /** Directory of the media driver that serves this process. */
    String driverDirectory();

    /**
     * Makes ready what the first steps of ranks would wait for; on the thread for slow work, in a process without ranks. Returns early when
     * {@code isNeeded}, within a step of a small model.
     */
    void warmUp(BooleanSupplier isNeeded);

    /** The work of one rank on one mesh incarnation. Returns at once: nothing is connected yet. */
    RankJob create(Placement placement, int rank);

    /** What keeps this process from hosting ranks from now on, in one line; empty when it can. Any thread. */
    Optional<String> defect();

    /** Slices of snapshots in this process's memory, whole ones only. Any thread. */
    List<HeldSlice> held();

    /** Forgets all snapshots. No rank lives. */
    void dropSnapshots();

    /**
     * Writes the slices that this process's own ranks took of a snapshot, beside the training; on the thread for slow work.
     *
     * @throws RuntimeFailure RETRYABLE when they cannot be written; nothing half-written counts
     */
    List<WrittenSlice> writeSlices(SnapshotId snapshot, Path directory);

    @Override
    void close();
}
