package io.longreel.runtime.protocol;

/** What a person asks of a run while it goes on. Asked twice, it is done once. Never leaves the supervisor's process. */
public sealed interface Control {
    /** A training checkpoint behind the next step that is begun, or at once where the run stands still. */
    record Checkpoint() implements Control {}

    /** Nothing new is commanded behind what is in flight; the run stays alive, and gets over faults, until it is told to go on. */
    record Pause() implements Control {}

    /** Goes on where a pause was. */
    record Resume() implements Control {}

    /** A node's ranks go elsewhere first, then its process ends, as when it gets SIGTERM. */
    record Drain(String nodeId) implements Control {
        public Drain {
            Facts.notBlank(nodeId, "nodeId");
        }
    }

    /** The process that hosts a rank, and with it all ranks that it hosts, gets SIGKILL: to see how the run gets over it. */
    record Kill(int rank) implements Control {
        public Kill {
            Facts.atLeast(0, rank, "rank");
        }
    }
}
