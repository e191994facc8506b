package io.longreel.ops.cpu;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.longreel.ops.memory.NativeCalls;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import org.bytedeco.javacpp.Loader;

/**
 * oneDNN's fp32 matrix product, called through {@code java.lang.foreign} on the library that JavaCPP's jar carries and its Loader extracts
 * (about 165 GFLOP/s per AVX-512 core, also for products as small as 128 x 512 x 32). Every call passes slices of exactly the bytes that
 * the product may touch, so that an error in an offset throws instead of corrupting memory. Stateless after loading; any thread.
 */
// restricted: native calls are this class's purpose; the JVM flag --enable-native-access allows them.
@SuppressWarnings("restricted")
final class OneDnn {
    static final int SUCCESS = 0;
    private static final SymbolLookup LIBRARY =
            SymbolLookup.libraryLookup(extract().toPath(), Arena.global());
    private static final MethodHandle SGEMM = downcall(
            "dnnl_sgemm",
            JAVA_BYTE,
            JAVA_BYTE,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_FLOAT,
            ADDRESS,
            JAVA_LONG,
            ADDRESS,
            JAVA_LONG,
            JAVA_FLOAT,
            ADDRESS,
            JAVA_LONG);
    // Asked of oneDNN's own handle, so that it is the OpenMP runtime that oneDNN was bound to and not another copy.
    private static final MethodHandle SET_THREADS =
            downcall("omp_set_num_threads", FunctionDescriptor.ofVoid(JAVA_INT));

    private static final ThreadLocal<Integer> THREADS = ThreadLocal.withInitial(() -> 0);

    private OneDnn() {}

    /**
     * {@code C = alpha op(A) op(B) + beta C} on row-major matrices inside larger blocks: {@code op(A)} is m x k, {@code op(B)} k x n.
     * Offsets and leading dims count floats. No size may be 0.
     */
    static void sgemm(
            boolean transposeA,
            boolean transposeB,
            int m,
            int n,
            int k,
            float alpha,
            MemorySegment a,
            long aAt,
            long lda,
            MemorySegment b,
            long bAt,
            long ldb,
            float beta,
            MemorySegment c,
            long cAt,
            long ldc) {
        MemorySegment aBlock = block(a, aAt, lda, transposeA ? k : m, transposeA ? m : k);
        MemorySegment bBlock = block(b, bAt, ldb, transposeB ? n : k, transposeB ? k : n);
        MemorySegment cBlock = block(c, cAt, ldc, m, n);
        int status;
        try {
            status = (int) SGEMM.invokeExact(
                    transposeA ? (byte) 'T' : (byte) 'N',
                    transposeB ? (byte) 'T' : (byte) 'N',
                    (long) m,
                    (long) n,
                    (long) k,
                    alpha,
                    aBlock,
                    lda,
                    bBlock,
                    ldb,
                    beta,
                    cBlock,
                    ldc);
        } catch (Throwable e) {
            throw NativeCalls.unexpected(e);
        }
        if (status != SUCCESS) {
            throw new IllegalStateException(
                    "oneDNN must accept the product: status=%d m=%d n=%d k=%d lda=%d ldb=%d ldc=%d"
                            .formatted(status, m, n, k, lda, ldb, ldc));
        }
    }

    /** OpenMP threads that products called from the current thread use from now on. */
    static void setThreads(int threads) {
        THREADS.set(threads);
        try {
            SET_THREADS.invokeExact(threads);
        } catch (Throwable e) {
            throw NativeCalls.unexpected(e);
        }
    }

    private static MemorySegment block(MemorySegment segment, long at, long stride, int rows, int columns) {
        return segment.asSlice(at * Float.BYTES, ((rows - 1) * stride + columns) * Float.BYTES);
    }

    /** A function of oneDNN's that gives a status. */
    static MethodHandle downcall(String name, MemoryLayout... arguments) {
        return downcall(name, FunctionDescriptor.of(JAVA_INT, arguments));
    }

    static MethodHandle downcall(String name, FunctionDescriptor descriptor) {
        return Linker.nativeLinker().downcallHandle(LIBRARY.findOrThrow(name), descriptor);
    }

    /** What the current thread has set; 0 = nothing, then it is what OpenMP takes by itself. */
    static int threads() {
        return THREADS.get();
    }

    private static File extract() {
        String folder = "/org/bytedeco/dnnl/" + Loader.getPlatform() + "/";
        try {
            // The OpenMP runtime goes beside the library, where its run path looks for it.
            File openMp = Loader.cacheResource(OneDnn.class, folder + "libgomp.so.1");
            File library = Loader.cacheResource(OneDnn.class, folder + "libdnnl.so.3");
            if (openMp == null || library == null) {
                throw new IllegalStateException(
                        "the class path must hold org.bytedeco:dnnl for this platform: platform="
                                + Loader.getPlatform());
            }
            return library;
        } catch (IOException e) {
            throw new UncheckedIOException("oneDNN could not be extracted to JavaCPP's cache (~/.javacpp)", e);
        }
    }
}
