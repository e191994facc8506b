package io.longreel.runtime.protocol;

import io.longreel.config.RuntimeFailure;
import java.util.List;

/** What a worker process tells the supervisor. Pure data. */
public sealed interface NodeReport extends WireMessage {
    /** Unique in the cluster. */
    String processId();

    /** A worker asks to be part of the job; it asks again until it is welcomed. */
    record JoinRequested(String processId, String nodeId) implements NodeReport {
        public JoinRequested {
            Facts.notBlank(processId, "processId");
            Facts.notBlank(nodeId, "nodeId");
        }
    }

    /**
     * The node has its configuration and an open transport; it can host ranks.
     *
     * @param dataEndpoint {@code host:port} for Aeron UDP; empty when no other node sends to it
     * @param driverDirectory directory of the media driver that serves the process
     */
    record NodeReady(String processId, String nodeId, String dataEndpoint, String driverDirectory)
            implements NodeReport {
        public NodeReady {
            Facts.notBlank(processId, "processId");
            Facts.notBlank(nodeId, "nodeId");
        }
    }

    /**
     * The process lives; sent ten times a second once it is ready. Says all that {@link NodeReady} says, so that a supervisor that starts
     * elsewhere knows its nodes by their beats.
     *
     * @param generation newest mesh incarnation that the process has heard of; 0 before the first
     */
    record Beat(
            String processId,
            String nodeId,
            String dataEndpoint,
            String driverDirectory,
            int generation,
            List<RankPulse> ranks)
            implements NodeReport {
        public Beat {
            Facts.notBlank(processId, "processId");
            Facts.notBlank(nodeId, "nodeId");
            Facts.atLeast(0, generation, "generation");
            ranks = List.copyOf(ranks);
        }
    }

    /**
     * All ranks of earlier mesh incarnations are over.
     *
     * @param generation the {@code nextGeneration} of the command
     * @param held what the process keeps in memory
     */
    record RanksStopped(String processId, int generation, List<HeldSlice> held) implements NodeReport {
        public RanksStopped {
            Facts.notBlank(processId, "processId");
            Facts.atLeast(2, generation, "generation");
            held = List.copyOf(held);
        }
    }

    /** The slices of the process's own ranks are on disk, synced. */
    record SlicesWritten(String processId, SnapshotId snapshot, List<WrittenSlice> slices) implements NodeReport {
        public SlicesWritten {
            Facts.notBlank(processId, "processId");
            slices = List.copyOf(slices);
        }
    }

    /** The slices could not be written; the snapshot is still there, and training is not affected. */
    record SlicesFailed(String processId, SnapshotId snapshot, String message) implements NodeReport {
        public SlicesFailed {
            Facts.notBlank(processId, "processId");
            Facts.notBlank(message, "message");
        }
    }

    /** The process is to end soon: its ranks should go elsewhere first. */
    record LeaveRequested(String processId, String reason) implements NodeReport {
        public LeaveRequested {
            Facts.notBlank(processId, "processId");
            Facts.notBlank(reason, "reason");
        }
    }

    /** The node cannot take part. */
    record NodeFailed(String processId, RuntimeFailure.Category category, String message) implements NodeReport {
        public NodeFailed {
            Facts.notBlank(processId, "processId");
            Facts.notBlank(message, "message");
        }
    }
}
