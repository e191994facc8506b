package io.longreel.runtime.metrics;

import io.longreel.model.disk.Disk;
import io.longreel.model.disk.DurableLog;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The event file that one process adds to the folder that TensorBoard is pointed at. Each file begins with a session at the step behind which the run
 * goes on: what earlier files say of later steps is void, as the run computes them again. {@code metrics.jsonl} is the record; this is a picture
 * of it, so a disk that does not take it costs points of curves and nothing else. Used by the recorder's thread.
 */
public final class TensorBoardLog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TensorBoardLog.class);

    private final Path folder;
    private final Optional<DurableLog> out;
    private boolean isRefused;

    private TensorBoardLog(Path folder, Optional<DurableLog> out) {
        this.folder = folder;
        this.out = out;
    }

    /**
     * Begins a file.
     *
     * @param globalStep committed steps, which keep their points
     */
    public static TensorBoardLog begin(Disk disk, Path folder, long globalStep, Instant at) {
        try {
            disk.createDirectory(folder);
            DurableLog out = DurableLog.create(disk, free(disk, folder, at));
            out.append(EventBytes.version(seconds(at)), false);
            out.append(EventBytes.start(seconds(at), globalStep + 1), false);
            return new TensorBoardLog(folder, Optional.of(out));
        } catch (IOException e) {
            LOG.info("tensorboard.not-written folder={} cause=\"{}\"", folder, e.toString());
            return new TensorBoardLog(folder, Optional.empty());
        }
    }

    /** TensorBoard reads files in the order of their names, and only those whose names have {@code tfevents} in them. */
    private static Path free(Disk disk, Path folder, Instant at) {
        int number = 0;
        Path file;
        do {
            file = folder.resolve("events.out.tfevents.%010d.longreel.%d".formatted(at.getEpochSecond(), number++));
        } while (disk.exists(file));
        return file;
    }

    /**
     * Adds the points of a committed step.
     *
     * @param globalStep committed steps of all stages, this one counted
     */
    public void add(long globalStep, Reading reading, Instant at) {
        if (out.isEmpty()) {
            return;
        }
        Map<String, Double> points = new TreeMap<>();
        reading.values().forEach((metric, value) -> {
            if (metric.kind() != Metric.Kind.STATE) {
                points.put(metric.tag(), value);
            }
        });
        reading.faults().forEach((kind, count) -> {
            if (count > 0) {
                points.put(Metric.FAULTS.tag() + "/" + kind.word(), (double) count);
            }
        });
        try {
            out.get().append(EventBytes.scalars(seconds(at), globalStep, points), false);
            isRefused = false;
        } catch (IOException e) {
            if (!isRefused) {
                isRefused = true;
                LOG.info("tensorboard.step-left-out folder={} step={} cause=\"{}\"", folder, globalStep, e.toString());
            }
        }
    }

    private static double seconds(Instant at) {
        return at.getEpochSecond() + at.getNano() / 1e9;
    }

    @Override
    public void close() {
        if (out.isPresent()) {
            try {
                out.get().close();
            } catch (IOException e) {
                LOG.info("tensorboard.not-closed folder={} cause=\"{}\"", folder, e.toString());
            }
        }
    }
}
