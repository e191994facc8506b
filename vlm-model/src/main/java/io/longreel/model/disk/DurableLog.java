package io.longreel.model.disk;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * A file to which records are appended. When an append that was asked to be durable returns, its record and all before it survive a crash, and so
 * does the file's name. An append that throws has added nothing: whatever it left in the file is cut off by the next one, so that no record ever
 * stands behind half of another. Its reader must know whole records by a checksum, as a crash may leave part of the last ones.
 *
 * <p>After a failed {@code fsync} a system may forget which bytes never reached the disk, and the next one succeed without them. So everything since
 * the last good one is kept here and written again. One thread.
 */
public final class DurableLog implements AutoCloseable {
    private static final int UNFORCED_BYTES_MAX = 1 << 20;

    private final Disk disk;
    private final Path file;
    private final ByteArrayOutputStream unforced = new ByteArrayOutputStream();
    private Disk.Output output;
    private long forcedBytes;
    private boolean isInDoubt;

    private DurableLog(Disk disk, Path file, Disk.Output output, long forcedBytes) {
        this.disk = disk;
        this.file = file;
        this.output = output;
        this.forcedBytes = forcedBytes;
    }

    /** Makes the file, which nobody else may have made. */
    public static DurableLog create(Disk disk, Path file) throws IOException {
        return settled(disk, file, disk.create(file), 0);
    }

    /**
     * Goes on behind the first {@code soundBytes} of the file, or makes it. What was there is made durable first: it may come from a process that
     * died between writing and syncing.
     */
    public static DurableLog open(Disk disk, Path file, long soundBytes) throws IOException {
        return settled(disk, file, disk.append(file, soundBytes), soundBytes);
    }

    private static DurableLog settled(Disk disk, Path file, Disk.Output output, long soundBytes) throws IOException {
        try {
            output.force();
            disk.sync(file.toAbsolutePath().resolveSibling(""));
            return new DurableLog(disk, file, output, soundBytes);
        } catch (IOException e) {
            output.close();
            throw e;
        }
    }

    /**
     * Adds a record.
     *
     * @param durable sync before returning; else the record survives the process, and a crash of the machine only once a later one is durable
     */
    public void append(byte[] record, boolean durable) throws IOException {
        if (isInDoubt) {
            writeAgain();
        }
        isInDoubt = true;
        output.write(ByteBuffer.wrap(record));
        if (durable || unforced.size() + record.length > UNFORCED_BYTES_MAX) {
            output.force();
            forcedBytes += unforced.size() + record.length;
            unforced.reset();
        } else {
            unforced.writeBytes(record);
        }
        isInDoubt = false;
    }

    @Override
    public void close() throws IOException {
        output.close();
    }

    private void writeAgain() throws IOException {
        output.close();
        output = disk.append(file, forcedBytes);
        if (unforced.size() > 0) {
            output.write(ByteBuffer.wrap(unforced.toByteArray()));
        }
    }
}
