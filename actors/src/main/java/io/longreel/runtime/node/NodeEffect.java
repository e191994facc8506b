package io.longreel.runtime.node;

import io.longreel.config.topology.Placement;
import io.longreel.runtime.protocol.NodeReport;
import io.longreel.runtime.protocol.SnapshotId;
import io.longreel.runtime.protocol.StepId;

/** What the shell of a node does for its core, in the order of the list. */
public sealed interface NodeEffect {
    /** To the supervisor. */
    record Say(NodeReport report) implements NodeEffect {}

    /** Say {@code Beat} with the pulses of all ranks that live. */
    record SayBeat(String dataEndpoint, String driverDirectory, int generation) implements NodeEffect {}

    /** Say {@code RanksStopped} with the snapshots that the process holds by now. */
    record SayStopped(int generation) implements NodeEffect {}

    /** Open what the ranks share, unless it is open and sound. Comes back as Opened. */
    record Open(String configText) implements NodeEffect {}

    /** Slow work for a process that waits to be needed: what a rank's first steps would wait for. Given up when a rank starts. */
    record WarmUp() implements NodeEffect {}

    /** Comes back as RankStopped, sooner or later. */
    record StartRank(StepId at, Placement placement, int rank) implements NodeEffect {}

    /** All ranks give up: waits end at once, computations as soon as they exchange anything. */
    record StopAllRanks(String reason) implements NodeEffect {}

    /** Slow work: the core asks for one at a time. Comes back as SlowWorkDone. */
    record WriteSlices(SnapshotId snapshot, String directory) implements NodeEffect {}

    /** Forget every snapshot in memory. No rank lives. */
    record DropSnapshots() implements NodeEffect {}

    /** Something for the log that changes nothing. */
    record Note(String text) implements NodeEffect {}

    /** Something that the operator has to know. */
    record Warn(String text) implements NodeEffect {}

    /** End the process at once, as SIGKILL does: nothing is said or freed. */
    record Kill(String reason) implements NodeEffect {}

    /** How the process ends is decided. */
    record End(NodeEnd end) implements NodeEffect {}

    /** No rank lives, and none will: free what they shared. */
    record Free(NodeEnd end) implements NodeEffect {}
}
