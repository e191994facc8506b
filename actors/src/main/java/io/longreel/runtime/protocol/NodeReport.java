package io.longreel.runtime.protocol;

import io.longreel.config.RuntimeFailure;

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

    /** The node cannot take part. */
    record NodeFailed(String processId, RuntimeFailure.Category category, String message) implements NodeReport {
        public NodeFailed {
            Facts.notBlank(processId, "processId");
            Facts.notBlank(message, "message");
        }
    }
}
