package io.longreel.transport.link;

import io.longreel.config.RuntimeFailure;
import io.longreel.transport.frame.DamagedFrame;
import io.longreel.transport.frame.Route;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Memory that two processes of a node share, for the payloads of one ordered pair of ranks: a ring of equal slots. The sender makes the file, the
 * receiver maps it, and the name is removed as soon as both have it, so that the system frees the memory with the last of them.
 *
 * <pre>
 *      0  "LRWINDOW"            8  version        12  generation
 *     16  source rank          20  target rank    24  slot bytes    28  slot count
 *     32  run token
 *     64  attached: 1 once the receiver has mapped the file                  (written by the receiver)
 *    128  consumed: slots given back since the start                         (written by the receiver)
 *   4096  slot 0 | slot 1 | ... ; the n-th payload lies in slot n mod slot count
 * </pre>
 *
 * <p>The sender writes a slot only when the receiver's {@code consumed}, read with acquire, says that it is free; which slots are full is told by
 * doorbell frames, whose stream orders the payload before them.
 */
final class SharedWindow implements AutoCloseable {
    private static final long MAGIC = 0x574F444E4957524CL; // "LRWINDOW"
    private static final int VERSION = 2;
    private static final long VERSION_AT = 8;
    private static final long GENERATION_AT = 12;
    private static final long SOURCE_AT = 16;
    private static final long TARGET_AT = 20;
    private static final long SLOT_BYTES_AT = 24;
    private static final long SLOT_COUNT_AT = 28;
    private static final long RUN_TOKEN_AT = 32;
    private static final long ATTACHED_AT = 64;
    private static final long CONSUMED_AT = 128;
    private static final long SLOTS_AT = 4096;

    private static final int SMALLEST_SLOT_BYTES = 4096;
    /** A slot is copied in and out while it is in the second-level cache of both sides. */
    private static final int LARGEST_SLOT_BYTES = 256 * 1024;

    private static final int SLOTS_WANTED = 8;

    private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();
    private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();

    private final Path path;
    private final Arena arena;
    private final MemorySegment memory;
    private final int slotBytes;
    private final int slotCount;
    private long produced;
    private long consumed;
    private boolean named = true;

    private SharedWindow(Path path, Arena arena, MemorySegment memory) {
        this.path = path;
        this.arena = arena;
        this.memory = memory;
        this.slotBytes = memory.get(ValueLayout.JAVA_INT, SLOT_BYTES_AT);
        this.slotCount = memory.get(ValueLayout.JAVA_INT, SLOT_COUNT_AT);
    }

