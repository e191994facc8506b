package io.longreel.runtime.protocol;

import io.longreel.config.topology.Placement;
import io.longreel.config.topology.Placement.RankSite;
import java.util.List;

/** What a worker process is told to do. */
public sealed interface NodeCommand {

    /** A command that comes from the supervisor, perhaps over the network. */
    sealed interface FromSupervisor extends NodeCommand, WireMessage {}

    /**
     * The node is part of the job. The one message that may be longer than a few KiB: the run's configuration travels
     * in it, so that a worker needs to know nothing but the address of its seed.
     *
     * @param configText the resolved configuration as HOCON
     * @param runToken by which the processes of the run know each other
     */
    record Welcome(String configText, long runToken) implements FromSupervisor {
        public Welcome {
            Facts.notBlank(configText, "configText");
        }

        /** To a run that nothing can be mixed up with. */
        public Welcome(String configText) {
            this(configText, 0);
        }

        /** Without the token, which has no business in a log. */
        @Override
        public String toString() {
            return "Welcome[configText=%d chars]".formatted(configText.length());
        }
    }

    /**
     * Start an actor and a compute thread for each rank that the placement puts into this process; each rank reports by
     * itself.
     */
    record StartRanks(StepId at, Placement placement) implements FromSupervisor {
        public StartRanks {
            if (at.generation() != placement.generation()) {
                throw new IllegalArgumentException("a placement starts its own generation: generation=%d placement=%d"
                        .formatted(at.generation(), placement.generation()));
            }
        }

        /** Sites of one process. */
        public List<RankSite> sitesOf(String processId) {
            return placement.ranks().stream()
                    .filter(site -> site.processId().equals(processId))
                    .toList();
        }
    }

    /**
     * Give up every mesh incarnation before {@code nextGeneration}: waits inside collectives end at once, ranks stop, snapshots stay.
     * Answer: RanksStopped. Commands of earlier generations are refused from now on.
     */
    record StopRanks(int nextGeneration, String reason) implements FromSupervisor {
        public StopRanks {
            Facts.atLeast(2, nextGeneration, "nextGeneration");
            Facts.notBlank(reason, "reason");
        }
    }

    /**
     * Write the slices of the process's own ranks of a snapshot into a directory that all nodes share, beside the training. Answer:
     * SlicesWritten or SlicesFailed.
     */
    record WriteSlices(SnapshotId snapshot, String directory) implements FromSupervisor {
        public WriteSlices {
            Facts.notBlank(directory, "directory");
        }
    }

    /**
     * The supervisor goes on without this process: it was declared lost, and others have its ranks. It drops ranks and snapshots, says so, and
     * may ask again to join, as if it were new.
     *
     * @param generation that is current
     */
    record NodeFenced(int generation, String reason) implements FromSupervisor {
        public NodeFenced {
            Facts.atLeast(1, generation, "generation");
            Facts.notBlank(reason, "reason");
        }
    }

    /** Not now: ask again after this time. */
    record JoinLater(long retryAfterMs, String reason) implements FromSupervisor {
        public JoinLater {
            Facts.atLeast(1, retryAfterMs, "retryAfterMs");
            Facts.notBlank(reason, "reason");
        }
    }

    /** Somebody wants this process to end, by a signal or through the supervisor: it asks to be replaced first. */
    record LeaveAsked(String reason) implements FromSupervisor {
        public LeaveAsked {
            Facts.notBlank(reason, "reason");
        }
    }

    /** Somebody wants to see how the run gets over the loss of this process: it kills itself at once, as the system would (SIGKILL). */
    record KillProcess(String reason) implements FromSupervisor {
        public KillProcess {
            Facts.notBlank(reason, "reason");
        }
    }

    /** The run is over: stop the ranks, free everything, end the process with this exit code. */
    record StopNode(int exitCode, String reason) implements FromSupervisor {
        public StopNode {
            Facts.atLeast(0, exitCode, "exitCode");
        }
    }

    /** The next look at the clock while the node waits for its welcome. Never leaves the process. */
    record RetryJoin() implements NodeCommand {}

    /** What the process shares among its ranks is open (or could not be opened). Never leaves the process. */
    record Opened(NodeReport report) implements NodeCommand {}

    /** The seed's process has left the cluster. Never leaves the process. */
    record SeedLost(String reason) implements NodeCommand {}

    /** Time to say that the process lives. Never leaves the process. */
    record BeatDue() implements NodeCommand {}

    /** The process cannot host ranks any more. Never leaves the process. */
    record DefectFound(String reason) implements NodeCommand {}

    /** The thread for slow work has something to report. Never leaves the process. */
    record SlowWorkDone(NodeReport report) implements NodeCommand {}

    /** A rank's compute thread is over and has freed what it held. Never leaves the process. */
    record RankStopped(int rank) implements NodeCommand {}
}
