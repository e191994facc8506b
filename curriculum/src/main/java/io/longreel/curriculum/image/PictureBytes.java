package io.longreel.curriculum.image;

import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The encoded bytes of one picture: a file, or a stretch of a bigger one. Headers are read through a small window, so that asking for a size
 * costs a page and not a file. A position behind the end is a fault of the picture, told as such. Belongs to one call and one thread.
 */
final class PictureBytes implements AutoCloseable {
    private static final int WINDOW_BYTES = 8192;
    private static final String ADVICE = "copy the file again, or leave it out";

    private final String name;
    private final FileChannel channel;
    private final long offsetBytes;
    private final long sizeBytes;
    private final ByteBuffer window = ByteBuffer.allocate(WINDOW_BYTES).limit(0);
    private long windowFrom;

    private PictureBytes(String name, FileChannel channel, long offsetBytes, long sizeBytes) {
        this.name = name;
        this.channel = channel;
        this.offsetBytes = offsetBytes;
        this.sizeBytes = sizeBytes;
    }

    /** {@code lengthBytes} bytes from {@code offsetBytes}; a negative length means all that follow. */
    static PictureBytes open(String name, Path file, long offsetBytes, long lengthBytes) {
        if (!Files.isRegularFile(file)) {
            throw RuntimeFailure.data("image %s: there is no such file; check the path".formatted(name));
        }
        try {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
            long available = channel.size() - offsetBytes;
            PictureBytes bytes =
                    new PictureBytes(name, channel, offsetBytes, lengthBytes < 0 ? available : lengthBytes);
            if (available < bytes.sizeBytes) {
                bytes.close();
                throw bytes.damaged("its file %s ends %d bytes before it".formatted(file, bytes.sizeBytes - available));
            }
            return bytes;
        } catch (IOException e) {
            throw unreadable(name, e);
        }
    }

    long sizeBytes() {
        return sizeBytes;
    }

    /** A byte, 0 to 255. */
    int at(long position) {
        if (position < 0 || position >= sizeBytes) {
            throw truncated();
        }
        if (position < windowFrom || position >= windowFrom + window.limit()) {
            window.clear().limit((int) Math.min(WINDOW_BYTES, sizeBytes - position));
            fill(window, position);
            window.flip();
            windowFrom = position;
        }
        return Byte.toUnsignedInt(window.get((int) (position - windowFrom)));
    }

    int bigEndian16(long position) {
        return at(position) << 8 | at(position + 1);
    }

    int littleEndian16(long position) {
        return at(position) | at(position + 1) << 8;
    }

    int littleEndian24(long position) {
        return littleEndian16(position) | at(position + 2) << 16;
    }

    long bigEndian32(long position) {
        return (long) bigEndian16(position) << 16 | bigEndian16(position + 2);
    }

    long littleEndian32(long position) {
        return littleEndian16(position) | (long) littleEndian16(position + 2) << 16;
    }

    /** Whether these characters, one byte each, stand at a position; false when they do not fit before the end. */
    boolean has(long position, String characters) {
        if (position + characters.length() > sizeBytes) {
            return false;
        }
        for (int i = 0; i < characters.length(); i++) {
            if (at(position + i) != characters.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** Writes all bytes to the beginning of {@code target}. */
    void copyTo(MemorySegment target) {
        fill(target.asSlice(0, sizeBytes).asByteBuffer(), 0);
    }

    /** There is less than the picture needs. */
    RuntimeFailure truncated() {
        return damaged("it ends after %d bytes, inside the picture".formatted(sizeBytes));
    }

    RuntimeFailure damaged(String what) {
        return failure(what, ADVICE);
    }

    RuntimeFailure failure(String what, String advice) {
        return RuntimeFailure.data("image %s: %s; %s".formatted(name, what, advice));
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw unreadable(name, e);
        }
    }

    private void fill(ByteBuffer target, long position) {
        try {
            while (target.hasRemaining()) {
                if (channel.read(target, offsetBytes + position + target.position()) < 0) {
                    throw truncated();
                }
            }
        } catch (IOException e) {
            throw unreadable(name, e);
        }
    }

    private static RuntimeFailure unreadable(String name, IOException cause) {
        return new RuntimeFailure(
                RuntimeFailure.Category.DATA,
                "image %s: it cannot be read (%s); check its permissions and its disk".formatted(name, cause),
                cause);
    }
}