    /** The sender's side. The file appears under its name only when it is whole. */
    static SharedWindow create(Path path, Route route, int windowBytes) {
        int slotBytes = Math.clamp(windowBytes / SLOTS_WANTED, SMALLEST_SLOT_BYTES, LARGEST_SLOT_BYTES);
        int slotCount = Math.max(2, windowBytes / slotBytes);
        Path unnamed = path.resolveSibling(path.getFileName() + ".new");
        Arena arena = Arena.ofShared();
        try (FileChannel file = FileChannel.open(
                unnamed, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            long sizeBytes = SLOTS_AT + (long) slotBytes * slotCount;
            // Written, not just stretched: a full file system is an error here, and a crash on first touch of a
            // mapping.
            ByteBuffer zeros = ByteBuffer.allocate(LARGEST_SLOT_BYTES);
            for (long at = 0; at < sizeBytes; at += zeros.limit()) {
                zeros.clear().limit((int) Math.min(zeros.capacity(), sizeBytes - at));
                file.write(zeros, at);
            }
            MemorySegment memory = file.map(MapMode.READ_WRITE, 0, sizeBytes, arena);
            memory.set(ValueLayout.JAVA_LONG, 0, MAGIC);
            memory.set(ValueLayout.JAVA_INT, VERSION_AT, VERSION);
            memory.set(ValueLayout.JAVA_INT, GENERATION_AT, route.generation());
            memory.set(ValueLayout.JAVA_INT, SOURCE_AT, route.source());
            memory.set(ValueLayout.JAVA_INT, TARGET_AT, route.target());
            memory.set(ValueLayout.JAVA_LONG, RUN_TOKEN_AT, route.runToken());
            memory.set(ValueLayout.JAVA_INT, SLOT_BYTES_AT, slotBytes);
            memory.set(ValueLayout.JAVA_INT, SLOT_COUNT_AT, slotCount);
            SharedWindow window = new SharedWindow(path, arena, memory);
            Files.move(unnamed, path, StandardCopyOption.ATOMIC_MOVE);
            return window;
        } catch (IOException e) {
            arena.close();
            throw failure("shared window %s of %d bytes must be writable: %s".formatted(path, windowBytes, e), e);
        }
    }

    /** The receiver's side, or null while the sender has not made it. */
    static @Nullable SharedWindow attach(Path path, Route route) {
        if (!Files.exists(path)) {
            return null;
        }
        Arena arena = Arena.ofShared();
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            MemorySegment memory = file.map(MapMode.READ_WRITE, 0, file.size(), arena);
            SharedWindow window = new SharedWindow(path, arena, memory);
            window.checkMadeFor(route);
            INT.setRelease(memory, ATTACHED_AT, 1);
            window.named = false; // the name is the sender's to remove
            return window;
        } catch (NoSuchFileException e) { // the sender closed it between the two looks
            arena.close();
            return null;
        } catch (IOException e) {
            arena.close();
            throw failure("shared window %s must be readable: %s".formatted(path, e), e);
        } catch (RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    int slotBytes() {
        return slotBytes;
    }

    /** Sender: whether the receiver has the window too; then its name is removed. */
    boolean attached() {
        if (named && (int) INT.getAcquire(memory, ATTACHED_AT) == 1) {
            unlink();
        }
        return !named;
    }

    /** Sender: whether a slot is free. */
    boolean hasRoom() {
        return produced - (long) LONG.getAcquire(memory, CONSUMED_AT) < slotCount;
    }

    /** Sender: number of the slot that the next payload takes. */
    int nextSlot() {
        return (int) (produced % slotCount);
    }

    /** Sender: the first bytes of the next slot, to be filled before its doorbell rings. */
    MemorySegment fill(long payloadBytes) {
        MemorySegment slot = memory.asSlice(SLOTS_AT + (long) nextSlot() * slotBytes, payloadBytes);
        produced++;
        return slot;
    }

    /** Receiver: the payload that a doorbell announced. */
    MemorySegment announced(int slot, long payloadBytes) {
        if (slot != consumed % slotCount || payloadBytes < 0 || payloadBytes > slotBytes) {
            throw new DamagedFrame(
                    "doorbell must name the next slot: window=%s slot=%d expectedSlot=%d payloadBytes=%d slotBytes=%d"
                            .formatted(path.getFileName(), slot, consumed % slotCount, payloadBytes, slotBytes));
        }
        return memory.asSlice(SLOTS_AT + (long) slot * slotBytes, payloadBytes);
    }

    /** Receiver: gives the announced slot back. */
    void release() {
        consumed++;
        LONG.setRelease(memory, CONSUMED_AT, consumed);
    }

    @Override
    public void close() {
        if (named) {
            unlink();
        }
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }

    private void unlink() {
        try {
            Files.deleteIfExists(path);
            named = false;
        } catch (IOException e) {
            throw failure("shared window %s must be deletable: %s".formatted(path, e), e);
        }
    }

    private void checkMadeFor(Route route) {
        boolean right = memory.get(ValueLayout.JAVA_LONG, 0) == MAGIC
                && memory.get(ValueLayout.JAVA_INT, VERSION_AT) == VERSION
                && memory.get(ValueLayout.JAVA_INT, GENERATION_AT) == route.generation()
                && memory.get(ValueLayout.JAVA_INT, SOURCE_AT) == route.source()
                && memory.get(ValueLayout.JAVA_INT, TARGET_AT) == route.target()
                && memory.get(ValueLayout.JAVA_LONG, RUN_TOKEN_AT) == route.runToken()
                && memory.byteSize() == SLOTS_AT + (long) slotBytes * slotCount;
        if (!right) {
            throw failure("shared window must be made for this link: path=%s %s".formatted(path, route), null);
        }
    }

    private static RuntimeFailure failure(String what, @Nullable Exception cause) {
        return new RuntimeFailure(RuntimeFailure.Category.RETRYABLE, what, cause);
    }
}
