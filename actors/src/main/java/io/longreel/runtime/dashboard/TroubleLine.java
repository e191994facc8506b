package io.longreel.runtime.dashboard;

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

/** What went wrong, and how the run got over it, as one line for the screen. */
public final class TroubleLine {
    private TroubleLine() {}

    /** The line. */
    public static String of(Trouble trouble) {
        return switch (trouble) {
            case NodeLost lost -> "node %s is lost: %s".formatted(lost.nodeId(), lost.reason());
            case NodeQuarantined quarantined ->
                "node %s was lost too often and has to wait %d s"
                        .formatted(quarantined.nodeId(), quarantined.forMs() / 1000);
            case RecoveryStarted started ->
                started.isPlanned() ? "moving the ranks: " + started.cause() : "recovering: " + started.cause();
            case RecoveryPaused paused ->
                "trying again in %d s (attempt %d)".formatted(paused.forMs() / 1000, paused.attempt());
            case NodesAwaited awaited ->
                "waiting for nodes: %d of %d are there".formatted(awaited.available(), awaited.wanted());
            case Placed placed ->
                "ranks have places%s, their state comes from %s"
                        .formatted(placed.isSmaller() ? " on a smaller mesh, " + placed.mesh() : "", placed.source());
            case Recovered recovered ->
                String.format(
                        Locale.ROOT,
                        "recovered in %.1f s, %d steps computed again",
                        recovered.tookMs() / 1000.0,
                        recovered.replayed());
            case StragglerFound straggler ->
                String.format(
                        Locale.ROOT,
                        "rank %d on %s is slow: score %.2f (1 = as fast as the others)",
                        straggler.rank(),
                        straggler.nodeId(),
                        straggler.score());
            case CheckpointFailed failed -> failed.reason();
            case FilesWait wait -> "files wait in memory, as the disk does not take them: " + wait.reason();
            case FilesCaughtUp done -> "the disk has taken all that waited";
            case Doubted doubted -> doubted.text();
            case RecordSkipped skipped ->
                "step %d of stage %s goes without record %d of dataset %s: %s"
                        .formatted(
                                skipped.step(),
                                skipped.stageName(),
                                skipped.record().record(),
                                skipped.record().dataset(),
                                skipped.record().reason());
        };
    }
}
