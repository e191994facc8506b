package io.longreel.runtime.launch;

import io.longreel.config.RuntimeFailure;
import io.longreel.model.checkpoint.CheckpointStore;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads new checkpoints back and deletes old ones, on a thread of its own: the recorder has journal entries to sync meanwhile. A disk that refuses
 * costs nothing but the room of the old ones; it is told, and tried again behind the next checkpoint.
 */
final class Retention implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Retention.class);

    private final CheckpointStore checkpoints;
    private final int keep;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("longreel-retention").factory());

    Retention(CheckpointStore checkpoints, int keep) {
        this.checkpoints = checkpoints;
        this.keep = keep;
    }

    /** A checkpoint was sealed. */
    void checkpointAdded() {
        thread.execute(() -> {
            try {
                checkpoints.prune(keep);
            } catch (RuntimeFailure e) {
                LOG.warn("checkpoint.retention-failed reason=\"{}\"", e.getMessage());
            }
        });
    }

    /** Waits for what was asked for. */
    @Override
    public void close() {
        thread.close();
    }
}
