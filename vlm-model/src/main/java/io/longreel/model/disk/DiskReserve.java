package io.longreel.model.disk;

import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Room on a disk that is set aside for what a run cannot do without: a file of zeros, which is deleted when the disk is full. Small records then go on
 * for a long time, while what is large waits for the user to make room. One thread.
 */
public final class DiskReserve implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DiskReserve.class);

    private final Disk disk;
    private final Path file;
    private final int sizeBytes;
    private boolean isHeld;

    private DiskReserve(Disk disk, Path file, int sizeBytes) {
        this.disk = disk;
        this.file = file;
        this.sizeBytes = sizeBytes;
    }

    /** Sets room aside; a disk that has none is only told, as nothing has failed yet. */
    public static DiskReserve hold(Disk disk, Path file, int sizeBytes) {
        DiskReserve reserve = new DiskReserve(disk, file, sizeBytes);
        reserve.refill();
        return reserve;
    }

    public boolean isHeld() {
        return isHeld;
    }

    /** Writes something; where the disk does not take it, gives the reserve up and writes once more. {@code write} must be able to be repeated. */
    public void around(Runnable write) {
        try {
            write.run();
        } catch (RuntimeFailure e) {
            if (e.category() != RuntimeFailure.Category.RETRYABLE || !release(e)) {
                throw e;
            }
            LOG.error(
                    "disk.reserve-used reason=\"{}\" advice=\"make room: the run stops when these {} bytes are used up\"",
                    e.getMessage(),
                    sizeBytes);
            write.run();
        }
    }

    /** Sets room aside again, if it was given up and there is some. */
    public void refill() {
        if (isHeld) {
            return;
        }
        try {
            disk.delete(file);
            try (Disk.Output output = disk.create(file)) {
                output.write(ByteBuffer.allocate(sizeBytes));
                output.force();
            }
            isHeld = true;
        } catch (IOException e) {
            LOG.warn("disk.reserve-missing file={} reason=\"{}\"", file, DiskFailures.reasonOf(e));
            release(e);
        }
    }

    /** Deletes the file. */
    @Override
    public void close() {
        isHeld = false;
        try {
            disk.delete(file);
        } catch (IOException e) {
            throw DiskFailures.retryable("the reserve could not be deleted", file, e);
        }
    }

    /** Whether there was anything to give up. */
    private boolean release(Exception failure) {
        boolean wasHeld = isHeld;
        isHeld = false;
        try {
            disk.delete(file);
        } catch (IOException e) {
            failure.addSuppressed(e);
            return false;
        }
        return wasHeld;
    }
}
