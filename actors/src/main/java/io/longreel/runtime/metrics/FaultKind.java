package io.longreel.runtime.metrics;

import io.longreel.runtime.supervisor.RunNews.CheckpointFailed;
import io.longreel.runtime.supervisor.RunNews.Doubted;
import io.longreel.runtime.supervisor.RunNews.FilesCaughtUp;
import io.longreel.runtime.supervisor.RunNews.FilesWait;
import io.longreel.runtime.supervisor.RunNews.NodeLost;
import io.longreel.runtime.supervisor.RunNews.NodeQuarantined;
import io.longreel.runtime.supervisor.RunNews.NodesAwaited;
import io.longreel.runtime.supervisor.RunNews.Placed;
import io.longreel.runtime.supervisor.RunNews.RecordSkipped;
import io.longreel.runtime.supervisor.RunNews.Recovered;
import io.longreel.runtime.supervisor.RunNews.RecoveryPaused;
import io.longreel.runtime.supervisor.RunNews.RecoveryStarted;
import io.longreel.runtime.supervisor.RunNews.StragglerFound;
import io.longreel.runtime.supervisor.RunNews.Trouble;
import java.util.Locale;
import java.util.Optional;

/** What a fault is counted as. One event may be of several: a node is lost, and a recovery starts. */
public enum FaultKind {
    /** A node is out of the run, because of a fault or because it was asked to leave. */
    NODE_LOST,
    NODE_QUARANTINED,
    /** A mesh was given up. */
    RECOVERY,
    /** As {@link #RECOVERY}, though nothing was lost: ranks move. */
    MOVE,
    CHECKPOINT_FAILED,
    FILES_WAIT,
    STRAGGLER,
    /** A result was not believed, or became right again. */
    DOUBT,
    RECORD_SKIPPED;

    /** Empty for what belongs to getting over a fault. */
    static Optional<FaultKind> of(Trouble trouble) {
        return switch (trouble) {
            case NodeLost lost -> Optional.of(NODE_LOST);
            case NodeQuarantined quarantined -> Optional.of(NODE_QUARANTINED);
            case RecoveryStarted started -> Optional.of(started.isPlanned() ? MOVE : RECOVERY);
            case CheckpointFailed failed -> Optional.of(CHECKPOINT_FAILED);
            case FilesWait wait -> Optional.of(FILES_WAIT);
            case StragglerFound straggler -> Optional.of(STRAGGLER);
            case Doubted doubted -> Optional.of(DOUBT);
            case RecordSkipped skipped -> Optional.of(RECORD_SKIPPED);
            case RecoveryPaused paused -> Optional.empty();
            case NodesAwaited awaited -> Optional.empty();
            case Placed placed -> Optional.empty();
            case Recovered recovered -> Optional.empty();
            case FilesCaughtUp done -> Optional.empty();
        };
    }

    /** As the label {@code kind} says it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
