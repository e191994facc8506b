package io.longreel.ops.memory;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * Memory from the system, small blocks by way of the JVM, others in pages of their own, in huge pages where it grants them to who asks. Pages come when they are touched, as zeros, and go when they are given
 * back; the addresses stay taken until the collector finds that nobody can reach them any more. So a view that outlives its block never sees the memory of
 * another one, and giving back disturbs no other thread, as closing a shared arena does ({@code docs/decisions/0008}). Linux on 64 bits. Stateless; any thread.
 */
// restricted: native calls are this class's purpose; the JVM flag --enable-native-access allows them.
@SuppressWarnings("restricted")
final class SystemPages {
    private static final long HUGE_PAGE_BYTES = 2L << 20;
    /** Less is not worth a mapping of its own. */
    private static final long MAPPED_BYTES_MIN = 128L << 10;

    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
    private static final int MADV_DONTNEED = 4;
    private static final int MADV_HUGEPAGE = 14;
    private static final long MAP_FAILED = -1;
    private static final int ATTEMPTS = 5;
    private static final long FREEING_NS = 20_000_000;

    private static final MethodHandle MMAP = NativeCalls.ofCLibrary(
            "mmap", FunctionDescriptor.of(JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle MUNMAP =
            NativeCalls.ofCLibrary("munmap", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle MADVISE =
            NativeCalls.ofCLibrary("madvise", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));

    private SystemPages() {}

    /** A block that any thread may use, aligned to a huge page if it is at least as large as one. */
    static MemorySegment take(long sizeBytes, long alignmentBytes) {
        if (sizeBytes < MAPPED_BYTES_MIN) {
            return Arena.ofAuto().allocate(sizeBytes, alignmentBytes);
        }
        if (sizeBytes < HUGE_PAGE_BYTES) {
            return map(sizeBytes);
        }
        MemorySegment mapped = map(sizeBytes + HUGE_PAGE_BYTES);
        MemorySegment block = mapped.asSlice(-mapped.address() & (HUGE_PAGE_BYTES - 1), sizeBytes);
        // A wish: a kernel without huge pages answers with an error, and the block has small ones.
        advise(block, MADV_HUGEPAGE);
        return block;
    }

    /** Returns the memory of a block that nobody may use any more to the system. */
    static void giveBack(MemorySegment block) {
        if (block.byteSize() >= MAPPED_BYTES_MIN) {
            int status = advise(block, MADV_DONTNEED);
            if (status != 0) {
                throw new IllegalStateException("the system must take back what it gave: bytes=" + block.byteSize());
            }
        }
    }

    private static MemorySegment map(long sizeBytes) {
        long address = tryMap(sizeBytes);
        for (int attempt = 0; address == MAP_FAILED && attempt < ATTEMPTS; attempt++) {
            // Addresses of blocks that were given back may still be taken; the collector's own thread frees them.
            System.gc();
            LockSupport.parkNanos(FREEING_NS << attempt);
            address = tryMap(sizeBytes);
        }
        if (address == MAP_FAILED) {
            throw new OutOfMemoryError("the system has no room for a block of %d bytes".formatted(sizeBytes));
        }
        return MemorySegment.ofAddress(address).reinterpret(sizeBytes, Arena.ofAuto(), SystemPages::unmap);
    }

    private static long tryMap(long sizeBytes) {
        try {
            return (long)
                    MMAP.invokeExact(MemorySegment.NULL, sizeBytes, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0L);
        } catch (Throwable e) {
            throw NativeCalls.unexpected(e);
        }
    }

    private static void unmap(MemorySegment mapped) {
        try {
            int status = (int) MUNMAP.invokeExact(mapped, mapped.byteSize());
            if (status != 0) {
                throw new IllegalStateException("mapped memory must be unmappable: bytes=" + mapped.byteSize());
            }
        } catch (Throwable e) {
            throw NativeCalls.unexpected(e);
        }
    }

    private static int advise(MemorySegment block, int advice) {
        try {
            return (int) MADVISE.invokeExact(block, block.byteSize(), advice);
        } catch (Throwable e) {
            throw NativeCalls.unexpected(e);
        }
    }
}
